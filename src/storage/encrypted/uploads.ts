import { Lru } from '../../lib/lru.ts'
import type { Content, StorageKey, StoredUpload, UploadArea } from '../blob-store.ts'
import { contentOf } from './content.ts'
import { unlessDamaged } from '../damaged-object.ts'
import { createHeader, openHeader } from './header.ts'
import type { Keyring } from './keyring.ts'
import { HEADER_BYTES, SEGMENT_BYTES, SUFFIX, sizeOfUpload, storedOffset, storedSizeOf } from './layout.ts'
import type { ObjectCipher } from './object-cipher.ts'
import { openSegments, SealedBytes, sealedSpan } from './open-stream.ts'
import { firstOf, nothing, once, restOf } from './pieces.ts'
import { sealStream } from './seal-stream.ts'
import { Tails } from './tails.ts'

/** Uploads whose keys are remembered between requests; of others the header is read again. */
const REMEMBERED_UPLOADS = 1000

/** What an upload holds. */
interface Held {
  readonly sizeBytes: number
  readonly storedBytes: number
  /** Without one nothing is held, and a new one begins it. */
  readonly hasHeader: boolean
  /** The sealed last segment, where only the copy is whole that was put aside. */
  readonly aside?: Uint8Array | undefined
}

const NO_BYTES = new Uint8Array(0)

type Aside = Pick<Held, 'sizeBytes' | 'aside'>

/** Where sealing goes on: at the beginning of a segment, which begins with `tail`. */
interface Seam {
  readonly cipher: ObjectCipher
  /** To be written first, where there is none. */
  readonly header: Uint8Array | undefined
  readonly index: number
  readonly tail: Uint8Array
  readonly storedBytes: number
}

/**
 * Uploads of which every byte on the disk is sealed. What goes on in the middle of a segment seals that segment anew,
 * with a nonce of its own; until that is written, what it was before lies aside.
 */
export class EncryptedUploads implements UploadArea {
  readonly #inner: UploadArea
  readonly #keyring: Keyring
  readonly #tails: Tails
  readonly #ciphers = new Lru<string, ObjectCipher>(REMEMBERED_UPLOADS)
  /** How many bytes were stored when the last segment was known to be whole. */
  readonly #sound = new Lru<string, number>(REMEMBERED_UPLOADS)

  constructor(inner: UploadArea, keyring: Keyring) {
    this.#inner = inner
    this.#keyring = keyring
    this.#tails = new Tails(inner)
  }

  /** Ends with the upload's id, to which the object is bound. */
  keyFor(id: string, wanted: StorageKey): StorageKey {
    return isNamedAfter(id, wanted) ? wanted : `${wanted}.${id}`
  }

  start(id: string): Promise<void> {
    return this.#inner.start(id + SUFFIX)
  }

  async size(id: string): Promise<number | undefined> {
    return (await this.#find(id))?.sizeBytes
  }

  async append(
    id: string,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    options?: { last?: boolean },
  ): Promise<number> {
    const held = await this.#requireWhole(id)
    if (offset > held.sizeBytes) throw new Error(`upload ${id} ends at ${held.sizeBytes}, before ${offset}`)
    const source = body[Symbol.asyncIterator]()
    const first = await firstOf(source)
    if (first === undefined) {
      if (offset < held.sizeBytes) await this.truncate(id, offset)
      return offset
    }
    try {
      const seam = await this.#cutTo(id, held, offset)
      return await this.#write(id, seam, restOf(first, source), options)
    } finally {
      await source.return?.()
    }
  }

  async truncate(id: string, sizeBytes: number): Promise<void> {
    const held = await this.#requireWhole(id)
    if (sizeBytes > held.sizeBytes) throw new Error(`upload ${id} ends at ${held.sizeBytes}, before ${sizeBytes}`)
    if (sizeBytes === held.sizeBytes) return
    const seam = await this.#cutTo(id, held, sizeBytes)
    if (seam.tail.byteLength > 0) await this.#write(id, seam, nothing())
  }

  async read(id: string): Promise<Content> {
    const held = await this.#requireWhole(id)
    const content = await this.#inner.read(id + SUFFIX)
    return contentOf(
      () => this.#open(id, content, held.sizeBytes),
      () => content.stream().cancel(),
    )
  }

  async commit(id: string, key: StorageKey): Promise<void> {
    if (!isNamedAfter(id, key)) throw new Error(`the key of upload ${id} must end with its id: ${key}`)
    const held = await this.#requireWhole(id)
    if (held.storedBytes !== storedSizeOf(held.sizeBytes))
      await this.#write(id, await this.#cutTo(id, held, held.sizeBytes), nothing(), { isEnd: true })
    await this.#tails.remove(id)
    await this.#inner.commit(id + SUFFIX, key + SUFFIX)
    this.#drop(id)
  }

  /** Also one that was begun before encryption was turned on. */
  async abort(id: string): Promise<void> {
    this.#drop(id)
    await this.#inner.abort(id + SUFFIX)
    await this.#tails.remove(id)
    await this.#inner.abort(id)
  }

  async sweep(id: string): Promise<void> {
    this.#drop(id)
    await this.#inner.sweep(id + SUFFIX)
    await this.#tails.sweep(id)
    await this.#inner.sweep(id)
  }

  forget(id: string): void {
    this.#drop(id)
    this.#inner.forget(id + SUFFIX)
    this.#tails.forget(id)
  }

  async *list(): AsyncGenerator<StoredUpload> {
    for await (const upload of this.#inner.list()) {
      const owner = Tails.ownerOf(upload.id)
      if (owner !== undefined) {
        // Its upload names it. A crash while that was removed may have left the tail alone, to be swept.
        if ((await this.#inner.size(owner + SUFFIX)) === undefined) yield { ...upload, id: owner, sizeBytes: 0 }
      } else if (upload.id.endsWith(SUFFIX)) {
        yield { ...upload, id: upload.id.slice(0, -SUFFIX.length), sizeBytes: sizeOfUpload(upload.sizeBytes) }
      } else yield upload
    }
  }

  #drop(id: string): void {
    this.#ciphers.delete(id)
    this.#sound.delete(id)
  }

  /** For the one who writes. What lies aside because it is needed is put back. @throws Error for an unknown upload */
  async #requireWhole(id: string): Promise<Held> {
    const held = await this.#find(id)
    if (held === undefined) throw new Error(`there is no upload ${id}`)
    const { sizeBytes, hasHeader, aside } = held
    if (aside === undefined) return held
    const offset = storedOffset(Math.floor((sizeBytes - 1) / SEGMENT_BYTES))
    await this.#inner.truncate(id + SUFFIX, offset)
    const storedBytes = await this.#inner.append(id + SUFFIX, offset, once(aside))
    this.#sound.set(id, storedBytes)
    return { storedBytes, sizeBytes, hasHeader }
  }

  /**
   * What was torn and lies nowhere else counts as never received: a header, or segments at the end, that cannot be opened.
   * Writes nothing, because others may ask while somebody writes.
   */
  async #find(id: string): Promise<Held | undefined> {
    const storedBytes = await this.#inner.size(id + SUFFIX)
    if (storedBytes === undefined) return undefined
    const sizeBytes = sizeOfUpload(storedBytes)
    if (storedBytes < HEADER_BYTES) return { storedBytes, sizeBytes, hasHeader: false }
    if (this.#sound.get(id) === storedBytes) return { storedBytes, sizeBytes, hasHeader: true }
    const cipher = await unlessDamaged(this.#cipherOf(id), nothingOf)
    if (cipher === undefined) return { storedBytes, sizeBytes: 0, hasHeader: false }
    const soundBytes = await this.#soundBytes(id, cipher, storedBytes)
    const kept = await this.#findAside(id, cipher, soundBytes)
    if (kept !== undefined) return { storedBytes, hasHeader: true, ...kept }
    if (soundBytes === sizeBytes) this.#sound.set(id, storedBytes)
    return { storedBytes, sizeBytes: soundBytes, hasHeader: true }
  }

  /** Where the last segment ends that can be opened: a power cut may leave several that never were whole. */
  async #soundBytes(id: string, cipher: ObjectCipher, storedBytes: number): Promise<number> {
    for (let index = Math.ceil(sizeOfUpload(storedBytes) / SEGMENT_BYTES) - 1; index >= 0; index--) {
      const last = await unlessDamaged(this.#openSegment(id, cipher, index, storedBytes), nothingOf)
      if (last !== undefined) return index * SEGMENT_BYTES + last.byteLength
    }
    return 0
  }

  /** What was put aside, if it holds more of the segment in which the sound bytes end than they do. */
  async #findAside(id: string, cipher: ObjectCipher, soundBytes: number): Promise<Aside | undefined> {
    const aside = await this.#tails.find(id)
    if (aside === undefined) return undefined
    const index = Math.floor(soundBytes / SEGMENT_BYTES)
    const plain = await unlessDamaged(openAsync(cipher, index, aside), nothingOf)
    const sizeBytes = index * SEGMENT_BYTES + (plain?.byteLength ?? 0)
    return sizeBytes > soundBytes ? { sizeBytes, aside } : undefined
  }

  async #openSegment(id: string, cipher: ObjectCipher, index: number, storedBytes: number): Promise<Uint8Array> {
    const end = Math.min(storedOffset(index + 1), storedBytes)
    return cipher.open(index, await this.#readStored(id, storedOffset(index), end))
  }

  async #cipherOf(id: string): Promise<ObjectCipher> {
    const known = this.#ciphers.get(id)
    if (known !== undefined) return known
    const header = await this.#readStored(id, 0, HEADER_BYTES)
    const cipher = await openHeader(header, { upload: id }, (keyId) => this.#keyring.find(keyId))
    this.#ciphers.set(id, cipher)
    return cipher
  }

  /**
   * Takes off everything from the segment on that holds `offset`, and returns what that segment held before it; that
   * lies aside until it is written again.
   */
  async #cutTo(id: string, held: Held, offset: number): Promise<Seam> {
    const index = Math.floor(offset / SEGMENT_BYTES)
    const { header, cipher } = held.hasHeader
      ? { header: undefined, cipher: await this.#cipherOf(id) }
      : createHeader(await this.#keyring.current(), 'upload', id)
    const keptBytes = offset % SEGMENT_BYTES
    const tail =
      keptBytes === 0 ? NO_BYTES : (await this.#openSegment(id, cipher, index, held.storedBytes)).subarray(0, keptBytes)
    const storedBytes = held.hasHeader ? storedOffset(index) : 0
    this.#sound.delete(id)
    // Before anything is taken off: what an earlier crash left aside must not come back afterwards.
    if (keptBytes === 0) await this.#tails.remove(id)
    else await this.#tails.put(id, cipher.seal(index, tail))
    if (held.storedBytes !== storedBytes) await this.#inner.truncate(id + SUFFIX, storedBytes)
    this.#ciphers.set(id, cipher)
    return { cipher, header, index, tail, storedBytes }
  }

  /** Returns the size of the content then. */
  async #write(
    id: string,
    { header, storedBytes, ...seam }: Seam,
    body: AsyncIterable<Uint8Array>,
    { isEnd = false, ...options }: { last?: boolean; isEnd?: boolean } = {},
  ): Promise<number> {
    async function* sealed(): AsyncGenerator<Uint8Array> {
      if (header !== undefined) yield header
      yield* sealStream({ ...seam, body, isEnd })
    }
    const stored = await this.#inner.append(id + SUFFIX, storedBytes, sealed(), options)
    if (seam.tail.byteLength > 0) await this.#tails.remove(id)
    this.#sound.set(id, stored)
    return sizeOfUpload(stored)
  }

  async *#open(id: string, content: Content, sizeBytes: number): AsyncGenerator<Uint8Array> {
    if (sizeBytes === 0) return content.stream().cancel()
    const source = new SealedBytes(content.stream(), id)
    try {
      const cipher = await this.#cipherOf(id)
      await source.take(HEADER_BYTES)
      const span = { start: 0, end: sizeBytes }
      const storedBytes = sizeBytes % SEGMENT_BYTES === 0 ? Number.POSITIVE_INFINITY : storedSizeOf(sizeBytes)
      yield* openSegments(source, cipher, span, sealedSpan(span, storedBytes))
    } finally {
      await source.close()
    }
  }

  /** Quick where the inner store gives a file; another one is read from its beginning. */
  async #readStored(id: string, start: number, end: number): Promise<Uint8Array> {
    const content = await this.#inner.read(id + SUFFIX)
    if (content instanceof Blob) return new Uint8Array(await content.slice(start, end).arrayBuffer())
    return new Uint8Array(await content.arrayBuffer()).subarray(start, end)
  }
}

function isNamedAfter(id: string, key: StorageKey): boolean {
  return key.endsWith(`.${id}`)
}

/** So that what it throws is a rejection. */
async function openAsync(cipher: ObjectCipher, index: number, sealed: Uint8Array): Promise<Uint8Array> {
  return cipher.open(index, sealed)
}

function nothingOf(): undefined {}
