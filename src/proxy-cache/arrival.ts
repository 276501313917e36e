import type { Actor } from '../lib/actor.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { ByteRange } from '../oci/range.ts'
import type { ArrivingBlob } from '../registry/content-source.ts'
import { uploadWhole } from '../registry/finish-upload.ts'
import { type FetchedBlob, RemoteError } from '../registry/image-source.ts'
import { findRepositoryBlob, openBlob } from '../registry/pull-blob.ts'
import type { Registry } from '../registry/registry.ts'
import type { ByteReader } from '../storage/byte-reader.ts'
import type { Spool } from '../storage/spool.ts'
import { GrowingBytes } from './growing-bytes.ts'
import { merged } from './merged.ts'

/** How often in a row a connection is made again that brings nothing more, and how long is waited before. */
const ATTEMPTS = 6
const FIRST_WAIT_MS = 250
/** So long nobody has to read any more before it is given up: clients that broke off come again. */
const ALONE_MS = 60_000

export interface ArrivalParts {
  readonly registry: Registry
  readonly openSpool: () => Spool
  readonly name: RepositoryName
  readonly digest: Digest
  readonly sizeBytes: number
  readonly actor: Actor
  /** The upstream, for people. */
  readonly label: string
  /** Its first answer, and how to ask it to go on from somewhere. */
  readonly first: FetchedBlob
  readonly reopen: (offset: number) => Promise<FetchedBlob | undefined>
  /** Of the upload that it becomes. */
  readonly uploadId: string
  /** Ends what was asked of the upstream. */
  readonly abandon: () => void
}

/** One blob on its way from an upstream into the store, passed on to everybody who waits for it. */
export class Arrival implements ArrivingBlob {
  readonly digest: Digest
  readonly sizeBytes: number
  /** Resolves when it is stored; rejects with why it is not. */
  readonly stored: Promise<void>
  readonly #parts: ArrivalParts
  readonly #growing: GrowingBytes
  #alone: ReturnType<typeof setTimeout> | undefined
  #isAbandoned = false

  constructor(parts: ArrivalParts) {
    this.#parts = parts
    this.digest = parts.digest
    this.sizeBytes = parts.sizeBytes
    this.#growing = new GrowingBytes(parts.sizeBytes, (readers) => this.#watchAudience(readers))
    this.stored = this.#store()
    this.stored.catch((error: unknown) => this.#growing.fail(error))
  }

  open(range: ByteRange | undefined): ReadableStream<Uint8Array> {
    if (this.#growing.isOver) return this.#openStored(range)
    return this.#growing.stream(range?.start ?? 0, range === undefined ? this.sizeBytes : range.end + 1)
  }

  /** Nothing of it is kept. */
  giveUp(): void {
    this.#isAbandoned = true
    this.#parts.abandon()
  }

  async #store(): Promise<void> {
    const { registry, name, digest, actor, sizeBytes } = this.#parts
    const upload = { id: this.#parts.uploadId, repository: name, principal: actor.id }
    // When this is asked, the bytes have the right digest.
    const stillAllowed = async () => this.#growing.finish()
    const body = this.#watched(upload.id)
    await uploadWhole(
      registry,
      upload,
      { digest, actor, stillAllowed },
      { body, declaredBytes: sizeBytes, range: undefined },
    )
  }

  async *#watched(uploadId: string): AsyncGenerator<Uint8Array> {
    const { registry, openSpool, sizeBytes, label } = this.#parts
    const followed = registry.blobs.uploads.follow?.(uploadId)
    const spool = followed === undefined ? openSpool() : undefined
    this.#growing.backedBy(followed ?? (spool as ByteReader))
    for await (const bytes of merged(this.#received())) {
      if (this.#growing.end + bytes.byteLength > sizeBytes)
        throw new RemoteError('invalid', `${label} sent more bytes than it said`)
      await spool?.append(bytes)
      this.#growing.add(bytes)
      yield bytes
    }
  }

  /** Who begins a fetch and leaves must not keep the line from others. */
  #watchAudience(readers: number): void {
    clearTimeout(this.#alone)
    if (readers > 0 || this.#growing.isOver) return
    this.#alone = setTimeout(() => this.giveUp(), ALONE_MS)
    this.#alone.unref()
  }

  /** The bytes from the upstream; where the connection breaks it is asked to go on. */
  async *#received(): AsyncGenerator<Uint8Array> {
    const { first, sizeBytes, label } = this.#parts
    let { body } = first
    let received = 0
    for (let attempt = 0; ;) {
      const before = received
      try {
        for await (const bytes of body) {
          received += bytes.byteLength
          yield bytes
        }
        if (received >= sizeBytes) return
        throw new RemoteError('invalid', `${label} sent ${received} bytes of a blob that has ${sizeBytes}`)
      } catch (error) {
        const again = await this.#again(received, received > before ? 0 : attempt, this.#brokenLine(error))
        attempt = again.attempt
        body = again.body
      }
    }
  }

  /** @throws what is no broken line */
  #brokenLine(error: unknown): RemoteError {
    if (this.#isAbandoned) throw new RemoteError('unreachable', 'nobody waits for it any more', { cause: error })
    if (error instanceof RemoteError) return error
    throw error
  }

  /** @throws RemoteError when it was tried often enough */
  async #again(
    received: number,
    tried: number,
    cause: RemoteError,
  ): Promise<{ readonly body: ReadableStream<Uint8Array>; readonly attempt: number }> {
    const { clock } = this.#parts.registry
    for (let attempt = tried; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await clock.sleep(FIRST_WAIT_MS * 2 ** attempt)
      try {
        const again = await this.#parts.reopen(received)
        if (again !== undefined) return { body: again.body, attempt: attempt + 1 }
      } catch (error) {
        if (!(error instanceof RemoteError) || this.#isAbandoned) throw error
      }
    }
    throw cause
  }

  #openStored(range: ByteRange | undefined): ReadableStream<Uint8Array> {
    const chunks = this.#storedBytes(range)
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { done, value } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: async () => void (await chunks.return(undefined)),
    })
  }

  async *#storedBytes(range: ByteRange | undefined): AsyncGenerator<Uint8Array> {
    await this.stored
    const { registry, name, digest } = this.#parts
    const content = await openBlob(registry, await findRepositoryBlob(registry, name, digest), range)
    if (content instanceof Uint8Array) yield content
    else yield* content.stream()
  }
}
