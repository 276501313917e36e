import { sql } from 'kysely'
import type { Database, Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'
import { prepareText } from '../metadata/prepared-text.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { AdoptionState } from '../metadata/schema-adopt.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'

export interface AdoptedPlace {
  readonly name: string
  readonly round: number
  readonly state: AdoptionState
  readonly startedAt: Date
  readonly endedAt: Date | undefined
  readonly problem: string | undefined
}

interface PlaceRow {
  name: string
  round: number
  state: AdoptionState
  started_at: number
  ended_at: number | null
  problem: string | null
}

const selectPlaces = prepare<object, PlaceRow>((db) => db.selectFrom('adopted_places').selectAll().orderBy('name'))

export async function listPlaces(executor: Executor): Promise<AdoptedPlace[]> {
  return (await selectPlaces(executor, {})).map((row) => ({
    name: row.name,
    round: row.round,
    state: row.state,
    startedAt: new Date(row.started_at),
    endedAt: row.ended_at === null ? undefined : new Date(row.ended_at),
    problem: row.problem ?? undefined,
  }))
}

/** One that is known already stays as it is. */
export async function addPlace(tx: Transaction, name: string, now: Date): Promise<void> {
  const row = { name, round: 1, state: 'listing' as const, started_at: now.getTime(), ended_at: null, problem: null }
  await tx.db
    .insertInto('adopted_places')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
}

/** All of it is looked at once more. False: nobody knows of that place. */
export async function beginRound(tx: Transaction, name: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable('adopted_places')
    .set(({ eb }) => ({
      round: eb('round', '+', 1),
      state: 'listing',
      started_at: now.getTime(),
      ended_at: null,
      problem: null,
    }))
    .where('name', '=', name)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Unless another round was begun meanwhile. */
export async function setPlaceState(
  tx: Transaction,
  { name, round }: Pick<AdoptedPlace, 'name' | 'round'>,
  change: { readonly state?: AdoptionState; readonly endedAt?: Date; readonly problem?: string | undefined },
): Promise<void> {
  const { state, endedAt, problem } = change
  await tx.db
    .updateTable('adopted_places')
    .set({
      ...(state !== undefined && { state }),
      ...(endedAt !== undefined && { ended_at: endedAt.getTime() }),
      problem: problem ?? null,
    })
    .where('name', '=', name)
    .where('round', '=', round)
    .execute()
}

interface At {
  readonly place: string
  readonly name: RepositoryName
}

const insertRepository = prepare<At, never>((db, parameter) =>
  db
    .insertInto('adopted_repositories')
    .values({ place: parameter('place'), name: parameter('name'), round: 0, manifests: 0, tags: 0, problems: 0 })
    .onConflict((conflict) => conflict.columns(['place', 'name']).doNothing()),
)

export async function addRepositories(tx: Transaction, place: string, names: readonly RepositoryName[]): Promise<void> {
  for (const name of names) await insertRepository(tx, { place, name })
}

/** By name, of those that were not looked at in this round. */
export async function pendingRepositories(
  executor: Executor,
  { name: place, round }: Pick<AdoptedPlace, 'name' | 'round'>,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<RepositoryName[]> {
  const rows = await executor.db
    .selectFrom('adopted_repositories')
    .select('name')
    .where('place', '=', place)
    .where('name', '>', after as RepositoryName)
    .where('round', '<', round)
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(({ name }) => name)
}

const roundOf = prepare<At, { round: number }>((db, parameter) =>
  db
    .selectFrom('adopted_repositories')
    .select('round')
    .where('place', '=', parameter('place'))
    .where('name', '=', parameter('name')),
)

/** In which round a repository was looked at last; 0: in none, but it was found there. Undefined: it was not found. */
export async function repositoryRound(executor: Executor, at: At): Promise<number | undefined> {
  return (await roundOf(executor, at))[0]?.round
}

/** Whether any repository was ever found in a place. */
export async function hasRepositories(executor: Executor, place: string): Promise<boolean> {
  const rows = await executor.db
    .selectFrom('adopted_repositories')
    .select('name')
    .where('place', '=', place)
    .limit(1)
    .execute()
  return rows.length > 0
}

export interface RepositoryCounts {
  readonly manifests: number
  readonly tags: number
  readonly problems: number
}

export async function finishRepository(
  tx: Transaction,
  { place, name, round }: At & { readonly round: number },
  counts: RepositoryCounts,
): Promise<void> {
  await insertRepository(tx, { place, name })
  await tx.db
    .updateTable('adopted_repositories')
    .set({ round, ...counts })
    .where('place', '=', place)
    .where('name', '=', name)
    .execute()
}

export interface AdoptionProblem {
  readonly repository: RepositoryName
  /** A tag or a digest; empty: the repository itself. */
  readonly subject: string
  readonly problem: string
}

/** Instead of those that were found before. */
export async function replaceProblems(
  tx: Transaction,
  { place, name }: At,
  problems: readonly Omit<AdoptionProblem, 'repository'>[],
): Promise<void> {
  await tx.db.deleteFrom('adopted_problems').where('place', '=', place).where('repository', '=', name).execute()
  for (const { subject, problem } of problems)
    await tx.db.insertInto('adopted_problems').values({ place, repository: name, subject, problem }).execute()
}

/** A subject that no tag and no digest is. */
const LINK = '(link)'

/** Symbolic links in a place, which are not followed, instead of those that were found before. */
export async function replaceLinks(tx: Transaction, place: string, folders: readonly string[]): Promise<void> {
  await tx.db.deleteFrom('adopted_problems').where('place', '=', place).where('subject', '=', LINK).execute()
  for (const folder of folders)
    await tx.db
      .insertInto('adopted_problems')
      .values({
        ...{ place, repository: folder as RepositoryName, subject: LINK },
        problem: 'it is a symbolic link, which is not followed',
      })
      .execute()
}

export async function hasProblem(executor: Executor, { place, name }: At, subject: string): Promise<boolean> {
  const rows = await executor.db
    .selectFrom('adopted_problems')
    .select('problem')
    .where('place', '=', place)
    .where('repository', '=', name)
    .where('subject', '=', subject)
    .execute()
  return rows.length > 0
}

export async function listProblems(executor: Executor, place: string, limit: number): Promise<AdoptionProblem[]> {
  return executor.db
    .selectFrom('adopted_problems')
    .select(['repository', 'subject', 'problem'])
    .where('place', '=', place)
    .orderBy('repository')
    .orderBy('subject')
    .limit(limit)
    .execute()
}

export interface PlaceCounts extends RepositoryCounts {
  readonly repositories: number
  /** Of these, those that were looked at in this round. */
  readonly done: number
}

export async function countPlace(
  executor: Executor,
  { name, round }: Pick<AdoptedPlace, 'name' | 'round'>,
): Promise<PlaceCounts> {
  const { rows } = await sql<PlaceCounts>`
    select count(*) as repositories,
      coalesce(sum(case when round >= ${round} then 1 else 0 end), 0) as done,
      coalesce(sum(manifests), 0) as manifests,
      coalesce(sum(tags), 0) as tags,
      coalesce(sum(problems), 0) +
        (select count(*) from adopted_problems p where p.place = ${name} and p.subject = ${LINK}) as problems
    from adopted_repositories where place = ${name}`.execute(executor.db)
  const [counts] = rows
  if (counts === undefined) throw new Error('a count has no row')
  return counts
}

export interface TagState {
  readonly tag: Tag
  /** What it names; undefined: it is not there. */
  readonly digest: Digest | undefined
  /** Who moved or deleted it last; undefined: nobody remembers. */
  readonly actor: string | undefined
}

const states = prepareText<
  { repository: RepositoryId; tags: string },
  { tag: Tag; digest: Digest | null; actor: string | null }
>(
  (parameter) => sql`
    select asked.value as tag,
      (select digest from tags t where t.repository_id = ${parameter('repository')} and t.name = asked.value) as digest,
      (select actor from tag_events e where e.repository_id = ${parameter('repository')} and e.tag = asked.value
        order by e.at desc limit 1) as actor
    from json_each(${parameter('tags')}) asked`,
)

/** How these tags are, and who left them so. */
export async function tagStates(
  executor: Executor,
  repository: RepositoryId,
  tags: readonly Tag[],
): Promise<TagState[]> {
  const rows = await states(executor, { repository, tags: JSON.stringify(tags) })
  return rows.map(({ tag, digest, actor }) => ({ tag, digest: digest ?? undefined, actor: actor ?? undefined }))
}

const manifestState = prepare<{ repository: RepositoryId; digest: Digest }, { deletion: number | null }>(
  (db, parameter) =>
    db
      .selectFrom('manifests')
      .select('deletion')
      .where('repository_id', '=', parameter('repository'))
      .where('digest', '=', parameter('digest')),
)

export async function findManifestState(
  executor: Executor,
  repository: RepositoryId,
  digest: Digest,
): Promise<'visible' | 'deleted' | undefined> {
  const [row] = await manifestState(executor, { repository, digest })
  return row && (row.deletion === null ? 'visible' : 'deleted')
}

/** The tree is there to be read again, so nobody waits for the disk. What a first round adds nobody remembers otherwise; a later one moves tags. */
export function writeRound<T>(database: Database, round: number, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return round > 1 ? database.writeRelaxed(work) : database.writeQuietly(work)
}
