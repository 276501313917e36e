import { createWriteStream, lstatSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { finished } from 'node:stream/promises'
import { pack } from 'tar-stream'
import { randomId } from '../../lib/ids.ts'
import { Semaphore } from '../../lib/semaphore.ts'
import { ImageFilesError } from './readable-files.ts'
import { syncPath } from './sync-path.ts'

/** A tar that is being written. It gets its name when it is whole. */
export interface ArchiveWriter {
  /** One after the other, whoever calls. The bytes must be as many as said. */
  add(name: string, sizeBytes: number, bytes: AsyncIterable<Uint8Array>): Promise<void>
  finish(): Promise<void>
  /** Nothing of it is left. */
  abandon(): Promise<void>
}

/** @throws ImageFilesError when something of that name is there: it would be lost */
export function writeArchive(path: string): ArchiveWriter {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
    throw new ImageFilesError(path, 'is there already; remove it, or choose another name')
  const temporary = `${path}.${randomId()}.tmp`
  const file = createWriteStream(temporary, { flags: 'wx', mode: 0o644 })
  const tar = pack()
  const written = finished(tar.pipe(file))
  // Whoever waits for it hears of it.
  written.catch(() => undefined)
  const turns = new Semaphore(1)
  return {
    add: (name, sizeBytes, bytes) => turns.run(() => addEntry(tar, written, { name, sizeBytes, bytes })),
    finish: async () => {
      tar.finalize()
      await written
      await syncPath(temporary)
      await rename(temporary, path)
      await syncPath(dirname(path))
    },
    abandon: async () => {
      tar.destroy()
      file.destroy()
      await written.catch(() => undefined)
      await rm(temporary, { force: true })
    },
  }
}

interface NewEntry {
  readonly name: string
  readonly sizeBytes: number
  readonly bytes: AsyncIterable<Uint8Array>
}

async function addEntry(
  tar: ReturnType<typeof pack>,
  written: Promise<void>,
  { name, sizeBytes, bytes }: NewEntry,
): Promise<void> {
  const ended = Promise.withResolvers<void>()
  // The same image makes the same archive.
  const entry = tar.entry({ name, size: sizeBytes, mtime: new Date(0), mode: 0o644 }, (error) =>
    error === null || error === undefined ? ended.resolve() : ended.reject(error),
  )
  entry.on('error', ended.reject)
  const failed = Promise.race([written, ended.promise])
  // Whoever gives the bytes may fail first: then nobody waits for it.
  failed.catch(() => undefined)
  for await (const piece of bytes)
    if (!entry.write(piece))
      await Promise.race([new Promise<void>((resolve) => entry.once('drain', () => resolve())), failed])
  entry.end(null)
  await failed
}
