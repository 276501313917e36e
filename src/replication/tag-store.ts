import { type ExpressionBuilder, sql } from 'kysely'
import type { Executor, Transaction } from '../metadata/db.ts'
import type { ReplicationTables } from '../metadata/schema-replication.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { Mover } from './origin.ts'

/** What a rule knows of a tag since it last looked. */
export interface TagMemory {
  readonly repository: RepositoryName
  readonly tag: Tag
  readonly there: string
  /** What it names at the remote, as far as the rule knows. */
  readonly digest: Digest | undefined
  /** Whether this rule brought that. */
  readonly brought: boolean
  /** What happened to the tag here until then is settled with the remote; milliseconds. */
  readonly settledAt: number
  /** A hash of what was about the image when it was last brought along. */
  readonly referrers: string | undefined
  readonly referrersAt: number
  /** What was about to be written there; null: a deletion; undefined: nothing. */
  readonly writing: Digest | null | undefined
  /** What the rule wrote lately, last one last. */
  readonly recent: readonly Written[]
}

export interface Written {
  readonly digest: string
  readonly at: number
}

export async function findMemory(
  executor: Executor,
  rule: number,
  { repository, tag }: Pick<TagMemory, 'repository' | 'tag'>,
): Promise<TagMemory | undefined> {
  const row = await executor.db
    .selectFrom('replication_tags')
    .selectAll()
    .where('rule_id', '=', rule)
    .where('repository', '=', repository)
    .where('tag', '=', tag)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    ...{ repository, tag, there: row.there, digest: row.digest ?? undefined, brought: row.brought === 1 },
    ...{ settledAt: row.settled_at, referrers: row.referrers ?? undefined, referrersAt: row.referrers_at },
    writing: row.writing === null ? undefined : row.writing === '' ? null : (row.writing as Digest),
    recent: JSON.parse(row.recent),
  }
}

export async function saveMemory(tx: Transaction, rule: number, memory: TagMemory): Promise<void> {
  const { repository, tag, there, digest, brought, settledAt, referrers, referrersAt, writing, recent } = memory
  const row = {
    ...{ there, digest: digest ?? null, brought: brought ? 1 : 0, settled_at: settledAt },
    ...{ referrers: referrers ?? null, referrers_at: referrersAt, recent: JSON.stringify(recent) },
    writing: writing === undefined ? null : (writing ?? ''),
  }
  await tx.db
    .insertInto('replication_tags')
    .values({ rule_id: rule, repository, tag, ...row })
    .onConflict((conflict) => conflict.columns(['rule_id', 'repository', 'tag']).doUpdateSet(row))
    .execute()
}

/** The place of a tag at a remote, whatever rule knows of it. */
export interface PlaceThere {
  readonly remoteId: number
  readonly there: string
  readonly tag: Tag
}

export interface KnownThere {
  readonly rule: number
  readonly repository: RepositoryName
  readonly digest: Digest | undefined
  readonly settledAt: number
  readonly brought: boolean
  readonly direction: string
}

/** What rules of the same remote know of a tag of it. */
export async function knownThere(executor: Executor, { remoteId, there, tag }: PlaceThere): Promise<KnownThere[]> {
  const rows = await executor.db
    .selectFrom('replication_tags as known')
    .innerJoin('replication_rules as rule', 'rule.id', 'known.rule_id')
    .select([
      'known.rule_id',
      'known.repository',
      'known.digest',
      'known.settled_at',
      'known.brought',
      'rule.direction',
    ])
    .where('known.there', '=', there)
    .where('known.tag', '=', tag)
    .where('rule.remote_id', '=', remoteId)
    .execute()
  return rows.map((row) => ({
    rule: row.rule_id,
    repository: row.repository,
    digest: row.digest ?? undefined,
    settledAt: row.settled_at,
    brought: row.brought === 1,
    direction: row.direction,
  }))
}

/** What a rule brought to a place of the remote of other repositories than this one is not theirs any more. */
export async function forgetOthers(
  tx: Transaction,
  rule: number,
  { there, tag, repository }: Pick<TagMemory, 'there' | 'tag' | 'repository'>,
): Promise<void> {
  await tx.db
    .updateTable('replication_tags')
    .set({ digest: null, brought: 0 })
    .where('rule_id', '=', rule)
    .where('there', '=', there)
    .where('tag', '=', tag)
    .where('repository', '!=', repository)
    .execute()
}

/** Where a look through what rules know goes on. */
export interface KnownPage {
  readonly after: { readonly repository: string; readonly tag: string }
  readonly limit: number
}

export type KnownTag = Pick<TagMemory, 'repository' | 'tag' | 'there' | 'brought'>

/** Tags that are at the remote as far as a rule or its opposites know, by repository and tag; `brought`: by the rule itself. */
export async function knownTags(
  executor: Executor,
  { rule, opposites }: { readonly rule: number; readonly opposites: readonly number[] },
  { after, limit }: KnownPage,
): Promise<KnownTag[]> {
  const rows = await executor.db
    .selectFrom('replication_tags')
    .select(({ eb, fn }) => [
      ...(['repository', 'tag', 'there'] as const),
      fn
        .max(
          eb
            .case()
            .when(eb.and([eb('rule_id', '=', rule), isOurs(eb)]))
            .then(1)
            .else(0)
            .end(),
        )
        .as('brought'),
    ])
    .groupBy(['repository', 'tag', 'there'])
    .where('rule_id', 'in', [rule, ...opposites])
    .where((eb) => eb.or([eb('digest', 'is not', null), eb('writing', '!=', '')]))
    .where(({ eb, or, and }) =>
      or([
        eb('repository', '>', after.repository as RepositoryName),
        and([eb('repository', '=', after.repository as RepositoryName), eb('tag', '>', after.tag as Tag)]),
      ]),
    )
    .orderBy('repository')
    .orderBy('tag')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ ...row, brought: row.brought === 1 }))
}

/** Brought, or perhaps: it was being written when the process died, or the answer was lost. */
function isOurs(eb: ExpressionBuilder<ReplicationTables, 'replication_tags'>) {
  return eb.or([eb('brought', '=', 1), eb('writing', '!=', '')])
}

/** Tags of one repository that a rule knows. */
export async function knownTagsIn(executor: Executor, rule: number, repository: RepositoryName): Promise<Tag[]> {
  const rows = await executor.db
    .selectFrom('replication_tags')
    .select('tag')
    .where('rule_id', '=', rule)
    .where('repository', '=', repository)
    .execute()
  return rows.map(({ tag }) => tag)
}

/** Names of repositories here that end so and have the tag, in order. */
export async function repositoriesWithTag(executor: Executor, tag: Tag, ending: string): Promise<string[]> {
  const rows = await executor.db
    .selectFrom('repositories')
    .select('name')
    .where('deleted_at', 'is', null)
    .where(sql<boolean>`substr(name, length(name) - ${ending.length - 1}) = ${ending}`)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('tags')
          .select('tags.name')
          .whereRef('tags.repository_id', '=', 'repositories.id')
          .where('tags.name', '=', tag),
      ),
    )
    .execute()
  return rows.map(({ name }) => name as string).sort()
}

/** What a tag names here, and how it came to that. */
export interface LocalTag {
  readonly repositoryId: RepositoryId | undefined
  /** Undefined: there is no such tag. */
  readonly digest: Digest | undefined
  /** Of its last move, milliseconds; 0: nobody remembers. */
  readonly movedAt: number
  readonly mover: Mover | undefined
}

const NOTHING: LocalTag = { repositoryId: undefined, digest: undefined, movedAt: 0, mover: undefined }

export async function localTag(executor: Executor, name: RepositoryName, tag: Tag): Promise<LocalTag> {
  const repository = await executor.db
    .selectFrom('repositories')
    .select('id')
    .where('name', '=', name)
    .executeTakeFirst()
  if (repository === undefined) return NOTHING
  const now = await executor.db
    .selectFrom('tags')
    .select(['digest', 'updated_at'])
    .where('repository_id', '=', repository.id)
    .where('name', '=', tag)
    .executeTakeFirst()
  const move = await executor.db
    .selectFrom('tag_events')
    .select(['at', 'actor', 'actor_name'])
    .where('repository_id', '=', repository.id)
    .where('tag', '=', tag)
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return {
    repositoryId: repository.id,
    digest: now?.digest,
    movedAt: move?.at ?? now?.updated_at ?? 0,
    mover: move && { id: move.actor, name: move.actor_name },
  }
}

/** Who moved a tag here since then, oldest first. */
export async function moversSince(
  executor: Executor,
  { repositoryId, tag, since }: { readonly repositoryId: RepositoryId; readonly tag: Tag; readonly since: number },
): Promise<Mover[]> {
  const rows = await executor.db
    .selectFrom('tag_events')
    .select(['actor', 'actor_name'])
    .where('repository_id', '=', repositoryId)
    .where('tag', '=', tag)
    .where('at', '>', since)
    .orderBy('at')
    .execute()
  return rows.map(({ actor, actor_name }) => ({ id: actor, name: actor_name }))
}

/** Tags on a manifest, or on an index of the repository that lists it. */
export async function tagsAbout(executor: Executor, name: RepositoryName, digest: Digest): Promise<Tag[]> {
  const rows = await executor.db
    .selectFrom('tags')
    .innerJoin('repositories', 'repositories.id', 'tags.repository_id')
    .select('tags.name')
    .where('repositories.name', '=', name)
    .where(({ eb, or, selectFrom }) =>
      or([
        eb('tags.digest', '=', digest),
        eb(
          'tags.digest',
          'in',
          selectFrom('manifest_children')
            .select('parent')
            .whereRef('manifest_children.repository_id', '=', 'repositories.id')
            .where('child', '=', digest),
        ),
      ]),
    )
    .orderBy('tags.name')
    .execute()
  return rows.map((row) => row.name)
}

/** How deep signatures of signatures are looked for. */
const MAX_DEPTH = 8

/** Digests of everything that is about an image or its parts, cosign's tags included; sorted. */
export async function digestsAbout(executor: Executor, repository: RepositoryId, root: Digest): Promise<string[]> {
  const children = await executor.db
    .selectFrom('manifest_children')
    .select('child')
    .where('repository_id', '=', repository)
    .where('parent', '=', root)
    .execute()
  const found = new Set<string>()
  let subjects: string[] = [root, ...children.map(({ child }) => child)]
  for (let depth = 0; depth < MAX_DEPTH && subjects.length > 0; depth++) {
    const next = [
      ...(await referrersOf(executor, repository, subjects)),
      ...(await cosignedIn(executor, repository, subjects)),
    ]
    subjects = [...new Set(next)].filter((digest) => !found.has(digest))
    for (const digest of subjects) found.add(digest)
  }
  return [...found].sort()
}

async function referrersOf(executor: Executor, repository: RepositoryId, subjects: string[]): Promise<string[]> {
  const rows = await executor.db
    .selectFrom('manifests')
    .select('digest')
    .where('repository_id', '=', repository)
    .where('subject', 'in', subjects)
    .where('deletion', 'is', null)
    .execute()
  return rows.map(({ digest }) => digest)
}

const COSIGN_ENDINGS = ['.sig', '.att', '.sbom']

async function cosignedIn(executor: Executor, repository: RepositoryId, subjects: string[]): Promise<string[]> {
  const names = subjects.flatMap((digest) => COSIGN_ENDINGS.map((end) => `${digest.replace(':', '-')}${end}` as Tag))
  const rows = await executor.db
    .selectFrom('tags')
    .select('digest')
    .where('repository_id', '=', repository)
    .where('name', 'in', names)
    .execute()
  return rows.map(({ digest }) => digest)
}

/** What is known of tags that were gone on both sides before the cutoff. */
export async function forgetTombstones(tx: Transaction, cutoff: Date): Promise<void> {
  await tx.db
    .deleteFrom('replication_tags')
    .where('digest', 'is', null)
    .where('writing', 'is', null)
    .where('settled_at', '<', cutoff.getTime())
    .execute()
}
