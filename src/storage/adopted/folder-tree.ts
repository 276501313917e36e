import { type Dirent, type Stats, statSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PlaceAway } from './place-away.ts'
import type { Tree, TreeEntry, TreeFile } from './tree.ts'

/**
 * A tree in a folder. What is asked while all of it is read goes to the thread pool: of a large tree little is in memory,
 * and disks are quick when they are asked for many things at once. A blob is opened at once, like one of ours.
 */
export function openFolderTree(folder: string): Tree {
  const root = resolve(folder)
  return {
    label: root,
    requireThere: async () => {
      const found = await stat(root).catch(orMissing)
      if (!found?.isDirectory()) throw new PlaceAway(`${root} is no folder that is there at the moment`)
    },
    stat: async (path) => {
      const found = await stat(join(root, path)).catch(orMissing)
      return found?.isFile() ? { sizeBytes: found.size } : undefined
    },
    read: (path, maxBytes) => readSmall(join(root, path), maxBytes).catch(orMissing),
    entries: (path) => entriesOf(join(root, path)),
    open: async (path, range) => {
      const at = join(root, path)
      const found = statNow(at)
      if (!found?.isFile()) return undefined
      const file = Bun.file(at)
      return { sizeBytes: found.size, content: range === undefined ? file : file.slice(range.start, range.end + 1) }
    },
    directUrl: async () => undefined,
  }
}

function statNow(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    return orMissing(error as NodeJS.ErrnoException)
  }
}

async function readSmall(path: string, maxBytes: number): Promise<TreeFile> {
  const file = Bun.file(path)
  const bytes = await file.slice(0, maxBytes).bytes()
  return { bytes, modifiedAt: new Date(file.lastModified) }
}

async function* entriesOf(folder: string): AsyncGenerator<TreeEntry> {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(orMissing)) ?? []
  for (const entry of entries) yield { name: entry.name, isFolder: await isFolder(entry, folder) }
}

async function isFolder(entry: Dirent, folder: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory()
  return (await stat(join(folder, entry.name)).catch(orMissing))?.isDirectory() ?? false
}

/**
 * A folder where a file should be, or the other way round, is as good as missing. @throws PlaceAway when nobody can say, as
 * of a file system whose server does not answer
 */
function orMissing(error: NodeJS.ErrnoException): undefined {
  if (!['ENOENT', 'ENOTDIR', 'EISDIR'].includes(error.code ?? ''))
    throw new PlaceAway(`an adopted place cannot be read: ${error.message}`, { cause: error })
}
