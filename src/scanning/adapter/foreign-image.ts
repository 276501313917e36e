import type { FetchedManifest, ImageSource } from '../../registry/image-source.ts'
import { RemoteError } from '../../registry/image-source.ts'
import type { LayerInventory } from '../../inventory/layer-inventory.ts'
import type { LayerReader } from '../../inventory/layer-reader.ts'
import { layersOf } from '../../inventory/held-layers.ts'
import { MAX_CONFIG_BYTES } from '../../inventory/image-config.ts'
import { createHasher } from '../../lib/hasher.ts'
import { Problem } from '../../lib/problem.ts'
import { algorithmOf, type Digest, isDigest } from '../../oci/digest.ts'
import { OciError } from '../../oci/errors.ts'
import { type Manifest, parseManifest } from '../../oci/manifest.ts'
import { isImage } from '../../oci/runnable.ts'
import type { ByteReader } from '../../storage/byte-reader.ts'
import type { Content } from '../../storage/blob-store.ts'
import type { Spool } from '../../storage/spool.ts'
import type { ReadImage } from '../image-contents.ts'

interface ForeignImageParts {
  readonly source: ImageSource
  readonly reader: LayerReader
  /** For a layer until it is known to be what its digest says: nothing is read of one that is not. */
  readonly openSpool: () => Spool
  /** Of all layers together, packed. */
  readonly maxBytes: number
}

const MAX_LAYERS = 1000
const CHUNK_BYTES = 256 * 1024

interface Which {
  readonly repository: string
  readonly digest: Digest
}

/** Reads an image where it is; nothing of it is stored here. @throws RemoteError, Problem */
export async function readForeignImage(
  parts: ForeignImageParts,
  which: Which,
  signal: AbortSignal,
): Promise<ReadImage> {
  const { source, maxBytes } = parts
  const fetched = await source.manifest(which.repository, which.digest, signal)
  if (fetched === undefined) throw new Problem('not-found', `${source.label} has no such image`)
  if (fetched.digest !== which.digest) throw new RemoteError('invalid', `${source.label} sent another manifest`)
  const manifest = parsed(fetched)
  if (!isImage(manifest)) throw new Problem('invalid', 'only images are scanned, and no other artifacts')
  const wanted = new Set<string>(layersOf(manifest))
  const sizes = new Map(manifest.blobs.map(({ digest, size }) => [digest, size]))
  const total = [...wanted].reduce((sum, digest) => sum + (sizes.get(digest) ?? 0), 0)
  if (wanted.size > MAX_LAYERS || total > maxBytes)
    throw new Problem('invalid', `the image is too large to be scanned: ${wanted.size} layers, ${total} bytes`)
  const config = await readConfig(parts, which, { manifest, signal })
  const known = new Map<Digest, LayerInventory>()
  for (const digest of layersOf(manifest))
    if (!known.has(digest))
      known.set(digest, await readLayer(parts, which, { digest, size: sizes.get(digest) ?? 0, signal }))
  const layers = layersOf(manifest).flatMap((digest) => {
    const inventory = known.get(digest)
    return inventory === undefined ? [] : [{ digest, inventory }]
  })
  return { manifest, layers, config }
}

function parsed({ content, mediaType }: FetchedManifest): Manifest {
  try {
    return parseManifest(content, mediaType)
  } catch (error) {
    if (error instanceof OciError) throw new Problem('invalid', `its manifest is none: ${error.message}`)
    throw error
  }
}

async function readConfig(
  parts: ForeignImageParts,
  which: Which,
  { manifest, signal }: { readonly manifest: Manifest; readonly signal: AbortSignal },
): Promise<Uint8Array | undefined> {
  const [config] = manifest.blobs
  if (config === undefined || !isDigest(config.digest) || config.size > MAX_CONFIG_BYTES) return undefined
  const pieces: Uint8Array[] = []
  for await (const piece of verified(parts.source, which, { digest: config.digest, size: config.size, signal }))
    pieces.push(piece)
  return Buffer.concat(pieces)
}

interface Blob {
  readonly digest: Digest
  readonly size: number
  readonly signal: AbortSignal
}

async function readLayer(parts: ForeignImageParts, which: Which, blob: Blob): Promise<LayerInventory> {
  const spool = parts.openSpool()
  try {
    for await (const piece of verified(parts.source, which, blob)) await spool.append(piece)
    return await parts.reader.read({ sizeBytes: blob.size, content: contentOf(spool, blob.size) }, blob.signal)
  } finally {
    spool.close()
  }
}

/** The bytes of a blob; whoever has taken the last one knows that they are the right ones. @throws RemoteError */
async function* verified(
  source: ImageSource,
  { repository }: Which,
  { digest, size, signal }: Blob,
): AsyncGenerator<Uint8Array> {
  const fetched = await source.blob(repository, digest, { sizeBytes: size, isPatient: true, signal })
  if (fetched === undefined) throw new RemoteError('invalid', `${source.label} does not have all of the image`)
  const hasher = createHasher(algorithmOf(digest))
  let received = 0
  // Leaving early cancels the body.
  for await (const piece of fetched.body) {
    received += piece.byteLength
    if (received > size) throw new RemoteError('invalid', `${source.label} sent more than the manifest says`)
    hasher.update(piece)
    yield piece
  }
  signal.throwIfAborted()
  if (received !== size || `${algorithmOf(digest)}:${hasher.hex()}` !== digest)
    throw new RemoteError('invalid', `${source.label} sent something else than ${digest}`)
}

function contentOf(bytes: ByteReader, size: number): Content {
  const stream = () => {
    let position = 0
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const piece = await bytes.read(position, Math.min(CHUNK_BYTES, size - position))
          position += piece.byteLength
          if (piece.byteLength > 0) controller.enqueue(piece)
          if (piece.byteLength === 0 || position >= size) controller.close()
        },
      },
      { highWaterMark: 0 },
    )
  }
  return { stream, arrayBuffer: () => new Response(stream()).arrayBuffer() }
}
