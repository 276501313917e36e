import {
  closeSync,
  type Dirent,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { unlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { coalesce } from '../lib/coalesce.ts'
import { failpoint } from '../lib/failpoint.ts'
import { randomId } from '../lib/ids.ts'
import type { ByteRange } from '../oci/range.ts'
import type {
  BlobStore,
  Content,
  OpenedObject,
  Room,
  StorageKey,
  StoredObject,
  StoredUpload,
  UploadArea,
} from './blob-store.ts'
import { appendToFile } from './file-append.ts'
import { openForReading } from './open-file.ts'

const syncFile = promisify(fsync)

/**
 * A store in a folder:
 * ```
 * blobs/<storage key>     sha256/ab/<hex>.<generation>
 * uploads/<upload id>     bytes on their way in
 * ```
 * Opens, renames and stats are made synchronously: on a local disk they take microseconds, a thread-pool hop takes
 * longer. Whatever may wait for the disk (fsync, data writes) goes to the thread pool.
 */
export function openFilesystemStore(folder: string): BlobStore {
  const root = resolve(folder)
  const blobsDir = join(root, 'blobs')
  const uploadsDir = join(root, 'uploads')
  const folders = new DurableFolders(root)
  folders.ensure(blobsDir)
  folders.ensure(uploadsDir)
  const pathOf = (key: StorageKey) => join(blobsDir, key)
  const uploads = openUploadArea(uploadsDir, pathOf, folders)

  return {
    stat: async (key) => {
      const found = statSync(pathOf(key), { throwIfNoEntry: false })
      return found === undefined ? undefined : { sizeBytes: found.size }
    },
    open: async (key, range) => openFile(pathOf(key), range),
    put: (key, content) => putFile(uploads, key, content),
    directUrl: async () => undefined,
    delete: (key) => removeFile(pathOf(key)),
    list: (folder = '') => listObjects(blobsDir, folder.replace(/\/$/, '')),
    probe: async () => {
      const probe = join(uploadsDir, '.probe')
      await writeFile(probe, 'probe', { flush: true })
      await removeFile(probe)
    },
    room: async () => roomOf(root),
    uploads,
  }
}

/** What is kept for the superuser counts neither as free nor as used. */
function roomOf(folder: string): Room {
  const { bavail, bfree, blocks, bsize } = statfsSync(folder)
  return { freeBytes: bavail * bsize, totalBytes: (blocks - bfree + bavail) * bsize }
}

function openUploadArea(dir: string, pathOf: (key: StorageKey) => string, folders: DurableFolders): FileUploads {
  const uploadPath = (id: string) => join(dir, id)
  return {
    keyFor: (_id, wanted) => wanted,
    start: async (id) => {
      failpoint('upload.start')
      closeSync(openSync(uploadPath(id), 'wx', 0o600))
    },
    size: async (id) => statSync(uploadPath(id), { throwIfNoEntry: false })?.size,
    copyIn: async (id, content) => {
      closeSync(openSync(uploadPath(id), 'wx', 0o600))
      if (content instanceof Blob) return Bun.write(Bun.file(uploadPath(id)), content)
      return appendToFile(uploadPath(id), 0, content.stream())
    },
    append: (id, offset, body) => appendToFile(uploadPath(id), offset, body),
    truncate: async (id, sizeBytes) => truncateSync(uploadPath(id), sizeBytes),
    read: async (id) => Bun.file(uploadPath(id)),
    follow: (id) => openForReading(uploadPath(id)),
    commit: async (id, key) => {
      const target = pathOf(key)
      failpoint('blob.before-rename')
      folders.ensure(dirname(target))
      renameSync(uploadPath(id), target)
      failpoint('blob.before-sync')
      // Both at once, because a journalling file system writes them in one go; nobody is told of the object before.
      await Promise.all([syncPath(target), folders.sync(dirname(target))])
      failpoint('blob.after-sync')
    },
    abort: (id) => removeUploadFile(uploadPath(id)),
    sweep: (id) => removeFile(uploadPath(id)),
    forget: () => undefined,
    list: () => listUploads(dir),
  }
}

interface FileUploads extends UploadArea {
  /** Makes an upload that holds all of that, without moving its bytes where the disk can share them. */
  copyIn(id: string, content: Content): Promise<number>
}

function openFile(path: string, range: ByteRange | undefined): OpenedObject | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return undefined
  const file = Bun.file(path)
  return { sizeBytes: found.size, content: range === undefined ? file : file.slice(range.start, range.end + 1) }
}

async function putFile(uploads: FileUploads, key: StorageKey, content: Content): Promise<number> {
  const id = randomId()
  try {
    const sizeBytes = await uploads.copyIn(id, content)
    await uploads.commit(id, key)
    return sizeBytes
  } catch (error) {
    await uploads.abort(id).catch(() => undefined)
    throw error
  }
}

/** Folders whose existence survives a power cut, and their fsync shared by those who ask at the same time. */
class DurableFolders {
  readonly #known = new Set<string>()
  readonly #syncs = new Map<string, () => Promise<void>>()
  /** Folders that were made and whose parent has not been synced yet. */
  readonly #unsynced = new Map<string, string>()

  constructor(root: string) {
    ensureFolder(root)
    this.#known.add(root)
  }

  ensure(dir: string): void {
    if (this.#known.has(dir)) return
    this.ensure(dirname(dir))
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    this.#unsynced.set(dir, dirname(dir))
    this.#known.add(dir)
  }

  /** Makes the entries of a folder durable, and the folder itself if it is new. */
  async sync(dir: string): Promise<void> {
    let sync = this.#syncs.get(dir)
    if (sync === undefined) {
      sync = coalesce(() => syncPath(dir))
      this.#syncs.set(dir, sync)
    }
    await sync()
    const parent = this.#unsynced.get(dir)
    if (parent === undefined) return
    await this.sync(parent)
    this.#unsynced.delete(dir)
  }
}

/** Makes a folder that survives a power cut, with every folder above it that was missing. */
export function ensureFolder(root: string): void {
  const firstMade = mkdirSync(root, { recursive: true, mode: 0o700 })
  if (firstMade === undefined) return
  for (let dir = root; dir.length >= firstMade.length; dir = dirname(dir)) syncFolderNow(dirname(dir))
}

function syncFolderNow(path: string): void {
  const fd = openSync(path, 'r')
  fsyncSync(fd)
  closeSync(fd)
}

async function syncPath(path: string): Promise<void> {
  const fd = openSync(path, 'r')
  try {
    await syncFile(fd)
  } finally {
    closeSync(fd)
  }
}

/** Freeing the blocks of a large file can take long; without any it is a matter of microseconds. */
async function removeUploadFile(path: string): Promise<void> {
  if (statSync(path, { throwIfNoEntry: false })?.size === 0) rmSync(path, { force: true })
  else await removeFile(path)
}

async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

async function* listObjects(blobsDir: string, prefix = ''): AsyncGenerator<StoredObject> {
  for (const entry of entriesOf(join(blobsDir, prefix))) {
    const key = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    if (entry.isDirectory()) yield* listObjects(blobsDir, key)
    else {
      const found = statSync(join(blobsDir, key), { throwIfNoEntry: false })
      if (found !== undefined) yield { key, sizeBytes: found.size, modifiedAt: placedAt(found) }
    }
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** A rename keeps the time of the last write, which may have been long before, and sets that of the last change. */
function placedAt({ mtimeMs, ctimeMs }: { readonly mtimeMs: number; readonly ctimeMs: number }): Date {
  return new Date(Math.max(mtimeMs, ctimeMs))
}

async function* listUploads(dir: string): AsyncGenerator<StoredUpload> {
  for (const id of readdirSync(dir)) {
    const found = statSync(join(dir, id), { throwIfNoEntry: false })
    if (found !== undefined && id !== '.probe') yield { id, sizeBytes: found.size, modifiedAt: found.mtime }
  }
}
