import { posix } from 'node:path'
import { extract, type Header } from 'tar-stream'
import { parseEntryName } from './entry-name.ts'
import { ImageFilesError } from './readable-files.ts'

/** Where the bytes of a file lie within a tar. */
export interface Entry {
  readonly offset: number
  readonly sizeBytes: number
}

/** More than a registry's worth of blobs. */
const MAX_ENTRIES = 200_000
const DIRECTORY = 'directory'
const FILES = ['file', 'contiguous-file']

/**
 * The files of a tar by name; nothing is unpacked. One pass, and a few hundred bytes of memory a file. @throws
 * ImageFilesError for anything that no image needs: links out of it, devices, names that lead elsewhere, the same name
 * twice, too many files, a broken end
 */
export async function indexTar(path: string, bytes: AsyncIterable<Uint8Array>): Promise<ReadonlyMap<string, Entry>> {
  const found = new FoundEntries(path)
  const parser = extract()
  const reading = (async () => {
    for await (const entry of parser) {
      found.add(entry.header)
      entry.resume()
    }
  })()
  const writing = (async () => {
    for await (const piece of bytes) {
      if (parser.destroyed) return
      if (!parser.write(piece)) await drained(parser)
    }
    parser.end(null)
  })()
  try {
    await Promise.all([reading, writing])
  } catch (error) {
    parser.destroy()
    throw error instanceof ImageFilesError ? error : new ImageFilesError(path, `is no sound tar: ${reasonOf(error)}`)
  }
  return found.finish()
}

/** Its end counts as drained: what broke it is thrown where it is read. */
function drained(parser: ReturnType<typeof extract>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      parser.off('drain', done)
      parser.off('close', done)
      resolve()
    }
    parser.on('drain', done)
    parser.on('close', done)
    if (parser.destroyed) done()
  })
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.toLowerCase() : 'it cannot be read'
}

class FoundEntries {
  readonly #path: string
  readonly #files = new Map<string, Entry>()
  readonly #links = new Map<string, string>()
  #count = 0

  constructor(path: string) {
    this.#path = path
  }

  add(header: Header & { readonly byteOffset?: number }): void {
    if (++this.#count > MAX_ENTRIES) throw this.#refuse(`has more than ${MAX_ENTRIES} entries`)
    const name = parseEntryName(header.name)
    if (name === undefined) throw this.#refuse(`has an entry whose name leads elsewhere: ${shown(header.name)}`)
    if (header.type === DIRECTORY || name === '') return
    if (this.#files.has(name) || this.#links.has(name)) throw this.#refuse(`has two entries named ${shown(name)}`)
    if (header.type === 'symlink') this.#links.set(name, header.linkname ?? '')
    else if (FILES.includes(header.type ?? '') && header.byteOffset !== undefined)
      this.#files.set(name, { offset: header.byteOffset, sizeBytes: header.size ?? 0 })
    else throw this.#refuse(`has an entry that is no file: ${shown(name)} is a ${header.type}`)
  }

  /**
   * Docker before 25 saved a layer that an image has twice as a link to the first, and skopeo saves every layer's old name
   * so. Such a link is nothing but another name of a layer here, and any other is refused.
   */
  finish(): ReadonlyMap<string, Entry> {
    const files = new Map(this.#files)
    for (const [name, target] of this.#links) {
      const file = target.startsWith('/') ? undefined : this.#files.get(posix.join(posix.dirname(name), target))
      if (file === undefined || posix.basename(name) !== 'layer.tar' || !target.endsWith('.tar'))
        throw this.#refuse(`has a link that no image has: ${shown(name)} → ${shown(target)}`)
      files.set(name, file)
    }
    return files
  }

  #refuse(problem: string): ImageFilesError {
    return new ImageFilesError(this.#path, problem)
  }
}

/** Names of an archive are whatever somebody wrote. */
function shown(name: string): string {
  return JSON.stringify(name.slice(0, 200))
}
