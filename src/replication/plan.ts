import { batches } from '../lib/breaths.ts'
import { listRepositories } from '../metadata/repositories.ts'
import { listTagNames } from '../metadata/tags.ts'
import { isTag, type RepositoryName, type Tag } from '../oci/name.ts'
import { subjectOfTag } from './companions.ts'
import type { Progress } from './execution-store.ts'
import { RemoteError } from '../registry/image-source.ts'
import { carries, isSelected, isTwoWay } from './selection.ts'
import { type KnownTag, knownTags, localTag } from './tag-store.ts'
import type { Work } from './work.ts'

/** A tag where images come from. */
export interface PlannedTag {
  readonly repository: string
  readonly tag: Tag
}

export interface PlannedPage {
  readonly tags: readonly PlannedTag[]
  /** How far it is when these are done. */
  readonly progress: Progress
}

export const BEGINNING: Progress = { phase: 'tags', repository: '', tag: '' }
/** So many are done between two notes of how far it is. */
const AT_ONCE = 100
const PAGE = 1000

/** Everything that a whole run of a rule looks at, from some place on. */
export function plan(work: Work, from: Progress): AsyncGenerator<PlannedPage> {
  return work.rule.direction === 'push' ? planPush(work, from) : planPull(work, from)
}

function isWanted({ rule }: Work, repository: string, tag: string): tag is Tag {
  return isTag(tag) && subjectOfTag(tag) === undefined && isSelected(rule, repository, tag)
}

async function* planPush(work: Work, from: Progress): AsyncGenerator<PlannedPage> {
  if (from.phase === 'tags')
    for await (const repository of localRepositories(work, from.repository))
      yield* localTags(work, repository, repository === from.repository ? from.tag : '')
  if (work.rule.body.deletes)
    yield* gonePages(work, from, async ({ repository, tag }) => {
      const { digest } = await localTag(work.registry.database.reader, repository as RepositoryName, tag)
      return digest === undefined
    })
}

/** Selected ones, from a name on. */
async function* localRepositories({ registry, rule }: Work, from: string): AsyncGenerator<RepositoryName> {
  const { reader } = registry.database
  if (from !== '') yield from as RepositoryName
  for (let after = from; ;) {
    const names = await listRepositories(reader, after, PAGE)
    for (const name of names) if (rule.selectsRepository(name)) yield name
    const last = names.at(-1)
    if (last === undefined || names.length < PAGE) return
    after = last
  }
}

async function* localTags(work: Work, repository: RepositoryName, from: string): AsyncGenerator<PlannedPage> {
  for (let after = from; ;) {
    const names = await listTagNames(work.registry.database.reader, repository, { after, limit: AT_ONCE })
    const last = names.at(-1)
    if (last === undefined) return
    yield pageOf(
      repository,
      names.filter((tag) => isWanted(work, repository, tag)),
      last,
    )
    after = last
  }
}

function pageOf(repository: string, tags: readonly Tag[], last: string): PlannedPage {
  return {
    tags: tags.map((tag) => ({ repository, tag })),
    progress: { phase: 'tags', repository, tag: last },
  }
}

async function* planPull(work: Work, from: Progress): AsyncGenerator<PlannedPage> {
  const names = await work.sourceNames()
  if (from.phase === 'tags')
    for (const name of names.filter((each) => each >= from.repository))
      yield* remoteTags(work, name, name === from.repository ? from.tag : '')
  if (!work.rule.body.deletes) return
  const listed = new Set(names)
  if (listed.size === 0) {
    for await (const _page of allBrought(work, FIRST))
      throw new RemoteError('invalid', `${work.source.label} lists no repository at all, so nothing is deleted here`)
    return
  }
  yield* gonePages(work, from, async ({ repository }) => !listed.has(repository))
}

async function* remoteTags(work: Work, repository: string, from: string): AsyncGenerator<PlannedPage> {
  const listed = new Set<string>()
  for (let after: string | undefined = from; after !== undefined;) {
    const page = await work.source.tagPage(repository, { after, limit: PAGE }, work.signal)
    for (const batch of batches(page?.tags ?? [], AT_ONCE)) {
      for (const tag of batch) listed.add(tag)
      yield pageOf(
        repository,
        batch.filter((tag) => isWanted(work, repository, tag)),
        batch.at(-1) ?? '',
      )
    }
    after = page?.next
  }
  if (work.rule.body.deletes && from === '') yield* notListed(work, repository, listed)
}

/** What the rule brought from a repository and is not listed there any more. */
async function* notListed(work: Work, there: string, listed: ReadonlySet<string>): AsyncGenerator<PlannedPage> {
  for await (const known of allBrought(work, FIRST)) {
    const gone = known.filter((each) => each.there === there && !listed.has(each.tag))
    if (gone.length > 0)
      yield {
        tags: gone.map(({ tag }) => ({ repository: there, tag })),
        progress: { phase: 'tags', repository: there, tag: LAST },
      }
  }
}

/** After every tag. */
const LAST = '\u007f'
const FIRST = { repository: '', tag: '' }

/**
 * What may have to go with the source: what the rule brought, or, where both sides replicate it to each other, what both
 * had. Nothing that the rule does not select.
 */
async function* allBrought(
  work: Work,
  from: { readonly repository: string; readonly tag: string },
): AsyncGenerator<readonly KnownTag[]> {
  const { registry, rule, opposites } = work
  const who = { rule: rule.id, opposites: opposites.map(({ id }) => id) }
  for (let after = from; ;) {
    const page = await knownTags(registry.database.reader, who, { after, limit: PAGE })
    const last = page.at(-1)
    if (last === undefined) return
    const ours = page.filter((each) => carries(rule, each) && (each.brought || isTwoWay(work, each)))
    if (ours.length > 0) yield ours
    after = { repository: last.repository, tag: last.tag }
  }
}

/** What the rule brought and is not at the source any more. */
async function* gonePages(
  work: Work,
  from: Progress,
  isGone: (tag: PlannedTag) => Promise<boolean>,
): AsyncGenerator<PlannedPage> {
  const start = from.phase === 'gone' ? { repository: from.repository, tag: from.tag } : FIRST
  for await (const page of allBrought(work, start)) {
    const gone: PlannedTag[] = []
    for (const { repository, tag, there } of page) {
      const at = { repository: work.rule.direction === 'push' ? repository : there, tag }
      if (await isGone(at)) gone.push(at)
    }
    const last = page.at(-1)
    if (last !== undefined)
      yield { tags: gone, progress: { phase: 'gone', repository: last.repository, tag: last.tag } }
  }
}
