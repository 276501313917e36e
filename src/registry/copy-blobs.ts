import type { Descriptor } from '../oci/descriptor.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import { isNonDistributable } from '../oci/media-type.ts'
import type { CopyRun } from './copy-run.ts'
import type { FetchedBlob } from './image-source.ts'

/** Brings blobs to the target that it lacks, each digest once in a copy. */
export class BlobCopier {
  readonly #run: CopyRun
  readonly #done = new Set<Digest>()

  constructor(run: CopyRun) {
    this.#run = run
  }

  /** @throws RemoteError when the source lacks one */
  async bring(blobs: readonly Descriptor[]): Promise<void> {
    const wanted = new Map<Digest, Descriptor>()
    // What we cannot compute we cannot check either; whether it matters is the target's to say.
    for (const blob of blobs) if (isDigest(blob.digest) && !this.#done.has(blob.digest)) wanted.set(blob.digest, blob)
    await this.#run.each([...wanted], async ([digest, blob]) => {
      const how = await this.#bringOne(digest, blob)
      this.#done.add(digest)
      if (how !== undefined) this.#run.report({ type: 'blob', digest, sizeBytes: blob.size, how })
    })
  }

  /** Undefined: nobody has it, and nobody needs it. */
  async #bringOne(digest: Digest, blob: Descriptor): Promise<'copied' | 'mounted' | 'present' | undefined> {
    const { target, to, mountFrom, signal } = this.#run.route
    if (await target.hasBlob(to, digest, signal)) return 'present'
    for (const from of mountFrom) if (await target.mountBlob(to, digest, from, signal)) return 'mounted'
    if (isNonDistributable(blob.mediaType) && !(await this.#isAtSource(digest))) return undefined
    const open = async (offset: number) => {
      const body = await this.#fetch(digest, blob, offset)
      if (body === undefined) throw this.#run.invalid(`the blob ${digest} is not there`)
      return body
    }
    await target.putBlob(to, blob, open, signal)
    return 'copied'
  }

  async #isAtSource(digest: Digest): Promise<boolean> {
    const { source, from, signal } = this.#run.route
    const found = await source.blob(from, digest, { isPatient: true, signal })
    await found?.body.cancel()
    return found !== undefined
  }

  async #fetch(digest: Digest, blob: Descriptor, offset: number): Promise<ReadableStream<Uint8Array> | undefined> {
    const { source, from, signal } = this.#run.route
    const found = await source.blob(from, digest, { offset, sizeBytes: blob.size, isPatient: true, signal })
    if (found === undefined) return undefined
    if (found.sizeBytes !== undefined && found.sizeBytes !== blob.size) {
      await found.body.cancel()
      throw this.#run.invalid(`the blob ${digest} has ${found.sizeBytes} bytes; its manifest says ${blob.size}`)
    }
    return this.#watched(found, blob, offset)
  }

  /** Counts what comes, and takes no more than the manifest says there is. */
  #watched({ body }: FetchedBlob, { digest, size }: Descriptor, offset: number): ReadableStream<Uint8Array> {
    const reader = body.getReader()
    let end = offset
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { done, value } = await reader.read()
          if (done) return controller.close()
          end += value.byteLength
          this.#run.report({ type: 'bytes', bytes: value.byteLength })
          if (end <= size) return controller.enqueue(value)
          await reader.cancel()
          controller.error(
            this.#run.invalid(`the blob ${digest} has more than the ${size} bytes that its manifest says`),
          )
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    )
  }
}
