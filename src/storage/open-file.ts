import { closeSync, openSync, read } from 'node:fs'
import { promisify } from 'node:util'
import type { ByteReader } from './byte-reader.ts'

const readInThreadPool = promisify(read)

/** A file that stays readable when it is renamed, or removed. Undefined: there is none. */
export function openForReading(path: string): ByteReader | undefined {
  try {
    return readerOf(openSync(path, 'r'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export function readerOf(fd: number): ByteReader {
  return {
    read: async (start, length) => {
      const { bytesRead, buffer } = await readInThreadPool(fd, new Uint8Array(length), 0, length, start)
      return buffer.subarray(0, bytesRead)
    },
    close: () => closeSync(fd),
  }
}
