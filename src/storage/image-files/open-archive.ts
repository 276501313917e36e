import { closeSync, lstatSync, openSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { appendToFile } from '../file-append.ts'
import { indexTar } from './archive-index.ts'
import { ImageFilesError, type ReadableFiles } from './readable-files.ts'

/** Whatever is small may grow; beyond that more than this many times its size is no image (decompression bombs). */
const ANY_BYTES = 8 * 1024 * 1024 * 1024
const MAX_RATIO = 100

/**
 * A tar, perhaps compressed, whose files are read where they lie: nothing of it is unpacked, so no name or link of it ever
 * reaches the disk. A compressed one is decompressed to a temporary file first. @throws ImageFilesError
 */
export async function openArchive(path: string): Promise<ReadableFiles> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new ImageFilesError(path, 'is not there')
  if (found.isDirectory()) throw new ImageFilesError(path, 'is a folder, not an archive')
  const plain = await decompressed(path)
  try {
    const file = Bun.file(plain.path)
    const entries = await indexTar(path, streamOf(file))
    return {
      path,
      find: async (name) => {
        const entry = entries.get(name)
        if (entry === undefined) return undefined
        const { offset: start, sizeBytes } = entry
        return { sizeBytes, stream: (offset = 0) => file.slice(start + offset, start + sizeBytes).stream() }
      },
      close: plain.remove,
    }
  } catch (error) {
    await plain.remove()
    throw error
  }
}

async function* streamOf(file: Blob): AsyncGenerator<Uint8Array> {
  yield* file.stream()
}

interface PlainTar {
  readonly path: string
  readonly remove: () => Promise<void>
}

async function decompressed(path: string): Promise<PlainTar> {
  const decompress = decompressorFor(path, await firstBytes(path))
  if (decompress === undefined) return { path, remove: async () => undefined }
  const folder = await mkdtemp(join(tmpdir(), 'berth-archive-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const plain = join(folder, 'archive.tar')
    const source = Readable.fromWeb(Bun.file(path).stream() as never)
    source.on('error', (error) => decompress.destroy(error))
    await writeLimited(path, plain, source.pipe(decompress))
    return { path: plain, remove }
  } catch (error) {
    await remove()
    if (error instanceof ImageFilesError || isFromDisk(error)) throw error
    throw new ImageFilesError(path, 'cannot be decompressed; it is damaged or incomplete', { cause: error })
  }
}

function isFromDisk(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

function decompressorFor(path: string, start: Uint8Array) {
  const begins = (...bytes: readonly number[]) => bytes.every((byte, index) => start[index] === byte)
  if (begins(0x1f, 0x8b)) return createGunzip()
  if (begins(0x28, 0xb5, 0x2f, 0xfd)) return createZstdDecompress()
  if (begins(0xfd, 0x37, 0x7a, 0x58, 0x5a) || begins(0x42, 0x5a, 0x68))
    throw new ImageFilesError(path, 'is compressed with xz or bzip2; decompress it first')
  return undefined
}

async function firstBytes(path: string): Promise<Uint8Array> {
  return new Uint8Array(await Bun.file(path).slice(0, 8).arrayBuffer())
}

async function writeLimited(path: string, target: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const maxBytes = Math.max(ANY_BYTES, MAX_RATIO * Bun.file(path).size)
  async function* limited(): AsyncGenerator<Uint8Array> {
    let written = 0
    for await (const piece of pieces) {
      written += piece.byteLength
      if (written > maxBytes)
        throw new ImageFilesError(
          path,
          `holds more than ${MAX_RATIO} times its own size; decompress it yourself if that is right`,
        )
      yield piece
    }
  }
  closeSync(openSync(target, 'wx', 0o600))
  await appendToFile(target, 0, limited())
}
