import { closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { randomId } from '../../lib/ids.ts'
import { appendToFile } from '../file-append.ts'
import { syncPath } from './sync-path.ts'

/** A folder that files are written to, each whole or not at all. */
export interface FolderWriter {
  has(name: string): boolean
  hasFolder(name: string): boolean
  /** Whether it holds nothing. */
  isEmpty(): Promise<boolean>
  write(name: string, bytes: AsyncIterable<Uint8Array>): Promise<void>
}

export function openFolderWriter(folder: string): FolderWriter {
  const root = resolve(folder)
  mkdirSync(root, { recursive: true })
  return {
    has: (name) => statSync(join(root, name), { throwIfNoEntry: false })?.isFile() === true,
    hasFolder: (name) => statSync(join(root, name), { throwIfNoEntry: false })?.isDirectory() === true,
    isEmpty: async () => (await readdir(root)).length === 0,
    write: (name, bytes) => writeWhole(join(root, name), bytes),
  }
}

async function writeWhole(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.${randomId()}.tmp`
  closeSync(openSync(temporary, 'wx', 0o644))
  try {
    await appendToFile(temporary, 0, bytes)
    await syncPath(temporary)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
