import { lstatSync, type Stats } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PlaceAway } from './place-away.ts'
import type { Tree, TreeEntry, TreeFile } from './tree.ts'

/**
 * A tree in a folder. What is asked while all of it is read goes to the thread pool: of a large tree little is in memory,
 * and disks are quick when they are asked for many things at once. A blob is opened at once, like one of ours. Symbolic links below the folder
 * are not followed: they lead in circles, or to files that are nobody's images.
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
      const found = await lstat(join(root, path)).catch(orMissing)
      return found?.isFile() ? { sizeBytes: found.size } : undefined
    },
    isDirect: async (from, path) => {
      const places = [join(root, from), join(root, from, path)]
      const [start, found] = await Promise.all(places.map((each) => realpath(each).catch(orMissing)))
      return start !== undefined && found === join(start, path)
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
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    return orMissing(error as NodeJS.ErrnoException)
  }
}

async function readSmall(path: string, maxBytes: number): Promise<TreeFile | undefined> {
  const found = await lstat(path)
  if (!found.isFile()) return undefined
  return { bytes: await Bun.file(path).slice(0, maxBytes).bytes(), modifiedAt: found.mtime }
}

async function* entriesOf(folder: string): AsyncGenerator<TreeEntry> {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(orMissing)) ?? []
  for (const entry of entries) yield { name: entry.name, isFolder: entry.isDirectory(), isLink: entry.isSymbolicLink() }
}

/**
 * A folder where a file should be, or the other way round, is as good as missing. @throws PlaceAway when nobody can say, as
 * of a file system whose server does not answer
 */
function orMissing(error: NodeJS.ErrnoException): undefined {
  if (!['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG'].includes(error.code ?? ''))
    throw new PlaceAway(`an adopted place cannot be read: ${error.message}`, { cause: error })
}
