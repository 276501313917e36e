/** What Linux takes. */
export const MAX_PATH_BYTES = 4096
const WHITEOUT = '.wh.'
const AUFS = '.wh..wh.'
const OPAQUE = '.wh..wh..opq'

/**
 * Without a leading slash, `.` and doubled slashes; the root folder is empty text. Undefined: it leads out of the root,
 * or no system could have it.
 */
export function normalPath(path: string): string | undefined {
  if (path.length > MAX_PATH_BYTES || path.includes('\0')) return undefined
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  return parts.includes('..') ? undefined : parts.join('/')
}

/** An entry's name as the image specification reads it: some names say that another is no more. */
export type NamedEntry = { readonly path: string; readonly as: 'itself' | 'removed' | 'opaque' } | 'ignored' | 'refused'

/** OCI image-spec, layer.md, "Whiteouts". */
export function namedEntry(name: string): NamedEntry {
  const path = normalPath(name)
  if (path === undefined) return 'refused'
  const slash = path.lastIndexOf('/')
  const base = path.slice(slash + 1)
  if (!base.startsWith(WHITEOUT)) return path === '' ? 'ignored' : { path, as: 'itself' }
  const folder = path.slice(0, Math.max(0, slash))
  if (base === OPAQUE) return { path: folder, as: 'opaque' }
  // Other notes of aufs to itself, which no runtime unpacks.
  if (base.startsWith(AUFS)) return 'ignored'
  const gone = base.slice(WHITEOUT.length)
  if (gone === '' || gone === '.' || gone === '..') return 'refused'
  return { path: folder === '' ? gone : `${folder}/${gone}`, as: 'removed' }
}
