import { type Cipheriv, createCipheriv, randomBytes } from 'node:crypto'
import { mkdirSync, openSync, unlinkSync, write } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { randomId } from '../lib/ids.ts'
import type { ByteReader } from './byte-reader.ts'
import { readerOf } from './open-file.ts'

const writeInThreadPool = promisify(write)
const CIPHER = 'aes-256-ctr'
const CIPHER_BLOCK = 16

/** A file without a name: it is gone with the process, whatever happens. */
export interface Spool extends ByteReader {
  append(bytes: Uint8Array): Promise<void>
}

/**
 * For bytes that have to be read while a store takes them that cannot be read before it has them all. `encrypted`: with a
 * key that is never written down, where nothing may lie on a disk as it is.
 */
export function openSpool(folder: string, encrypted: boolean): Spool {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${randomId()}.spool`)
  const fd = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  const file = readerOf(fd)
  const key = encrypted ? randomBytes(32) : undefined
  let end = 0
  return {
    append: async (bytes) => {
      const stored = key === undefined ? bytes : cipherAt(key, end).update(bytes)
      let written = 0
      while (written < stored.byteLength) {
        const { bytesWritten } = await writeInThreadPool(
          fd,
          stored,
          written,
          stored.byteLength - written,
          end + written,
        )
        written += bytesWritten
      }
      end += bytes.byteLength
    },
    read: async (start, length) => {
      const stored = await file.read(start, length)
      return key === undefined ? stored : cipherAt(key, start).update(stored)
    },
    close: () => file.close(),
  }
}

/** Counter mode is the same in both directions, and begins anywhere. */
function cipherAt(key: Buffer, position: number): Cipheriv {
  const counter = Buffer.alloc(CIPHER_BLOCK)
  counter.writeBigUInt64BE(BigInt(Math.floor(position / CIPHER_BLOCK)), 8)
  const cipher = createCipheriv(CIPHER, key, counter)
  cipher.update(Buffer.alloc(position % CIPHER_BLOCK))
  return cipher
}
