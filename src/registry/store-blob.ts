import type { Actor } from '../lib/actor.ts'
import { algorithmOf, type Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { UploadIdentity } from '../metadata/uploads.ts'
import { finishUpload, uploadWhole } from './finish-upload.ts'
import { type OpenBlob, RemoteError } from './image-source.ts'
import type { Registry } from './registry.ts'
import { appendToUpload, cancelUpload, type Chunk, startUpload, uploadSize } from './upload-blob.ts'

/** A blob that comes from elsewhere. */
export interface IncomingBlob {
  readonly repository: RepositoryName
  readonly digest: Digest
  readonly sizeBytes: number
  readonly actor: Actor
  readonly open: OpenBlob
  readonly signal?: AbortSignal | undefined
}

/** Up to this size a broken connection costs less than a session. */
const WHOLE_BYTES = 4 * 1024 * 1024
/** In a row without a byte, and in all: a source that gives a few bytes each time is no source. */
const MAX_FRUITLESS = 3
const MAX_BREAKS = 20
const WAIT_MS = 500

/**
 * Stores a blob; where the source breaks off, goes on from there. Nothing is left of one that did not come to its end.
 * @throws RemoteError, OciError DIGEST_INVALID when it is another one, and what guards refuse
 */
export async function storeBlob(registry: Registry, blob: IncomingBlob): Promise<void> {
  const { repository, digest, actor, sizeBytes } = blob
  const finish = { digest, actor, stillAllowed: async () => blob.signal?.throwIfAborted() }
  const owner = { repository, principal: actor.id }
  if (sizeBytes <= WHOLE_BYTES) {
    await untilWhole(registry, blob, {
      send: async (chunk) => uploadWhole(registry, owner, finish, chunk),
      reached: async () => 0,
    })
    return
  }
  const upload = await startUpload(registry, { ...owner, algorithm: algorithmOf(digest) })
  try {
    await untilWhole(registry, blob, {
      send: async (chunk) => void (await appendToUpload(registry, upload, chunk)),
      reached: () => uploadSize(registry, upload),
    })
    await finishUpload(registry, upload, finish, { body: nothing(), declaredBytes: 0, range: undefined })
  } catch (error) {
    await abandon(registry, upload)
    throw error
  }
}

interface Attempt {
  readonly send: (chunk: Chunk) => Promise<void>
  /** How much is here after an attempt that broke off. */
  readonly reached: () => Promise<number>
}

async function untilWhole(
  registry: Registry,
  { open, sizeBytes, signal }: IncomingBlob,
  { send, reached }: Attempt,
): Promise<void> {
  let offset = 0
  let fruitless = 0
  for (let breaks = 0; ; breaks++) {
    signal?.throwIfAborted()
    if (offset > 0 && offset === sizeBytes) return
    try {
      const stream = await open(offset)
      return await send({
        body: wholeRest(stream, sizeBytes - offset),
        declaredBytes: sizeBytes - offset,
        range: undefined,
      })
    } catch (error) {
      const before = offset
      if (isBreak(error)) offset = await reached()
      fruitless = offset > before ? 0 : fruitless + 1
      if (!isBreak(error) || fruitless >= MAX_FRUITLESS || breaks >= MAX_BREAKS) throw error
      await registry.clock.sleep(WAIT_MS * fruitless, signal)
    }
  }
}

/** What it may be worth to ask again for. */
function isBreak(error: unknown): boolean {
  return error instanceof RemoteError && (error.kind === 'unreachable' || error.kind === 'timeout')
}

/** A stream that ends too early without saying so is broken, too. */
async function* wholeRest(stream: ReadableStream<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes
  for await (const piece of stream) {
    left -= piece.byteLength
    yield piece
  }
  if (left > 0) throw new RemoteError('unreachable', `the blob broke off ${left} bytes before its end`)
}

async function abandon(registry: Registry, upload: UploadIdentity): Promise<void> {
  // It is gone already when finishing it failed.
  await cancelUpload(registry, upload).catch(() => undefined)
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // A body without bytes.
}
