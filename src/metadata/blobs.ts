import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Executor, Transaction } from './db.ts'
import { prepare } from './prepared.ts'
import type { RepositoryId } from './repositories.ts'

/** A blob that is stored. */
export interface BlobRecord {
  readonly digest: Digest
  readonly sizeBytes: number
  /** Where the blob store has it; undefined: it is small, and its bytes are in a row. */
  readonly storageKey: string | undefined
}

/** A blob to be stored, with its bytes where they go into a row. */
export interface NewBlob extends BlobRecord {
  readonly content: Uint8Array | undefined
}

interface BlobRow {
  digest: Digest
  size: number
  storage_key: string | null
}

const findInRepository = prepare<{ name: RepositoryName; digest: Digest }, BlobRow>((db, parameter) =>
  db
    .selectFrom('repositories')
    .innerJoin('repository_blobs', 'repository_blobs.repository_id', 'repositories.id')
    .innerJoin('blobs', 'blobs.digest', 'repository_blobs.digest')
    .select(['blobs.digest', 'blobs.size', 'blobs.storage_key'])
    .where('repositories.name', '=', parameter('name'))
    .where('repository_blobs.digest', '=', parameter('digest')),
)

const findAnywhere = prepare<{ digest: Digest }, BlobRow>((db, parameter) =>
  db.selectFrom('blobs').select(['digest', 'size', 'storage_key']).where('digest', '=', parameter('digest')),
)

const insertBlob = prepare<BlobRow & { now: number }, { digest: Digest }>((db, parameter) =>
  db
    .insertInto('blobs')
    .values({
      digest: parameter('digest'),
      size: parameter('size'),
      storage_key: parameter('storage_key'),
      created_at: parameter('now'),
    })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .returning('digest'),
)

const link = prepare<{ repository: RepositoryId; digest: Digest; now: number }, never>((db, parameter) =>
  db
    .insertInto('repository_blobs')
    .values({ repository_id: parameter('repository'), digest: parameter('digest'), created_at: parameter('now') })
    .onConflict((conflict) => conflict.doNothing()),
)

const linkedSize = prepare<{ repository: RepositoryId; digest: Digest }, { size: number }>((db, parameter) =>
  db
    .selectFrom('repository_blobs')
    .innerJoin('blobs', 'blobs.digest', 'repository_blobs.digest')
    .select('blobs.size')
    .where('repository_id', '=', parameter('repository'))
    .where('repository_blobs.digest', '=', parameter('digest')),
)

/** The repository's own blob: one that only other repositories hold is not found. */
export async function findBlob(
  executor: Executor,
  name: RepositoryName,
  digest: Digest,
): Promise<BlobRecord | undefined> {
  const [row] = await findInRepository(executor, { name, digest })
  return row && toRecord(row)
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
    .set({ storage_key: blob.storageKey ?? null, size: blob.sizeBytes })
    .where('digest', '=', blob.digest)
    .execute()
  if (blob.content !== undefined) await insertContent(tx, { digest: blob.digest, content: blob.content })
}

/** The bytes of a blob that has no storage key. */
export async function readSmallBlob(executor: Executor, digest: Digest): Promise<Uint8Array | undefined> {
  const [row] = await selectContent(executor, { digest })
  return row?.content
}

export async function linkBlob(tx: Transaction, repository: RepositoryId, digest: Digest, now: Date): Promise<void> {
  await link(tx, { repository, digest, now: now.getTime() })
}

/** Returns whether the repository had it. */
export async function unlinkBlob(tx: Transaction, repository: RepositoryId, digest: Digest): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('repository_blobs')
    .where('repository_id', '=', repository)
    .where('digest', '=', digest)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Bytes of a blob of this repository, or undefined when the repository does not have it. */
export async function findLinkedSize(
  executor: Executor,
  repository: RepositoryId,
  digest: Digest,
): Promise<number | undefined> {
  const [row] = await linkedSize(executor, { repository, digest })
  return row?.size
}

/** Names of repositories that hold a blob, for a mount that names no source. */
export async function findHolders(executor: Executor, digest: Digest, limit: number): Promise<RepositoryName[]> {
  const rows = await executor.db
    .selectFrom('repository_blobs')
    .innerJoin('repositories', 'repositories.id', 'repository_blobs.repository_id')
    .select('repositories.name')
    .where('repository_blobs.digest', '=', digest)
    .limit(limit)
    .execute()
  return rows.map((row) => row.name)
}

/** Every stored blob in digest order, a page at a time. */
export async function* allBlobs(executor: Executor): AsyncGenerator<BlobRecord> {
  const pageSize = 1000
  let after = ''
  for (;;) {
    const rows = await executor.db
      .selectFrom('blobs')
      .select(['digest', 'size', 'storage_key'])
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
  return { digest: row.digest, sizeBytes: row.size, storageKey: row.storage_key ?? undefined }
}
