import { Lru } from '../../lib/lru.ts'
import type { ByteRange } from '../../oci/range.ts'
import type { BlobStore, Content, OpenedObject, StorageKey } from '../blob-store.ts'
import { contentOf } from './content.ts'
import { DamagedObjectError } from '../damaged-object.ts'
import { createHeader, openHeader } from './header.ts'
import type { Keyring } from './keyring.ts'
import { HEADER_BYTES, hasEnd, sizeOfObject, storedOffset, SUFFIX } from './layout.ts'
import type { ObjectCipher } from './object-cipher.ts'
import { openSegments, SealedBytes, sealedSpan, type Span } from './open-stream.ts'
import { sealStream } from './seal-stream.ts'

/** Objects whose keys are remembered, so that a range of one needs a single read; about 300 bytes each. */
const REMEMBERED_OBJECTS = 10_000

/** What is remembered of an object. It never changes under its key. */
interface Known {
  readonly cipher: ObjectCipher
  readonly storedBytes: number
}

/** Whole objects of an inner store that are sealed. */
export class EncryptedObjects {
  readonly #inner: BlobStore
  readonly #keyring: Keyring
  readonly #known = new Lru<StorageKey, Known>(REMEMBERED_OBJECTS)

  constructor(inner: BlobStore, keyring: Keyring) {
    this.#inner = inner
    this.#keyring = keyring
  }

  forget(key: StorageKey): void {
    this.#known.delete(key)
  }

  /** Returns the size of the content. */
  async put(key: StorageKey, content: Content): Promise<number> {
    const { header, cipher } = createHeader(await this.#keyring.current(), 'key', key)
    this.forget(key)
    async function* sealed(): AsyncGenerator<Uint8Array> {
      yield header
      yield* sealStream({ cipher, index: 0, tail: new Uint8Array(0), body: content.stream(), isEnd: true })
    }
    const drop = () => content.stream().cancel()
    return sizeOfObject(await this.#inner.put(key + SUFFIX, contentOf(sealed, drop)))
  }

  /** Undefined: there is no encrypted object of that name. */
  async open(key: StorageKey, range?: ByteRange): Promise<OpenedObject | undefined> {
    if (range === undefined) return this.#openWhole(key)
    const known = this.#known.get(key)
    const span = { start: range.start, end: range.end + 1 }
    return known === undefined ? this.#openUnknown(key, span) : this.#openKnown(key, span, known)
  }

  async #openWhole(key: StorageKey): Promise<OpenedObject | undefined> {
    const opened = await this.#inner.open(key + SUFFIX)
    if (opened === undefined) return undefined
    const { sizeBytes: storedBytes, content } = opened
    const span = { start: 0, end: sizeOfObject(storedBytes) }
    return opening(storedBytes, content, () =>
      this.#reading(key, content, async function* (source, learn) {
        const cipher = await learn(await source.take(HEADER_BYTES), storedBytes)
        yield* openSegments(source, cipher, span, { start: storedOffset(0), end: storedBytes })
      }),
    )
  }

  /** Its key is not remembered, so the header is read first. */
  async #openUnknown(key: StorageKey, span: Span): Promise<OpenedObject | undefined> {
    const head = await this.#inner.open(key + SUFFIX, { start: 0, end: HEADER_BYTES - 1 })
    if (head === undefined) return undefined
    const { sizeBytes: storedBytes, content } = head
    const open = () => this.#inner.open(key + SUFFIX, rangeOf(sealedSpan(span, storedBytes)))
    const pieces = async function* (this: EncryptedObjects): AsyncGenerator<Uint8Array> {
      const cipher = await this.#learn(key, new Uint8Array(await content.arrayBuffer()), storedBytes)
      const opened = await open()
      if (opened?.sizeBytes !== storedBytes) {
        await opened?.content.stream().cancel()
        throw new DamagedObjectError(key, 'it was removed or changed while it was read')
      }
      yield* this.#openSpan(key, opened.content, span, { cipher, storedBytes })
    }.bind(this)
    return opening(storedBytes, content, pieces)
  }

  async #openKnown(key: StorageKey, span: Span, known: Known): Promise<OpenedObject | undefined> {
    const opened = await this.#inner.open(key + SUFFIX, rangeOf(sealedSpan(span, known.storedBytes)))
    if (opened?.sizeBytes === known.storedBytes)
      return opening(known.storedBytes, opened.content, () => this.#openSpan(key, opened.content, span, known))
    this.forget(key)
    await opened?.content.stream().cancel()
    return opened && this.#openUnknown(key, span)
  }

  #openSpan(key: StorageKey, content: Content, span: Span, known: Known): AsyncGenerator<Uint8Array> {
    return this.#reading(key, content, (source) =>
      openSegments(source, known.cipher, span, sealedSpan(span, known.storedBytes)),
    )
  }

  async *#reading(key: StorageKey, content: Content, open: Reading): AsyncGenerator<Uint8Array> {
    const source = new SealedBytes(content.stream(), key)
    try {
      yield* open(source, (header, storedBytes) => this.#learn(key, header, storedBytes))
    } catch (error) {
      this.forget(key)
      throw error
    } finally {
      await source.close()
    }
  }

  /** @throws DamagedObjectError */
  async #learn(key: StorageKey, header: Uint8Array, storedBytes: number): Promise<ObjectCipher> {
    if (!hasEnd(storedBytes)) throw new DamagedObjectError(key, 'its end is missing')
    const names = { key, upload: key.slice(key.lastIndexOf('.') + 1) }
    const cipher = await openHeader(header, names, (id) => this.#keyring.find(id))
    this.#known.set(key, { cipher, storedBytes })
    return cipher
  }
}

type Reading = (
  source: SealedBytes,
  learn: (header: Uint8Array, storedBytes: number) => Promise<ObjectCipher>,
) => AsyncGenerator<Uint8Array>

function opening(storedBytes: number, content: Content, pieces: () => AsyncGenerator<Uint8Array>): OpenedObject {
  return { sizeBytes: sizeOfObject(storedBytes), content: contentOf(pieces, () => content.stream().cancel()) }
}

function rangeOf({ start, end }: Span): ByteRange {
  return { start, end: end - 1 }
}
