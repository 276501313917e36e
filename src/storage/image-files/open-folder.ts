import { lstatSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ImageFilesError, type ReadableFiles } from './readable-files.ts'

/** Somebody else may have unpacked it from an archive: only regular files are read, and no link is followed. */
export function openFolder(folder: string): ReadableFiles {
  const root = resolve(folder)
  const found = statSync(root, { throwIfNoEntry: false })
  if (found === undefined) throw new ImageFilesError(folder, 'is not there')
  if (!found.isDirectory())
    throw new ImageFilesError(folder, 'is no folder; an archive is written oci-archive:FILE or docker-archive:FILE')
  return {
    path: folder,
    find: async (name) => {
      const path = plainPath(root, name)
      const found = path === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false })
      if (path === undefined || found?.isFile() !== true) return undefined
      return { sizeBytes: found.size, stream: (offset = 0) => Bun.file(path).slice(offset).stream() }
    },
    close: async () => undefined,
  }
}

/** Undefined where a folder on the way is a link. */
function plainPath(root: string, name: string): string | undefined {
  const parts = name.split('/')
  let path = root
  for (const part of parts.slice(0, -1)) {
    path = join(path, part)
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined
  }
  return join(path, parts.at(-1) ?? '')
}
