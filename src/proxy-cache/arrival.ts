import { randomId } from '../lib/ids.ts'
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

/** How often a connection that broke is made again, with some progress in between. */
const ATTEMPTS = 5

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
}

/** One blob on its way from an upstream into the store, passed on to everybody who waits for it. */
export class Arrival implements ArrivingBlob {
  readonly digest: Digest
  readonly sizeBytes: number
  /** Resolves when it is stored; rejects with why it is not. */
  readonly stored: Promise<void>
  readonly #parts: ArrivalParts
  readonly #growing: GrowingBytes

  constructor(parts: ArrivalParts) {
    this.#parts = parts
    this.digest = parts.digest
    this.sizeBytes = parts.sizeBytes
    this.#growing = new GrowingBytes(parts.sizeBytes)
    this.stored = this.#store()
    this.stored.catch((error: unknown) => this.#growing.fail(error))
  }

  open(range: ByteRange | undefined): ReadableStream<Uint8Array> {
    if (this.#growing.isOver) return this.#openStored(range)
    return this.#growing.stream(range?.start ?? 0, range === undefined ? this.sizeBytes : range.end + 1)
  }

  async #store(): Promise<void> {
    const { registry, name, digest, actor, sizeBytes } = this.#parts
    const upload = { id: randomId(), repository: name, principal: actor.id }
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

  /** The bytes from the upstream; where the connection breaks it is asked to go on. */
  async *#received(): AsyncGenerator<Uint8Array> {
    const { first, reopen, sizeBytes, label } = this.#parts
    let { body } = first
    let received = 0
    for (let attempt = 1; ; attempt++) {
      try {
        for await (const bytes of body) {
          received += bytes.byteLength
          yield bytes
        }
        if (received >= sizeBytes) return
        throw new RemoteError('invalid', `${label} sent ${received} bytes of a blob that has ${sizeBytes}`)
      } catch (error) {
        if (attempt >= ATTEMPTS || !(error instanceof RemoteError)) throw error
        const again = await reopen(received)
        if (again === undefined) throw error
        body = again.body
      }
    }
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
