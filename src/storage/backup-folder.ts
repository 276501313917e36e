import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { BlobStore } from './blob-store.ts'
import { openFilesystemStore } from './filesystem.ts'

/**
 * A backup on disk:
 * ```
 * backup.json          says what the backup is; written last
 * berth-<id>.db        the database
 * blobs/<storage key>  the objects that it names
 * ```
 */
export interface BackupFolder {
  readonly path: string
  readonly objects: BlobStore
  /** Undefined: no backup has been finished here. */
  readAbout(): Promise<unknown>
  /** From now on the backup is this one, also after a power cut. */
  writeAbout(about: object): void
  databasePath(id: string): string
  openDatabase(id: string): Blob
  databaseBytes(id: string): number | undefined
  /** Databases of other backups, finished or not, go. */
  removeOtherDatabases(id: string): void
}

const ABOUT = 'backup.json'
const DATABASE = /^berth-[0-9a-f]+\.db/

export function openBackupFolder(folder: string): BackupFolder {
  const path = resolve(folder)
  const objects = openFilesystemStore(path)
  const databasePath = (id: string) => join(path, `berth-${id}.db`)
  return {
    path,
    objects,
    readAbout: async () => {
      const text = await readFile(join(path, ABOUT), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      return text === undefined ? undefined : JSON.parse(text)
    },
    writeAbout: (about) => writeDurably(path, ABOUT, `${JSON.stringify(about, undefined, 2)}\n`),
    databasePath,
    openDatabase: (id) => Bun.file(databasePath(id)),
    databaseBytes: (id) => statSync(databasePath(id), { throwIfNoEntry: false })?.size,
    removeOtherDatabases: (id) => {
      for (const name of readdirSync(path))
        if (DATABASE.test(name) && !name.startsWith(`berth-${id}.db`)) rmSync(join(path, name))
    },
  }
}

/** Copies a file to a place where none is, for its owner only. */
export async function copyFileTo(content: Blob, target: string): Promise<void> {
  closeSync(openSync(target, 'wx', 0o600))
  await Bun.write(Bun.file(target), content)
}

function writeDurably(folder: string, name: string, text: string): void {
  const target = join(folder, name)
  writeFileSync(`${target}.new`, text, { mode: 0o600, flush: true })
  renameSync(`${target}.new`, target)
  const fd = openSync(folder, 'r')
  fsyncSync(fd)
  closeSync(fd)
}
