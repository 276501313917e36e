import { inLanes } from '../lib/lanes.ts'
import { copyImage, type CopiedImage, type ImageCopy } from '../registry/copy-image.ts'
import type { ImageSource } from '../registry/image-source.ts'
import type { CopyBar } from './copy-progress.ts'

/** One image to be copied, and how people call it. */
export interface ListedCopy {
  readonly label: string
  readonly copy: Pick<ImageCopy, 'from' | 'to'>
}

export interface CopyTotals {
  images: number
  /** Of these, those of which the target had everything. */
  present: number
  blobs: number
  bytes: number
  readonly failures: { readonly label: string; readonly reason: string }[]
}

export interface CopyAll {
  readonly shared: Omit<ImageCopy, 'from' | 'to'>
  /** Images at a time. */
  readonly lanes: number
  readonly bar: CopyBar
}

/** Copies them all; what fails is noted and the others go on, unless the signal is aborted. */
export async function copyAll(list: AsyncIterable<ListedCopy>, { shared, lanes, bar }: CopyAll): Promise<CopyTotals> {
  const totals: CopyTotals = { images: 0, present: 0, blobs: 0, bytes: 0, failures: [] }
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
      add(totals, await copyImage({ ...shared, ...copy, onProgress: bar.report }))
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
/** Where a registry without a referrers API keeps their lists: those come along with what they are about. */
const REFERRERS_TAG = /^sha256-[0-9a-f]{64}$/

/** All tags of a repository, as it lists them. */
export async function* tagsOf(source: ImageSource, name: string, signal?: AbortSignal): AsyncGenerator<string> {
  for (let after: string | undefined = ''; after !== undefined;) {
    const page: Awaited<ReturnType<ImageSource['tagPage']>> = await source.tagPage(name, { after, limit: PAGE }, signal)
    if (page === undefined) throw new Error(`${source.label} has no repository "${name}"`)
    for (const tag of page.tags) if (!REFERRERS_TAG.test(tag)) yield tag
    after = page.next
  }
}
