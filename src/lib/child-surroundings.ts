import { fstatSync, openSync, closeSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { createReadStream } from 'node:fs'
import { constants, setPriority } from 'node:os'

const PIECE_BYTES = 256 * 1024

/** A file that is open to be handed to a child, which reads it by itself. */
export interface HandedFile extends Disposable {
  readonly fd: number
}

/** Undefined: it is no file of that size, and its bytes have to be pumped. */
export function openForChild(content: object, sizeBytes: number): HandedFile | undefined {
  if (!(content instanceof Blob) || content.size !== sizeBytes) return undefined
  const { name } = content as Partial<File>
  if (name === undefined) return undefined
  const fd = openIfThere(name)
  if (fd === undefined) return undefined
  const close = () => closeSync(fd)
  const found = fstatSync(fd)
  if (found.isFile() && found.size === sizeBytes) return { fd, [Symbol.dispose]: close }
  close()
  return undefined
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch {
    return undefined
  }
}

/** What comes in by standard input. */
export function standardInput(): AsyncIterable<Uint8Array> {
  return createReadStream('', { fd: 0, autoClose: false, highWaterMark: PIECE_BYTES })
}

/** The next piece of it, for who waits for nothing else meanwhile; undefined: it ended. */
export function nextStandardInput(): Uint8Array | undefined {
  const piece = new Uint8Array(PIECE_BYTES)
  for (;;) {
    try {
      const length = readSync(0, piece)
      return length === 0 ? undefined : piece.subarray(0, length)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      // It is a pipe in which nothing is yet.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

/** Memory that a process takes, as the kernel counts it; undefined: it is gone, or there is no /proc. */
export function residentBytes(pid: number | 'self'): number | undefined {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return kib === undefined ? undefined : Number(kib) * 1024
  } catch {
    return undefined
  }
}

/** Last in line for the processor. */
export function yieldProcessor(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW)
  } catch {
    // It has ended, or the system does not let us: it only takes a larger share then.
  }
}

/** First in line when the system has no memory left: this process, and nothing that serves. */
export function offerToDie(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    // Not on every system.
  }
}
