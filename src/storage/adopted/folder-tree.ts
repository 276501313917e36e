import { closeSync, type Dirent, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Tree, TreeEntry, TreeFile } from './tree.ts'

/** A tree in a folder. Like in our own, small steps are synchronous: a hop to the thread pool takes longer. */
export function openFolderTree(folder: string): Tree {
  const root = resolve(folder)
  return {
    label: root,
    stat: async (path) => {
      const found = orMissing(() => statSync(join(root, path), { throwIfNoEntry: false }))
      return found?.isFile() ? { sizeBytes: found.size } : undefined
    },
    read: async (path, maxBytes) => orMissing(() => readSmall(join(root, path), maxBytes)),
    entries: (path) => entriesOf(join(root, path)),
    open: async (path, range) => {
      const at = join(root, path)
      const found = orMissing(() => statSync(at, { throwIfNoEntry: false }))
      if (!found?.isFile()) return undefined
      const file = Bun.file(at)
      return { sizeBytes: found.size, content: range === undefined ? file : file.slice(range.start, range.end + 1) }
    },
    directUrl: async () => undefined,
  }
}

function readSmall(path: string, maxBytes: number): TreeFile | undefined {
  const fd = openSync(path, 'r')
  try {
    const found = fstatSync(fd)
    if (!found.isFile()) return undefined
    const bytes = new Uint8Array(Math.min(found.size, maxBytes))
    const length = readSync(fd, bytes, 0, bytes.byteLength, 0)
    return { bytes: bytes.subarray(0, length), modifiedAt: found.mtime }
  } finally {
    closeSync(fd)
  }
}

async function* entriesOf(folder: string): AsyncGenerator<TreeEntry> {
  const entries = orMissing(() => readdirSync(folder, { withFileTypes: true })) ?? []
  for (const entry of entries) yield { name: entry.name, isFolder: isFolder(entry, folder) }
}

function isFolder(entry: Dirent, folder: string): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory()
  return orMissing(() => statSync(join(folder, entry.name), { throwIfNoEntry: false }))?.isDirectory() ?? false
}

function orMissing<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
