import { inLanes } from '../lib/lanes.ts'
import { digestInTag } from '../oci/tag-about.ts'
import { BroughtImages } from '../registry/brought-images.ts'
import { copyImage, type CopiedImage, type ImageCopy } from '../registry/copy-image.ts'
import type { ImageSource } from '../registry/image-source.ts'
import type { CopyBar } from './copy-progress.ts'

/** One image to be copied, and how people call it. */
export interface ListedCopy {
  readonly label: string
  readonly copy: Pick<ImageCopy, 'from' | 'to' | 'sourceTags'>
}

/** What is to be said of an image, a repository or a file. */
export interface SaidOf {
  readonly label: string
  readonly reason: string
}

export interface CopyTotals {
  images: number
  /** Of these, those of which the target had everything. */
  present: number
  blobs: number
  bytes: number
  readonly failures: SaidOf[]
  /** What was not there to be copied, or cannot be: no failure. */
  readonly leftOut: SaidOf[]
}

export interface CopyAll {
  readonly shared: Omit<ImageCopy, 'from' | 'to' | 'brought'>
  /** Images at a time. */
  readonly lanes: number
  readonly bar: CopyBar
}

/** Copies them all; what fails is noted and the others go on, unless the signal is aborted. */
export async function copyAll(list: AsyncIterable<ListedCopy>, { shared, lanes, bar }: CopyAll): Promise<CopyTotals> {
  const totals: CopyTotals = { images: 0, present: 0, blobs: 0, bytes: 0, failures: [], leftOut: [] }
  const brought = new BroughtImages()
  let known = 0
  async function* counted() {
    for await (const each of list) {
      known++
      yield each
    }
  }
  await inLanes(counted(), lanes, async ({ label, copy }) => {
    bar.image(label, totals.images + totals.failures.length, known)
    try {
      add(totals, await copyImage({ ...shared, ...copy, brought, onProgress: bar.report }))
    } catch (error) {
      if (shared.signal?.aborted) throw error
      totals.failures.push({ label, reason: error instanceof Error ? error.message : String(error) })
    }
    bar.image(label, totals.images + totals.failures.length, known)
  })
  return totals
}

function add(totals: CopyTotals, { manifests, blobs, bytes }: CopiedImage): void {
  totals.images++
  if (manifests === 0 && blobs === 0) totals.present++
  totals.blobs += blobs
  totals.bytes += bytes
}

const PAGE = 1000
/** Tags of a repository that are read before the first one is copied. */
const MOST_KNOWN = 100_000
/** Where a registry without a referrers API keeps their lists: those come along with what they are about. */
const REFERRERS_TAG = /^sha256-[0-9a-f]{64}$/

export interface ListedTag {
  readonly tag: string
  /** Undefined where a repository has very many tags. */
  readonly sourceTags: ImageCopy['sourceTags']
}

/** The repository is not there, or has no tags: distribution says the same of both. */
export class NoTags extends Error {}

/** All tags of a repository, as it lists them. @throws NoTags */
export async function* tagsOf(source: ImageSource, name: string, signal?: AbortSignal): AsyncGenerator<ListedTag> {
  const pages = tagPages(source, name, signal)
  const first: string[] = []
  let isWhole = false
  while (!isWhole && first.length < MOST_KNOWN) {
    const page = await pages.next()
    isWhole = page.done === true
    for (const tag of page.value ?? []) first.push(tag)
  }
  if (first.length === 0) throw new NoTags(`${source.label} has no tags in "${name}"`)
  yield* listed(first, isWhole ? new Set(first.filter((tag) => digestInTag(tag) !== undefined)) : undefined)
  for await (const page of pages) yield* listed(page, undefined)
}

function* listed(tags: readonly string[], sourceTags: ListedTag['sourceTags']): Generator<ListedTag> {
  for (const tag of tags) if (!REFERRERS_TAG.test(tag)) yield { tag, sourceTags }
}

async function* tagPages(
  source: ImageSource,
  name: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly string[], undefined> {
  for (let after: string | undefined = ''; after !== undefined;) {
    const page: Awaited<ReturnType<ImageSource['tagPage']>> = await source.tagPage(name, { after, limit: PAGE }, signal)
    if (page === undefined) throw new NoTags(`${source.label} has no repository "${name}"`)
    yield page.tags
    after = page.next
  }
  return undefined
}
