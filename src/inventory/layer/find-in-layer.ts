import { z } from 'zod'
import { ByteSource } from './byte-source.ts'
import { readContent } from './entry-content.ts'
import { namedEntry, normalPath } from './entry-path.ts'
import type { Meter } from './meter.ts'
import { readingOrder } from './reading-order.ts'
import { StoppedError } from './stopped.ts'
import { type TarEntry, TarReader } from './tar-reader.ts'
import { unpack } from './unpack.ts'

/** Which file of a layer: of several entries of one path the one with this content, as its inventory names it. */
export const fileOrder = readingOrder.extend({
  path: z.string(),
  content: z.string(),
  /** Where its entry begins, after unpacking: what is before it is passed by. */
  offset: z.int().nonnegative().optional(),
})
export type FileOrder = z.infer<typeof fileOrder>

export const foundFile = z.object({
  /** `link`: the path is another name for the file at `target`. */
  found: z.enum(['file', 'link', 'tooLarge', 'nothing']),
  target: z.string().optional(),
  reason: z.string().optional(),
})
export type FoundFile = z.infer<typeof foundFile> & { readonly bytes?: Uint8Array }

type Wanted = Pick<FileOrder, 'path' | 'content' | 'offset'>

/** Reads until the file has come. Never throws for what the layer holds. */
export async function findInLayer(packed: AsyncIterable<Uint8Array>, meter: Meter, wanted: Wanted): Promise<FoundFile> {
  try {
    const { pieces } = await unpack(packed, meter)
    const source = new ByteSource(pieces)
    await passBy(source, wanted.offset ?? 0)
    return await search(source, meter, wanted)
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error
    return { found: 'nothing', reason: error.message }
  }
}

async function passBy(source: ByteSource, bytes: number): Promise<void> {
  while (source.taken < bytes)
    if (source.takeHere(bytes - source.taken) === undefined && !(await source.wait()))
      throw new StoppedError('it ends before the file')
}

async function search(source: ByteSource, meter: Meter, { path, content }: Wanted): Promise<FoundFile> {
  const tar = new TarReader(source, meter)
  let target: string | undefined
  for (;;) {
    const entry = await tar.next()
    if (typeof entry !== 'object') break
    const isIt = isAt(entry, path)
    const wanted = isIt && entry.type === '0' ? 'keep' : 'no'
    const { hash, bytes } = await readContent(entry, { source, meter, wanted, ask: () => false })
    if (isIt && entry.type === '1') target = normalPath(entry.link)
    if (wanted === 'keep' && hash === content) return kept(bytes)
  }
  return target === undefined ? { found: 'nothing' } : { found: 'link', target }
}

function isAt(entry: TarEntry, path: string): boolean {
  const named = namedEntry(entry.path)
  return typeof named === 'object' && named.as === 'itself' && named.path === path
}

function kept(bytes: Uint8Array | undefined): FoundFile {
  return bytes === undefined ? { found: 'tooLarge' } : { found: 'file', bytes }
}
