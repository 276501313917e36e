import { sql } from 'kysely'
import { batches } from '../lib/breaths.ts'
import type { Digest } from '../oci/digest.ts'
import type { Executor, Transaction } from './db.ts'
import { childrenOf, GRAPH_BATCH } from './manifest-graph.ts'
import { prepare } from './prepared.ts'
import { prepareText } from './prepared-text.ts'
import type { RepositoryId } from './repositories.ts'

/** Where a verdict is kept. */
export interface VerdictPlace {
  readonly repositoryId: RepositoryId
  readonly digest: Digest
}

/** What rules said of a manifest, and of which rules that is true. */
export interface VerdictRow {
  /** Empty: not known, or not any more. */
  readonly revision: string
  readonly outcome: string
  /** JSON. */
  readonly body: string
  /** In milliseconds since 1970; undefined: until something changes. */
  readonly validUntil: number | undefined
  /** Another one after each change of what it rests on. */
  readonly epoch: number
}

const find = prepare<
  VerdictPlace,
  { revision: string; outcome: string; body: string; valid_until: number | null; epoch: number }
>((db, parameter) =>
  db
    .selectFrom('policy_verdicts')
    .select(['revision', 'outcome', 'body', 'valid_until', 'epoch'])
    .where('repository_id', '=', parameter('repositoryId'))
    .where('digest', '=', parameter('digest')),
)

export async function findVerdict(executor: Executor, place: VerdictPlace): Promise<VerdictRow | undefined> {
  const [row] = await find(executor, place)
  if (row === undefined) return undefined
  const { revision, outcome, body, valid_until: until, epoch } = row
  return { revision, outcome, body, validUntil: until ?? undefined, epoch }
}

/** Makes room for a verdict, so that it is noticed when what it rests on changes while it is being found. */
export async function reserveVerdict(tx: Transaction, { repositoryId, digest }: VerdictPlace): Promise<void> {
  await tx.db
    .insertInto('policy_verdicts')
    .columns(['repository_id', 'digest', 'revision', 'outcome', 'body'])
    .expression((query) =>
      query
        .selectFrom('repositories')
        .select([
          'id as repository_id',
          sql<Digest>`cast(${digest} as text)`.as('digest'),
          sql<string>`''`.as('revision'),
          sql<string>`''`.as('outcome'),
          sql<string>`''`.as('body'),
        ])
        .where('id', '=', repositoryId),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Writes a verdict down, unless what it rests on has changed since its row was read with that epoch. */
export async function saveVerdict(tx: Transaction, place: VerdictPlace, verdict: VerdictRow): Promise<void> {
  const { revision, outcome, body, validUntil, epoch } = verdict
  await tx.db
    .updateTable('policy_verdicts')
    .set({ revision, outcome, body, valid_until: validUntil ?? null })
    .where('repository_id', '=', place.repositoryId)
    .where('digest', '=', place.digest)
    .where('epoch', '=', epoch)
    .execute()
}

const forgetEverywhere = prepareText<{ digests: string }, never>(
  (parameter) => sql`
    update policy_verdicts set revision = '', epoch = epoch + 1
    where digest in (select asked.value from json_each(${parameter('digests')}) asked)`,
)

/**
 * What is known of these images has changed, in every repository: their verdicts are found anew. In a transaction of
 * `Database.write`, never of `writeQuietly`: verdicts are remembered until something is committed.
 */
export async function forgetVerdicts(tx: Transaction, digests: Digest | readonly Digest[]): Promise<void> {
  const all = typeof digests === 'string' ? [digests] : digests
  for (const some of batches(all, GRAPH_BATCH)) await forgetEverywhere(tx, { digests: JSON.stringify(some) })
}

/** The same of all there are: new vulnerability data, for example. */
export async function forgetAllVerdicts(tx: Transaction): Promise<void> {
  await tx.db
    .updateTable('policy_verdicts')
    .set(({ eb }) => ({ revision: '', epoch: eb('epoch', '+', 1) }))
    .execute()
}

const forgetHere = prepareText<{ repository: RepositoryId; digests: string }, never>(
  (parameter) => sql`
    update policy_verdicts set revision = '', epoch = epoch + 1
    where repository_id = ${parameter('repository')}
    and digest in (select asked.value from json_each(${parameter('digests')}) asked)`,
)

const subjects = prepareText<{ repository: RepositoryId; digests: string }, { subject: Digest }>(
  (parameter) => sql`
    select m.subject
    from json_each(${parameter('digests')}) asked
    cross join manifests m on m.repository_id = ${parameter('repository')} and m.digest = asked.value
    where m.subject is not null`,
)

/** An index of indexes of images: nobody builds deeper. */
const MAX_LEVELS = 3

/**
 * Manifests came or went: what was known of them, of their subjects, and of everything that an index among these lists.
 * Deleted ones still say what they were about.
 */
export async function forgetVerdictsAround(
  tx: Transaction,
  repository: RepositoryId,
  digests: readonly Digest[],
): Promise<void> {
  const all = new Set<Digest>(digests)
  for (const some of batches(digests, GRAPH_BATCH))
    for (const { subject } of await subjects(tx, { repository, digests: JSON.stringify(some) })) all.add(subject)
  let level: readonly Digest[] = [...all]
  for (let depth = 0; depth < MAX_LEVELS; depth++) {
    level = (await listedBy(tx, repository, level)).filter((digest) => !all.has(digest))
    for (const digest of level) all.add(digest)
  }
  for (const some of batches([...all], GRAPH_BATCH)) await forgetHere(tx, { repository, digests: JSON.stringify(some) })
}

async function listedBy(tx: Transaction, repository: RepositoryId, indexes: readonly Digest[]): Promise<Digest[]> {
  const listed = new Set<Digest>()
  for (const some of batches(indexes, GRAPH_BATCH))
    for (const { to } of await childrenOf(tx, repository, some)) listed.add(to)
  return [...listed]
}

const any = prepare<{ repository: RepositoryId }, { digest: Digest }>((db, parameter) =>
  db.selectFrom('policy_verdicts').select('digest').where('repository_id', '=', parameter('repository')).limit(1),
)

/** Whether anything is known of images of a repository. */
export async function hasVerdicts(executor: Executor, repository: RepositoryId): Promise<boolean> {
  return (await any(executor, { repository })).length > 0
}

/** Everything that is known of a repository. */
export async function forgetVerdictsOf(tx: Transaction, repository: RepositoryId): Promise<void> {
  await tx.db
    .updateTable('policy_verdicts')
    .set(({ eb }) => ({ revision: '', epoch: eb('epoch', '+', 1) }))
    .where('repository_id', '=', repository)
    .execute()
}

/** Rows of manifests that are gone, at most so many. Returns how many there were. */
export async function removeVerdictsOfGone(tx: Transaction, limit: number): Promise<number> {
  const gone = await tx.db
    .selectFrom('policy_verdicts')
    .select(['repository_id', 'digest'])
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('manifests')
            .select('manifests.digest')
            .whereRef('manifests.repository_id', '=', 'policy_verdicts.repository_id')
            .whereRef('manifests.digest', '=', 'policy_verdicts.digest'),
        ),
      ),
    )
    .limit(limit)
    .execute()
  for (const { repository_id: repository, digest } of gone)
    await tx.db
      .deleteFrom('policy_verdicts')
      .where('repository_id', '=', repository)
      .where('digest', '=', digest)
      .execute()
  return gone.length
}
