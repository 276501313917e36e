import { Lru } from '../../lib/lru.ts'
import type { Semaphore } from '../../lib/semaphore.ts'
import type { Content, StorageKey, StoredUpload, UploadArea } from '../blob-store.ts'
import { StorageUnavailable } from '../unavailable.ts'
import type { Bucket } from './bucket.ts'
import type { Names } from './names.ts'
import type { PartWriter } from './part-writer.ts'
import { openObject } from './read.ts'
import { listStoredUploads, removeOnTheWay } from './stored-uploads.ts'
import { cut, removeKnown, seal, storeRest, type UploadParts, writerFor } from './upload-bytes.ts'
import { emptyState, loadState, sizeOf, type UploadState } from './upload-state.ts'

/** Uploads that are remembered; of others S3 is asked. */
const MAX_REMEMBERED = 100_000
/** Bytes that are remembered although they are stored. */
const RETAINED_BYTES = 64 * 1024 * 1024
/** An object that was seen so long ago is looked for again before it becomes a blob. */
const TRUSTED_MS = 10 * 60 * 1000

/**
 * Bytes go once to their final key. A small upload is one object there, which a longer one replaces; a larger one is a
 * multipart upload. That an upload was started is known to this process only, until there are bytes.
 */
export class S3Uploads implements UploadArea {
  readonly #to: UploadParts
  readonly #states = new Lru<string, UploadState>(MAX_REMEMBERED)
  /** Uploads that ended here and of which nothing but the object is left. */
  readonly #clean = new Lru<string, true>(MAX_REMEMBERED)

  constructor(bucket: Bucket, names: Names, lanes: Semaphore) {
    this.#to = { bucket, names, lanes, retained: new Lru(RETAINED_BYTES) }
  }

  keyFor(id: string): StorageKey {
    return this.#to.names.storageKeyOf(id)
  }

  async start(id: string): Promise<void> {
    if (this.#states.get(id) !== undefined) throw new Error(`the upload ${id} has been started already`)
    this.#states.set(id, emptyState())
  }

  async size(id: string): Promise<number | undefined> {
    const state = await this.#find(id)
    return state && sizeOf(state)
  }

  /** The caller knows of the upload: with nothing stored it is one that was only started. */
  forget(id: string): void {
    this.#drop(id)
    this.#states.set(id, FORGOTTEN)
  }

  async append(id: string, offset: number, body: AsyncIterable<Uint8Array>, { last = false } = {}): Promise<number> {
    const state = await this.#known(id)
    if (sizeOf(state) !== offset) throw new Error(`the upload ${id} ends at ${sizeOf(state)}, not at ${offset}`)
    let writer: PartWriter | undefined
    try {
      for await (const piece of body) {
        if (piece.byteLength === 0) continue
        writer ??= await writerFor(this.#to, id, state)
        await writer.add(piece)
      }
      return writer === undefined ? offset : await this.#settle(id, state, { writer, last })
    } catch (error) {
      await this.#keepWhatCame(id, state, { writer, error })
      throw error
    }
  }

  async truncate(id: string, sizeBytes: number): Promise<void> {
    const state = await this.#known(id)
    if (sizeBytes < sizeOf(state)) await this.#orForget(id, () => cut(this.#to, id, state, sizeBytes))
  }

  async read(id: string): Promise<Content> {
    const state = await this.#known(id)
    return this.#orForget(id, async () => {
      await seal(this.#to, id, state)
      const bytes = state.tail?.bytes ?? this.#to.retained.get(id)
      if (bytes !== undefined || state.whole === undefined) return new Blob(bytes === undefined ? [] : [bytes])
      const opened = await openObject(this.#to.bucket, this.#to.names.final(id))
      if (opened === undefined) throw new StorageUnavailable(`the object of the upload ${id} is gone`)
      return opened.content
    })
  }

  async commit(id: string, key: StorageKey): Promise<void> {
    if (key !== this.keyFor(id)) throw new Error(`the upload ${id} belongs at ${this.keyFor(id)}, not at ${key}`)
    const state = await this.#known(id)
    await this.#orForget(id, () => this.#makeObject(id, state))
    if (state.tailKeys.size === 0) this.#clean.set(id, true)
    this.#drop(id)
  }

  async abort(id: string): Promise<void> {
    const state = this.#states.get(id)
    this.#drop(id)
    if (state !== undefined && state !== FORGOTTEN) return removeKnown(this.#to, id, state)
    const { bucket, names } = this.#to
    await removeOnTheWay(bucket, names, id)
    await bucket.delete(names.final(id))
  }

  async sweep(id: string): Promise<void> {
    this.#drop(id)
    if (this.#clean.get(id) === undefined) await removeOnTheWay(this.#to.bucket, this.#to.names, id)
  }

  list(): AsyncIterable<StoredUpload> {
    return listStoredUploads(this.#to.bucket, this.#to.names)
  }

  async #makeObject(id: string, state: UploadState): Promise<void> {
    const { bucket, names } = this.#to
    const key = names.final(id)
    if (state.multipart !== undefined) await seal(this.#to, id, state)
    else if (state.tail?.bytes !== undefined) await bucket.put(key, state.tail.bytes)
    else if (state.whole === undefined) await bucket.put(key, new Uint8Array(0))
    else if (performance.now() - state.whole.seenAt > TRUSTED_MS) {
      const found = await bucket.head(key)
      if (found?.sizeBytes !== state.whole.sizeBytes)
        throw new StorageUnavailable(`the object of the upload ${id} was changed`)
    }
  }

  #drop(id: string): void {
    this.#states.delete(id)
    this.#to.retained.delete(id)
  }

  async #find(id: string): Promise<UploadState | undefined> {
    const known = this.#states.get(id)
    if (known !== undefined && known !== FORGOTTEN) return known
    const stored = await loadState(this.#to.bucket, this.#to.names, id)
    const state = stored ?? (known === FORGOTTEN ? emptyState() : undefined)
    if (state !== undefined) this.#states.set(id, state)
    return state
  }

  async #known(id: string): Promise<UploadState> {
    const state = await this.#find(id)
    if (state === undefined) throw new Error(`there is no upload ${id}`)
    return state
  }

  /** After a failure nobody knows what S3 has of it: the next who wants to know asks S3. */
  async #orForget<T>(id: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      this.forget(id)
      throw error
    }
  }

  /** Stores what a writer holds back, unless the upload ends with it. */
  async #settle(
    id: string,
    state: UploadState,
    { writer, last }: { writer: PartWriter; last: boolean },
  ): Promise<number> {
    const { multipart, parts, rest } = await writer.finish()
    Object.assign(state, { multipart, parts, tail: { sizeBytes: rest.byteLength, bytes: rest } })
    if (!last) await storeRest(this.#to, id, state, rest)
    return sizeOf(state)
  }

  /** What came before a body broke off is kept. After a failure of S3 it is asked what it has. */
  async #keepWhatCame(id: string, state: UploadState, { writer, error }: Interruption): Promise<void> {
    try {
      if (error instanceof StorageUnavailable) throw error
      if (writer !== undefined) await this.#settle(id, state, { writer, last: false })
    } catch {
      await writer?.settle()
      this.forget(id)
    }
  }
}

/** Stands for an upload that is known to be there, whatever is stored of it. */
const FORGOTTEN: UploadState = emptyState()

interface Interruption {
  readonly writer: PartWriter | undefined
  readonly error: unknown
}
