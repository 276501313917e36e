import type { PagesTarget } from '../load/pages.ts'
import {
  catalogName,
  growthManifest,
  REFERRERS,
  referrersTag,
  subjectOf,
  TAGS_REPOSITORY,
  tagName,
} from './growth-content.ts'

const PAGE = 100
const MANIFESTS = `/v2/${TAGS_REPOSITORY}/manifests`

/** What is asked of a server that has `size` of everything. */
export interface Question {
  readonly id: string
  readonly what: string
  /** Its name in the drawing; not all are drawn. */
  readonly curve?: string
  /** What there are so many of. */
  readonly of: string
  readonly target: (size: number) => Omit<PagesTarget, 'port' | 'tags'>
  /** Where docker-registry has to be asked for something else. */
  readonly peerPath?: string
  /** How often docker-registry is asked: what it walks through everything for takes it seconds. */
  readonly peerRounds: number
  /** At most so often, for there is no more to ask for where there is least. */
  readonly mostRounds?: number
  /** What the answer lists, in its order; docker-registry may list all. */
  readonly names?: (size: number) => readonly string[]
}

export const TAG_PAGES: readonly Question[] = [
  tagsPage('first', () => 0),
  { ...tagsPage('middle', (size) => size / 2), curve: '100 tags of many' },
  tagsPage('last', (size) => size - PAGE),
]

export const CATALOG_PAGES: readonly Question[] = [
  catalogPage('first', () => 0),
  { ...catalogPage('middle', (size) => Math.floor(size / 2)), curve: '100 repositories of many' },
  // After it there is the repository of the tags.
  catalogPage('last', (size) => Math.max(0, size - PAGE)),
]

/** `new-…` sorts before all that are there, so the pages stay what they are. */
const NEW_MANIFEST = growthManifest('new-{turn}')

/** In this order: what was put is deleted. */
export const MANIFESTS_OF_TAGS: readonly Question[] = [
  {
    id: 'get',
    what: 'GET of a manifest by tag, again and again the same',
    of: 'tags',
    target: (size) => ({ method: 'GET', path: `${MANIFESTS}/${tagName(size / 2)}`, status: 200 }),
    peerRounds: 100,
  },
  {
    id: 'get-other',
    curve: 'manifest GET',
    what: 'GET of a manifest by tag, each time another',
    of: 'tags',
    target: () => ({ method: 'GET', path: `${MANIFESTS}/{tag}`, status: 200 }),
    peerRounds: 100,
    mostRounds: 150,
  },
  {
    id: 'put',
    curve: 'manifest PUT',
    what: 'PUT of a new manifest under a new tag',
    of: 'tags',
    target: () => ({ method: 'PUT', path: `${MANIFESTS}/new-{turn}`, status: 201, manifest: NEW_MANIFEST }),
    peerRounds: 20,
  },
  {
    id: 'delete',
    curve: 'manifest DELETE',
    what: 'DELETE of that manifest',
    of: 'tags',
    target: () => ({ method: 'DELETE', path: `${MANIFESTS}/{digest}`, status: 202, manifest: NEW_MANIFEST }),
    peerRounds: 2,
  },
]

export const REFERRER_LISTS: readonly Question[] = REFERRERS.map((count) => ({
  id: `referrers-${count}`,
  ...(count === 10 && { curve: '10 referrers' }),
  what: count === 1 ? 'one referrer of a manifest' : `${count.toLocaleString('en-US')} referrers of a manifest`,
  of: 'manifests',
  target: () => ({ method: 'GET', path: `/v2/${TAGS_REPOSITORY}/referrers/${subjectOf(count)}`, status: 200 }),
  peerPath: `${MANIFESTS}/${referrersTag(count).tag}`,
  peerRounds: 100,
  names: () => {
    const { manifests }: { manifests: readonly { digest: string }[] } = JSON.parse(referrersTag(count).text)
    return manifests.map(({ digest }) => digest).toSorted()
  },
}))

function tagsPage(id: string, first: (size: number) => number): Question {
  return page(
    { id: `tags-${id}`, what: `${id} page of tags`, of: 'tags', path: `/v2/${TAGS_REPOSITORY}/tags/list` },
    {
      name: tagName,
      first,
      peerRounds: 10,
    },
  )
}

function catalogPage(id: string, first: (size: number) => number): Question {
  return page(
    { id: `catalog-${id}`, what: `${id} page of the catalog`, of: 'repositories', path: '/v2/_catalog' },
    {
      name: catalogName,
      first,
      peerRounds: 1,
    },
  )
}

interface Paged {
  readonly name: (number: number) => string
  /** The number of the first name on the page. */
  readonly first: (size: number) => number
  readonly peerRounds: number
}

function page(
  { path, ...said }: Pick<Question, 'id' | 'what' | 'of'> & { readonly path: string },
  { name, first, peerRounds }: Paged,
): Question {
  return {
    ...said,
    peerRounds,
    target: (size) => {
      const last = first(size) === 0 ? '' : `&last=${encodeURIComponent(name(first(size) - 1))}`
      return { method: 'GET', path: `${path}?n=${PAGE}${last}`, status: 200 }
    },
    names: (size) =>
      Array.from({ length: Math.min(PAGE, size - first(size)) }, (_, index) => name(first(size) + index)),
  }
}
