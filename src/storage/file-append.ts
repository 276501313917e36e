import { closeSync, openSync, statfsSync, writev, writevSync } from 'node:fs'
import { promisify } from 'node:util'
import { failpoint } from '../lib/failpoint.ts'

const writevInThreadPool = promisify(writev)

/** Chunks come from the socket in pieces of about 64 KiB to 128 KiB; fewer, larger writes cost a third less CPU. */
const BATCH_BYTES = 1024 * 1024
/** Below this a write into the page cache is quicker than a hop to the thread pool. */
const SYNCHRONOUS_BYTES = 64 * 1024

/**
 * Writes a body into an existing file from `offset` on, and returns where it ends. One batch is being written while
 * the next is received. At most two batches are held, whatever the body's length.
 */
export async function appendToFile(path: string, offset: number, body: AsyncIterable<Uint8Array>): Promise<number> {
  const fd = openSync(path, 'r+')
  const writer = new BatchWriter(fd, offset, () => requireRoom(path))
  try {
    for await (const chunk of body) await writer.add(chunk)
    return await writer.finish()
  } catch (error) {
    await writer.finish().catch(() => undefined)
    throw error
  } finally {
    closeSync(fd)
  }
}

/**
 * Uploads leave the disk its last 64 MiB, or a fiftieth of a small one: with none left the database could not even
 * note that an upload was cancelled.
 */
const RESERVE_BYTES = 64 * 1024 * 1024
const RESERVE_SHARE = 50

function requireRoom(path: string): void {
  const { bavail, blocks, bsize } = statfsSync(path)
  if (bavail * bsize >= Math.min(RESERVE_BYTES, (blocks * bsize) / RESERVE_SHARE)) return
  throw Object.assign(new Error('ENOSPC: the rest of the disk is kept for the database'), { code: 'ENOSPC' })
}

class BatchWriter {
  readonly #fd: number
  readonly #requireRoom: () => void
  #position: number
  #batch: Uint8Array[] = []
  #batchBytes = 0
  #writing: Promise<void> = Promise.resolve()

  constructor(fd: number, position: number, requireRoom: () => void) {
    this.#requireRoom = requireRoom
    this.#fd = fd
    this.#position = position
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.#batch.push(chunk)
    this.#batchBytes += chunk.byteLength
    if (this.#batchBytes >= BATCH_BYTES) await this.#flush()
  }

  /** Waits for all that was added. What precedes a failed write is in the file, nothing after it is. */
  async finish(): Promise<number> {
    await this.#flush()
    await this.#writing
    return this.#position
  }

  async #flush(): Promise<void> {
    const batch = this.#batch
    this.#batch = []
    this.#batchBytes = 0
    await this.#writing
    this.#writing = this.#writeAll(batch)
    // The rejection is seen by whoever awaits #writing next; without this it would count as unhandled until then.
    this.#writing.catch(() => undefined)
  }

  async #writeAll(batch: Uint8Array[]): Promise<void> {
    if (batch.length > 0) this.#requireRoom()
    let rest = batch
    while (rest.length > 0) {
      failpoint('upload.write')
      const written = await writeSome(this.#fd, rest, this.#position)
      this.#position += written
      rest = dropBytes(rest, written)
    }
  }
}

async function writeSome(fd: number, buffers: Uint8Array[], position: number): Promise<number> {
  if (totalBytes(buffers) <= SYNCHRONOUS_BYTES) return writevSync(fd, buffers, position)
  const { bytesWritten } = await writevInThreadPool(fd, buffers, position)
  return bytesWritten
}

function totalBytes(buffers: Uint8Array[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0)
}

/** What is left of the buffers after a write of `count` bytes, which may have been short. */
function dropBytes(buffers: Uint8Array[], count: number): Uint8Array[] {
  let skip = count
  const rest: Uint8Array[] = []
  for (const buffer of buffers) {
    if (skip < buffer.byteLength) rest.push(buffer.subarray(skip))
    skip = Math.max(0, skip - buffer.byteLength)
  }
  return rest
}
