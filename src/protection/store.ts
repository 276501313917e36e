import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'

/** `7:cluster-1`: the holder of that name in the project 7. */
export type HolderKey = `${number}:${string}`

export function holderKey(projectId: number, holder: string): HolderKey {
  return `${projectId}:${holder}`
}

function nameOf(key: string): string {
  return key.slice(key.indexOf(':') + 1)
}

/** Somebody says that an image is in use. */
export interface Protection {
  readonly holder: string
  readonly digest: Digest
  readonly until: Date
}

interface ProtectionRow {
  holder: string
  digest: Digest
  expires_at: number
}

function toProtection({ holder, digest, expires_at }: ProtectionRow): Protection {
  return { holder: nameOf(holder), digest, until: new Date(expires_at) }
}

const onDigest = prepare<{ repository: RepositoryId; digest: Digest; now: number }, ProtectionRow>((db, parameter) =>
  db
    .selectFrom('protections')
    .select(['holder', 'digest', 'expires_at'])
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest'))
    .where('expires_at', '>', parameter('now'))
    .orderBy('expires_at', 'desc')
    .limit(1),
)

const inRepository = prepare<{ repository: RepositoryId; now: number }, ProtectionRow>((db, parameter) =>
  db
    .selectFrom('protections')
    .select(['holder', 'digest', 'expires_at'])
    .where('repository_id', '=', parameter('repository'))
    .where('expires_at', '>', parameter('now'))
    .limit(1),
)

/** Of several the one that lasts longest. */
export async function findProtection(
  executor: Executor,
  { repositoryId, digest }: { readonly repositoryId: RepositoryId; readonly digest: Digest },
  now: Date,
): Promise<Protection | undefined> {
  const [row] = await onDigest(executor, { repository: repositoryId, digest, now: now.getTime() })
  return row && toProtection(row)
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
  readonly name: string
  readonly createdBy: string
  readonly until: Date
}

/** Undefined: it holds nothing, or its time is over. */
export async function findHolder(executor: Executor, key: HolderKey, now: Date): Promise<Holder | undefined> {
  const row = await executor.db
    .selectFrom('protections')
    .select(['holder', 'created_by', 'expires_at'])
    .where('holder', '=', key)
    .where('expires_at', '>', now.getTime())
    .limit(1)
    .executeTakeFirst()
  return row && toHolder(row)
}

function toHolder(row: { holder: string; created_by: string; expires_at: number }): Holder {
  return { name: nameOf(row.holder), createdBy: row.created_by, until: new Date(row.expires_at) }
}

/** Goes from name to name in the index, however much each of them holds. */
export async function listHolders(executor: Executor, projectId: number, now: Date): Promise<Holder[]> {
  const holders: Holder[] = []
  for (let after = `${projectId}:`; ;) {
    const row = await executor.db
      .selectFrom('protections')
      .select(['holder', 'created_by', 'expires_at'])
      .where('holder', '>', after)
      // ";" follows ":" in byte order.
      .where('holder', '<', `${projectId};`)
      .orderBy('holder')
      .limit(1)
      .executeTakeFirst()
    if (row === undefined) return holders
    if (row.expires_at > now.getTime()) holders.push(toHolder(row))
    after = row.holder
  }
}

export async function countHeld(executor: Executor, key: HolderKey): Promise<number> {
  const { count } = await executor.db
    .selectFrom('protections')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('holder', '=', key)
    .executeTakeFirstOrThrow()
  return count
}

export async function heldRepositories(executor: Executor, key: HolderKey, now: Date): Promise<RepositoryName[]> {
  const rows = await executor.db
    .selectFrom('protections')
    .innerJoin('repositories', 'repositories.id', 'protections.repository_id')
    .select('repositories.name')
    .distinct()
    .where('protections.holder', '=', key)
    .where('protections.expires_at', '>', now.getTime())
    .execute()
  return rows.map(({ name }) => name)
}

/** A manifest that is protected, or shall be. */
export interface Held {
  readonly repositoryId: RepositoryId
  readonly digest: Digest
}

export async function listHeld(executor: Executor, key: HolderKey): Promise<Held[]> {
  const rows = await executor.db
    .selectFrom('protections')
    .select(['repository_id', 'digest'])
    .where('holder', '=', key)
    .execute()
  return rows.map(({ repository_id: repositoryId, digest }) => ({ repositoryId, digest }))
}

export interface Renewal {
  readonly key: HolderKey
  readonly createdBy: string
  readonly until: Date
}

/** Everything that the holder has. */
export async function renewAll(tx: Transaction, { key, createdBy, until }: Renewal): Promise<void> {
  await tx.db
    .updateTable('protections')
    .set({ created_by: createdBy, expires_at: until.getTime() })
    .where('holder', '=', key)
    .execute()
}

interface NewRow {
  repository: RepositoryId
  digest: Digest
  holder: string
  createdBy: string
  until: number
}

const insert = prepare<NewRow, never>((db, parameter) =>
  db.insertInto('protections').values({
    repository_id: parameter('repository'),
    digest: parameter('digest'),
    holder: parameter('holder'),
    created_by: parameter('createdBy'),
    expires_at: parameter('until'),
  }),
)

const remove = prepare<Pick<NewRow, 'repository' | 'digest' | 'holder'>, never>((db, parameter) =>
  db
    .deleteFrom('protections')
    .where('repository_id', '=', parameter('repository'))
    .where('digest', '=', parameter('digest'))
    .where('holder', '=', parameter('holder')),
)

export async function hold(tx: Transaction, { repositoryId, digest }: Held, renewal: Renewal): Promise<void> {
  const { key: holder, createdBy, until } = renewal
  await insert(tx, { repository: repositoryId, digest, holder, createdBy, until: until.getTime() })
}

export async function letGo(tx: Transaction, { repositoryId, digest }: Held, key: HolderKey): Promise<void> {
  await remove(tx, { repository: repositoryId, digest, holder: key })
}

/** What is not there to be pulled is not held. Returns what that was. */
export async function letGoOfAbsent(tx: Transaction, key: HolderKey): Promise<Held[]> {
  const rows = await tx.db
    .deleteFrom('protections')
    .where('holder', '=', key)
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
  return rows.map(({ repository_id: repositoryId, digest }) => ({ repositoryId, digest }))
}

export async function letGoOfAll(tx: Transaction, key: HolderKey): Promise<void> {
  await tx.db.deleteFrom('protections').where('holder', '=', key).execute()
}

const PURGED_AT_ONCE = 1000

/** Rows whose time is over mean nothing any more; some of them go with each change. */
export async function purgeExpired(tx: Transaction, now: Date): Promise<void> {
  const expired = await tx.db
    .selectFrom('protections')
    .select(['repository_id', 'digest', 'holder'])
    .where('expires_at', '<=', now.getTime())
    .limit(PURGED_AT_ONCE)
    .execute()
  for (const { repository_id: repository, digest, holder } of expired) await remove(tx, { repository, digest, holder })
}
