import { sql } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Executor, Transaction } from './db.ts'
import { prepare } from './prepared.ts'
import { prepareText } from './prepared-text.ts'
import type { RepositoryId } from './repositories.ts'

/** A blob that is stored. */
export interface BlobRecord {
  readonly digest: Digest
  readonly sizeBytes: number
  /** Where the blob store has it; undefined: it is small, and its bytes are in a row. */
  readonly storageKey: string | undefined
  /** Its stored bytes are not what they were: it is as good as missing until somebody pushes it again. */
  readonly damaged: boolean
}

/** A blob in a repository. */
export interface HeldBlob extends BlobRecord {
  /** When a pusher last brought or found it there, in milliseconds since 1970. */
  readonly touchedAt: number
}

/** A blob to be stored, with its bytes where they go into a row. */
export interface NewBlob extends Omit<BlobRecord, 'damaged'> {
  readonly content: Uint8Array | undefined
}

interface BlobRow {
  digest: Digest
  size: number
  storage_key: string | null
  damaged_at: number | null
}

const findInRepository = prepare<{ name: RepositoryName; digest: Digest }, BlobRow & { touched_at: number }>(
  (db, parameter) =>
    db
      .selectFrom('repositories')
      .innerJoin('repository_blobs', 'repository_blobs.repository_id', 'repositories.id')
      .innerJoin('blobs', 'blobs.digest', 'repository_blobs.digest')
      .select(['blobs.digest', 'blobs.size', 'blobs.storage_key', 'blobs.damaged_at', 'repository_blobs.touched_at'])
      .where('repositories.name', '=', parameter('name'))
      .where('repository_blobs.digest', '=', parameter('digest')),
)

const findAnywhere = prepare<{ digest: Digest }, BlobRow>((db, parameter) =>
  db
    .selectFrom('blobs')
    .select(['digest', 'size', 'storage_key', 'damaged_at'])
    .where('digest', '=', parameter('digest')),
)

const insertBlob = prepare<Omit<BlobRow, 'damaged_at'> & { now: number }, { digest: Digest }>((db, parameter) =>
  db
    .insertInto('blobs')
    .values({
      digest: parameter('digest'),
      size: parameter('size'),
      storage_key: parameter('storage_key'),
      created_at: parameter('now'),
      holders: 0,
      review_at: null,
    })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .returning('digest'),
)

const linkedSize = prepare<{ repository: RepositoryId; digest: Digest }, { size: number }>((db, parameter) =>
  db
    .selectFrom('repository_blobs')
    .innerJoin('blobs', 'blobs.digest', 'repository_blobs.digest')
    .select('blobs.size')
    .where('repository_id', '=', parameter('repository'))
    .where('repository_blobs.digest', '=', parameter('digest'))
    .where('blobs.damaged_at', 'is', null),
)

/** The repository's own blob: one that only other repositories hold is not found. */
export async function findBlob(
  executor: Executor,
  name: RepositoryName,
  digest: Digest,
): Promise<HeldBlob | undefined> {
  const [row] = await findInRepository(executor, { name, digest })
  return row && { ...toRecord(row), touchedAt: row.touched_at }
}

/** A stored blob whoever holds it. Never answer a client from this: it would tell what others have. */
export async function findStoredBlob(executor: Executor, digest: Digest): Promise<BlobRecord | undefined> {
  const [row] = await findAnywhere(executor, { digest })
  return row && toRecord(row)
}

const insertContent = prepare<{ digest: Digest; content: Uint8Array }, never>((db, parameter) =>
  db.insertInto('small_blobs').values({ digest: parameter('digest'), content: parameter('content') }),
)

const selectContent = prepare<{ digest: Digest }, { content: Uint8Array }>((db, parameter) =>
  db.selectFrom('small_blobs').select('content').where('digest', '=', parameter('digest')),
)

/** Returns false, changing nothing, when the digest is stored already. */
export async function addBlob(tx: Transaction, blob: NewBlob, now: Date): Promise<boolean> {
  const rows = await insertBlob(tx, {
    digest: blob.digest,
    size: blob.sizeBytes,
    storage_key: blob.storageKey ?? null,
    now: now.getTime(),
  })
  if (rows.length === 0) return false
  if (blob.content !== undefined) await insertContent(tx, { digest: blob.digest, content: blob.content })
  return true
}

/** Stores a digest anew, when the object it was in turned out to be missing or damaged. */
export async function replaceBlob(tx: Transaction, blob: NewBlob): Promise<void> {
  await tx.db
    .updateTable('blobs')
    .set({ storage_key: blob.storageKey ?? null, size: blob.sizeBytes, damaged_at: null })
    .where('digest', '=', blob.digest)
    .execute()
  await tx.db.deleteFrom('small_blobs').where('digest', '=', blob.digest).execute()
  if (blob.content !== undefined) await insertContent(tx, { digest: blob.digest, content: blob.content })
}

/** Not to be served any more. Unless it was stored anew meanwhile: returns whether this very object is now known to be bad. */
export async function markDamaged(
  tx: Transaction,
  { digest, storageKey }: Pick<BlobRecord, 'digest' | 'storageKey'>,
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable('blobs')
    .set({ damaged_at: now.getTime() })
    .where('digest', '=', digest)
    .where('storage_key', storageKey === undefined ? 'is' : '=', storageKey ?? null)
    .where('damaged_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Its stored bytes turned out to be right after all, as those of a disk that was away for a while. Returns whether it was marked. */
export async function clearDamaged(
  tx: Transaction,
  { digest, storageKey }: Pick<BlobRecord, 'digest' | 'storageKey'>,
): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable('blobs')
    .set({ damaged_at: null })
    .where('digest', '=', digest)
    .where('storage_key', storageKey === undefined ? 'is' : '=', storageKey ?? null)
    .where('damaged_at', 'is not', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export interface DamagedBlob extends BlobRecord {
  readonly since: Date
}

/** Blobs whose stored bytes are not what they were, in digest order. */
export async function listDamaged(executor: Executor, limit: number): Promise<DamagedBlob[]> {
  const rows = await executor.db
    .selectFrom('blobs')
    .select(['digest', 'size', 'storage_key', 'damaged_at'])
    .where('damaged_at', 'is not', null)
    .orderBy('digest')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ ...toRecord(row), since: new Date(row.damaged_at ?? 0) }))
}

/** Whether a stored object belongs to a blob. */
export async function isStorageKeyUsed(executor: Executor, key: string): Promise<boolean> {
  const row = await executor.db.selectFrom('blobs').select('digest').where('storage_key', '=', key).executeTakeFirst()
  return row !== undefined
}

/** The bytes of a blob that has no storage key. */
export async function readSmallBlob(executor: Executor, digest: Digest): Promise<Uint8Array | undefined> {
  const [row] = await selectContent(executor, { digest })
  return row?.content
}

/** Bytes of a sound blob of this repository, or undefined when the repository does not have it. */
export async function findLinkedSize(
  executor: Executor,
  repository: RepositoryId,
  digest: Digest,
): Promise<number | undefined> {
  const [row] = await linkedSize(executor, { repository, digest })
  return row?.size
}

const linkedSizes = prepareText<{ repository: RepositoryId; digests: string }, { digest: Digest; size: number }>(
  (parameter) => sql`
    select b.digest, b.size from json_each(${parameter('digests')}) asked
    cross join repository_blobs held on held.repository_id = ${parameter('repository')} and held.digest = asked.value
    cross join blobs b on b.digest = held.digest
    where b.damaged_at is null`,
)

/** The same for many of them at once: those that are there. */
export async function findLinkedSizes(
  executor: Executor,
  repository: RepositoryId,
  digests: readonly Digest[],
): Promise<ReadonlyMap<string, number>> {
  if (digests.length === 0) return new Map()
  const rows = await linkedSizes(executor, { repository, digests: JSON.stringify(digests) })
  return new Map(rows.map(({ digest, size }) => [digest, size]))
}

/** Names of repositories that hold a blob, for a mount that names no source. */
export async function findHolders(executor: Executor, digest: Digest, limit: number): Promise<RepositoryName[]> {
  const rows = await executor.db
    .selectFrom('repository_blobs')
    .innerJoin('repositories', 'repositories.id', 'repository_blobs.repository_id')
    .select('repositories.name')
    .where('repository_blobs.digest', '=', digest)
    .where('repositories.deleted_at', 'is', null)
    .limit(limit)
    .execute()
  return rows.map((row) => row.name)
}

export interface Holders {
  /** Some of them, in the order of their names. */
  readonly names: readonly RepositoryName[]
  /** How many there are besides. */
  readonly others: number
}

/** The repositories that hold a blob, deleted ones left out. */
export async function nameHolders(executor: Executor, digest: Digest, limit: number): Promise<Holders> {
  const rows = await executor.db
    .selectFrom('repository_blobs')
    .innerJoin('repositories', 'repositories.id', 'repository_blobs.repository_id')
    .select(['repositories.name', ({ fn }) => fn.countAll<number>().over().as('all')])
    .where('repository_blobs.digest', '=', digest)
    .where('repositories.deleted_at', 'is', null)
    .orderBy('repositories.name')
    .limit(limit)
    .execute()
  return { names: rows.map((row) => row.name), others: (rows[0]?.all ?? 0) - rows.length }
}

/** Every stored blob in digest order after a digest, a page at a time. */
export async function* allBlobs(executor: Executor, start = ''): AsyncGenerator<BlobRecord> {
  const pageSize = 1000
  let after = start
  for (;;) {
    const rows = await executor.db
      .selectFrom('blobs')
      .select(['digest', 'size', 'storage_key', 'damaged_at'])
      .where('digest', '>', after as Digest)
      .orderBy('digest')
      .limit(pageSize)
      .execute()
    yield* rows.map(toRecord)
    const last = rows.at(-1)
    if (last === undefined || rows.length < pageSize) return
    after = last.digest
  }
}

function toRecord(row: BlobRow): BlobRecord {
  return {
    digest: row.digest,
    sizeBytes: row.size,
    storageKey: row.storage_key ?? undefined,
    damaged: row.damaged_at !== null,
  }
}
