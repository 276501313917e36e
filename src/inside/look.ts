import { z } from 'zod'
import { findHeldImage, loadLayers } from '../inventory/load.ts'
import type { LayerFile } from '../inventory/layer-inventory.ts'
import { mergeFiles } from '../inventory/merge.ts'
import { followLinks } from '../inventory/package-databases.ts'
import { findImage } from '../inventory/store.ts'
import type { Executor } from '../metadata/db.ts'
import type { Digest } from '../oci/digest.ts'
import type { LookOrder } from './apart.ts'

export const entrySchema = z.strictObject({
  path: z.string(),
  name: z.string(),
  type: z.enum(['file', 'folder', 'link', 'other', 'removed', 'opaque']),
  sizeBytes: z.int(),
  mode: z.int().describe('Permission bits.'),
  link: z.string().optional().describe('Where a link leads, as it is written.'),
  layer: z.string().optional().describe('The layer that it is from; absent of a folder that none names.'),
})
type Entry = z.infer<typeof entrySchema>

export const lookedSchema = z.object({
  /** Undefined: nobody looked into the image yet, or not all of it is here. */
  isKnown: z.boolean(),
  state: z.string(),
  reasons: z.array(z.string()),
  /** What is at the path once its links are followed, with what its content is known by. */
  target: z.object({ entry: entrySchema, content: z.string() }).optional(),
  items: z.array(entrySchema),
  next: z.string().optional(),
})
export type Looked = z.infer<typeof lookedSchema>

type InsideFile = LayerFile & { readonly layer: Digest }
type Files = ReadonlyMap<string, InsideFile>

/** What is at a path of an image, and a page of what is below it. */
export async function look(executor: Executor, order: LookOrder): Promise<Looked> {
  const image = await findImage(executor, order.digest)
  if (image === undefined || (await findHeldImage(executor, order, order.digest)) === undefined)
    return { isKnown: false, state: 'waiting', reasons: [], items: [] }
  const { reasons, layers: digests } = image.facts
  const wanted = order.layer === undefined ? digests : digests.filter((digest) => digest === order.layer).slice(0, 1)
  const layers = (await loadLayers(executor, wanted)).map(({ digest, inventory }) => ({
    files: inventory.files.map((file): InsideFile => ({ ...file, layer: digest })),
  }))
  const files = order.layer === undefined ? mergeFiles(layers) : alone(layers.flatMap((layer) => layer.files))
  const path = order.q === undefined ? realPath(files, order.path) : ''
  const found = path === undefined ? undefined : files.get(path)
  return {
    ...{ isKnown: true, state: image.state, reasons: [...reasons] },
    ...(found && { target: { entry: entryOf(found), content: found.content } }),
    ...pageOf(path === undefined ? [] : listed(files, path, order.q), order),
  }
}

/** Whiteouts are shown as what they are, and take nothing away. */
function alone(files: readonly InsideFile[]): Files {
  return new Map(files.map((file) => [file.kind === 'opaque' ? `${file.path}/.wh..wh..opq` : file.path, file]))
}

function realPath(files: Files, path: string): string | undefined {
  const links = new Map<string, string>()
  for (const { path: at, kind, content } of files.values()) if (kind === 'link') links.set(at, content)
  return followLinks(path, links)
}

function listed(files: Files, folder: string, q: string | undefined): Entry[] {
  if (q !== undefined) {
    const wanted = q.toLowerCase()
    return [...files.values()].filter(({ path }) => path.toLowerCase().includes(wanted)).map(entryOf)
  }
  const start = folder === '' ? '' : `${folder}/`
  const entries = new Map<string, Entry>()
  for (const [path, file] of files) {
    if (!path.startsWith(start)) continue
    const name = path.slice(start.length).split('/', 1)[0] ?? ''
    const child = `${start}${name}`
    if (child === path) entries.set(child, entryOf(file))
    else if (!entries.has(child)) entries.set(child, { path: child, name, type: 'folder', sizeBytes: 0, mode: 0o755 })
  }
  return [...entries.values()]
}

function entryOf({ path, kind, sizeBytes, mode, content, layer }: InsideFile): Entry {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return { path, name, type: kind, sizeBytes, mode, ...(kind === 'link' && { link: content }), layer }
}

function pageOf(entries: Entry[], { after, limit }: LookOrder): Pick<Looked, 'items' | 'next'> {
  const rest = entries.filter(({ path }) => path > after).sort((a, b) => (a.path < b.path ? -1 : 1))
  const items = rest.slice(0, limit)
  const last = items.at(-1)
  return { items, ...(rest.length > limit && last !== undefined && { next: last.path }) }
}
