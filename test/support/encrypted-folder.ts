import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlobStore } from '../../src/storage/blob-store.ts'
import { createKeyFile } from '../../src/storage/encrypted/key-file.ts'
import { openEncryption } from '../../src/storage/encrypted/open.ts'
import type { EncryptionOptions } from '../../src/storage/encrypted/options.ts'
import { openFilesystemStore } from '../../src/storage/filesystem.ts'

/** A folder that is encrypted with a key of its own. */
export interface EncryptedFolder {
  /** Where the store lies; the key file is beside it. */
  readonly data: string
  readonly keyFile: string
  /** Remembers nothing of what others read or wrote. */
  open(options?: Partial<EncryptionOptions>): Promise<BlobStore>
  /** The same folder without encryption. */
  plain(): BlobStore
  close(): Promise<void>
}

export async function makeEncryptedFolder(): Promise<EncryptedFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-encrypted-'))
  const data = join(folder, 'data')
  const keyFile = join(folder, 'master.key')
  createKeyFile(keyFile)
  const plain = () => openFilesystemStore(data)
  return {
    data,
    keyFile,
    open: (options) => openEncryption(plain(), { keyFile, previousKeyFiles: [], requireEncrypted: false, ...options }),
    plain,
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** Files in which these bytes stand, or whose name says so. */
export async function filesWith(folder: string, bytes: Uint8Array): Promise<string[]> {
  const found: string[] = []
  for (const file of await filesBelow(folder)) if ((await readFile(file)).includes(bytes)) found.push(file)
  return found
}
