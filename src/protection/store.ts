import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'

/** Somebody says that an image is in use. */
export interface Protection {
  readonly holder: string
  readonly digest: Digest
  readonly until: Date
}

interface ProtectionRow {
  name: string
  digest: Digest
  expires_at: number
}

function toProtection({ name, digest, expires_at }: ProtectionRow): Protection {
  return { holder: name, digest, until: new Date(expires_at) }
}

const onDigest = prepare<{ repository: RepositoryId; digest: Digest; now: number }, ProtectionRow>((db, parameter) =>
  db
    .selectFrom('protections')
    .innerJoin('protection_holders', 'protection_holders.id', 'protections.holder_id')
    .select(['protection_holders.name', 'protections.digest', 'protection_holders.expires_at'])
    .where('protections.repository_id', '=', parameter('repository'))
    .where('protections.digest', '=', parameter('digest'))
    .where('protection_holders.expires_at', '>', parameter('now'))
    .orderBy('protection_holders.expires_at', 'desc')
    .limit(1),
)

const inRepository = prepare<{ repository: RepositoryId; now: number }, ProtectionRow>((db, parameter) =>
  db
    .selectFrom('protections')
    .innerJoin('protection_holders', 'protection_holders.id', 'protections.holder_id')
    .select(['protection_holders.name', 'protections.digest', 'protection_holders.expires_at'])
    .where('protections.repository_id', '=', parameter('repository'))
    .where('protection_holders.expires_at', '>', parameter('now'))
    .limit(1),
)

/** Of several the one that lasts longest. */
export async function findProtection(
  executor: Executor,
  { repositoryId, digest }: Held,
  now: Date,
): Promise<Protection | undefined> {
  const [row] = await onDigest(executor, { repository: repositoryId, digest, now: now.getTime() })
  return row && toProtection(row)
}

const allIn = prepare<{ repository: RepositoryId; now: number }, ProtectionRow>((db, parameter) =>
  db
    .selectFrom('protections')
    .innerJoin('protection_holders', 'protection_holders.id', 'protections.holder_id')
    .select(['protection_holders.name', 'protections.digest', 'protection_holders.expires_at'])
    .where('protections.repository_id', '=', parameter('repository'))
    .where('protection_holders.expires_at', '>', parameter('now'))
    .orderBy('protection_holders.expires_at'),
)

/** All in the repository; of several on one manifest, the one that lasts longest comes last. */
export async function protectionsIn(executor: Executor, repository: RepositoryId, now: Date): Promise<Protection[]> {
  return (await allIn(executor, { repository, now: now.getTime() })).map(toProtection)
}

/** Any in the repository. */
export async function findProtectionIn(
  executor: Executor,
  repository: RepositoryId,
  now: Date,
): Promise<Protection | undefined> {
  const [row] = await inRepository(executor, { repository, now: now.getTime() })
  return row && toProtection(row)
}

/** All that one holder protects in one project ends at one time. */
export interface Holder {
  readonly id: number
  readonly name: string
  readonly createdBy: string
  readonly until: Date
}

interface HolderRow {
  id: number
  name: string
  created_by: string
  expires_at: number
}

function toHolder({ id, name, created_by, expires_at }: HolderRow): Holder {
  return { id, name, createdBy: created_by, until: new Date(expires_at) }
}

/** Undefined: there is none, or its time is over. */
export async function findHolder(
  executor: Executor,
  { projectId, name }: { readonly projectId: number; readonly name: string },
  now: Date,
): Promise<Holder | undefined> {
  const row = await executor.db
    .selectFrom('protection_holders')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('name', '=', name)
    .where('expires_at', '>', now.getTime())
    .executeTakeFirst()
  return row && toHolder(row)
}

/** By name, each with how many manifests it protects. */
export async function listHolders(
  executor: Executor,
  projectId: number,
  now: Date,
): Promise<(Holder & { readonly images: number })[]> {
  const rows = await executor.db
    .selectFrom('protection_holders')
    .selectAll()
    .select(({ selectFrom, fn }) =>
      selectFrom('protections')
        .select(fn.countAll<number>().as('count'))
        .whereRef('protections.holder_id', '=', 'protection_holders.id')
        .as('images'),
    )
    .where('project_id', '=', projectId)
    .where('expires_at', '>', now.getTime())
    .orderBy('name')
    .execute()
  return rows.map((row) => ({ ...toHolder(row), images: row.images ?? 0 }))
}

export async function countHolders(executor: Executor, projectId: number, now: Date): Promise<number> {
  const { count } = await executor.db
    .selectFrom('protection_holders')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('project_id', '=', projectId)
    .where('expires_at', '>', now.getTime())
    .executeTakeFirstOrThrow()
  return count
}

export interface NewHolder {
  readonly projectId: number
  readonly name: string
  /** Id of an actor. */
  readonly createdBy: string
  readonly until: Date
}

/** Makes a holder or renews it with all that it has. Returns its id. */
export async function putHolder(tx: Transaction, holder: NewHolder): Promise<number> {
  const { id } = await tx.db
    .insertInto('protection_holders')
    .values({
      project_id: holder.projectId,
      name: holder.name,
      created_by: holder.createdBy,
      expires_at: holder.until.getTime(),
    })
    .onConflict((conflict) =>
      conflict.columns(['project_id', 'name']).doUpdateSet((update) => ({
        created_by: update.ref('excluded.created_by'),
        expires_at: update.ref('excluded.expires_at'),
      })),
    )
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function removeHolder(tx: Transaction, id: number): Promise<void> {
  await tx.db.deleteFrom('protection_holders').where('id', '=', id).execute()
}

const PURGED_AT_ONCE = 3

/** Holders whose time is over mean nothing any more; some of them go with each change. */
export async function purgeExpired(tx: Transaction, now: Date): Promise<void> {
  const expired = await tx.db
    .selectFrom('protection_holders')
    .select('id')
    .where('expires_at', '<=', now.getTime())
    .limit(PURGED_AT_ONCE)
    .execute()
  for (const { id } of expired) await removeHolder(tx, id)
}

export async function heldRepositories(executor: Executor, holderId: number): Promise<RepositoryName[]> {
  const rows = await executor.db
    .selectFrom('protections')
    .innerJoin('repositories', 'repositories.id', 'protections.repository_id')
    .select('repositories.name')
    .distinct()
    .where('protections.holder_id', '=', holderId)
    .execute()
  return rows.map(({ name }) => name)
}

/** A manifest that is protected, or shall be. */
export interface Held {
  readonly repositoryId: RepositoryId
  readonly digest: Digest
}

interface HeldRow {
  repository_id: RepositoryId
  digest: Digest
}

function toHeld({ repository_id, digest }: HeldRow): Held {
  return { repositoryId: repository_id, digest }
}

const select = prepare<{ holder: number }, HeldRow>((db, parameter) =>
  db.selectFrom('protections').select(['repository_id', 'digest']).where('holder_id', '=', parameter('holder')),
)

export async function listHeld(executor: Executor, holderId: number): Promise<Held[]> {
  return (await select(executor, { holder: holderId })).map(toHeld)
}

interface NewRow {
  holder: number
  repository: RepositoryId
  digest: Digest
}

const insert = prepare<NewRow, never>((db, parameter) =>
  db.insertInto('protections').values({
    repository_id: parameter('repository'),
    digest: parameter('digest'),
    holder_id: parameter('holder'),
  }),
)

const remove = prepare<NewRow, never>((db, parameter) =>
  db
    .deleteFrom('protections')
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest'))
    .where('holder_id', '=', parameter('holder')),
)

export async function hold(tx: Transaction, holder: number, { repositoryId, digest }: Held): Promise<void> {
  await insert(tx, { repository: repositoryId, digest, holder })
}

export async function letGo(tx: Transaction, holder: number, { repositoryId, digest }: Held): Promise<void> {
  await remove(tx, { repository: repositoryId, digest, holder })
}

/** What is not there to be pulled is not held. Returns what that was. */
export async function letGoOfAbsent(tx: Transaction, holder: number): Promise<Held[]> {
  const rows = await tx.db
    .deleteFrom('protections')
    .where('holder_id', '=', holder)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('manifests')
            .select('manifests.digest')
            .whereRef('manifests.repository_id', '=', 'protections.repository_id')
            .whereRef('manifests.digest', '=', 'protections.digest')
            .where('manifests.deletion', 'is', null),
        ),
      ),
    )
    .returning(['repository_id', 'digest'])
    .execute()
  return rows.map(toHeld)
}
