import { z } from 'zod'
import { followLinks } from '../inventory/package-databases.ts'
import type { LookOrder } from './apart.ts'
import type { InsideFiles, Tree } from './trees.ts'

export const entrySchema = z.strictObject({
  path: z.string(),
  name: z.string(),
  type: z.enum(['file', 'folder', 'link', 'other', 'removed', 'opaque']),
  sizeBytes: z.int(),
  mode: z.int().describe('Permission bits.'),
  uid: z.int().optional(),
  gid: z.int().optional(),
  modified: z.iso.datetime().optional().describe('RFC 3339, UTC.'),
  link: z.string().optional().describe('Where a link leads, as it is written.'),
  hash: z.string().optional().describe('Of a file’s content, the first 16 hex digits of its SHA-256.'),
  layer: z.string().optional().describe('The layer that it is from; absent of a folder that none names.'),
})
type Entry = z.infer<typeof entrySchema>

export const lookedSchema = z.object({
  state: z.enum(['complete', 'partial', 'failed']),
  reasons: z.array(z.string()),
  /** What is at the path once its links are followed, and where it stands in its layer. */
  target: z.object({ entry: entrySchema, offset: z.int().optional() }).optional(),
  items: z.array(entrySchema),
  next: z.string().optional(),
})
export type Looked = z.infer<typeof lookedSchema>

/** What is at a path of an image, and a page of what is below it. */
export function look({ state, reasons, files }: Tree, order: LookOrder): Looked {
  const path = order.q === undefined ? realPath(files, order.path) : ''
  return {
    ...{ state, reasons: [...reasons] },
    ...(path !== undefined && isThere(files, path) && { target: targetAt(files, path) }),
    ...pageOf(path === undefined || order.limit === 0 ? [] : listed(files, path, order.q), order),
  }
}

/** Of a tree that is remembered, made once. */
const linksOf = remembered((files) => {
  const links = new Map<string, string>()
  for (const { path, kind, content } of files.values()) if (kind === 'link') links.set(path, content)
  return links
})

function realPath(files: InsideFiles, path: string): string | undefined {
  return followLinks(path, linksOf(files))
}

/** Folders that no layer names are there, too. */
function isThere(files: InsideFiles, path: string): boolean {
  return path === '' || files.has(path) || foldersOf(files).has(path)
}

function targetAt(files: InsideFiles, path: string): Looked['target'] {
  return { entry: entryAt(files, path), offset: files.get(path)?.offset }
}

function listed(files: InsideFiles, folder: string, q: string | undefined): Entry[] {
  if (q === undefined) return (foldersOf(files).get(folder) ?? []).map((path) => entryAt(files, path))
  const wanted = q.toLowerCase()
  return [...files.keys()].filter((path) => path.toLowerCase().includes(wanted)).map((path) => entryAt(files, path))
}

/** What is in each folder; folders that no layer names are there too. */
const foldersOf = remembered((files) => {
  const folders = new Map<string, string[]>()
  const put = (path: string) => {
    const parent = parentOf(path)
    const known = folders.get(parent)
    if (known === undefined) folders.set(parent, [path])
    else known.push(path)
    // A folder that has something for the first time and has no entry is in one itself.
    return known === undefined && parent !== '' && !files.has(parent) ? parent : undefined
  }
  for (const path of files.keys()) for (let at: string | undefined = path; at !== undefined;) at = put(at)
  return folders
})

function remembered<T>(make: (files: InsideFiles) => T): (files: InsideFiles) => T {
  const known = new WeakMap<InsideFiles, T>()
  return (files) => {
    const found = known.get(files) ?? make(files)
    known.set(files, found)
    return found
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function entryAt(files: InsideFiles, path: string): Entry {
  const file = files.get(path)
  if (file === undefined) return { path, name: nameOf(path), type: 'folder', sizeBytes: 0, mode: 0o755 }
  const { kind, sizeBytes, mode, content, layer, uid, gid, modified } = file
  return {
    ...{ path, name: nameOf(path), type: kind, sizeBytes, mode, uid, gid, modified: dateOf(modified) },
    ...(kind === 'link' && { link: content }),
    ...(kind === 'file' && { hash: content }),
    layer,
  }
}

/** The end of year 9999: later ones are no dates for anybody. */
const LAST_SECOND = 253_402_300_799

function dateOf(seconds: number | undefined): string | undefined {
  return seconds === undefined || seconds > LAST_SECOND ? undefined : new Date(seconds * 1000).toISOString()
}

function pageOf(entries: Entry[], { after, limit }: LookOrder): Pick<Looked, 'items' | 'next'> {
  const rest = entries.filter(({ path }) => path > after).sort((a, b) => (a.path < b.path ? -1 : 1))
  const items = rest.slice(0, limit)
  const last = items.at(-1)
  return { items, ...(rest.length > limit && last !== undefined && { next: last.path }) }
}
