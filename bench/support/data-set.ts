import { createHash, randomFillSync } from 'node:crypto'
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { zipf } from './statistics.ts'

export const KIB = 1024
export const MIB = 1024 * KIB
export const GIB = 1024 * MIB

export const REPOSITORY = 'bench/app'
export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json'

/** A file of random bytes that every contestant serves. */
export interface BlobFile {
  readonly label: string
  readonly digest: string
  readonly size: number
  readonly path: string
  /** Its path at a registry and at nginx. */
  readonly registryPath: string
  readonly staticPath: string
}

export interface Image {
  readonly manifest: Uint8Array<ArrayBuffer>
  readonly manifestFile: BlobFile
  readonly config: BlobFile
  readonly layers: readonly BlobFile[]
}

export interface DataSet {
  readonly filesDir: string
  readonly big: readonly BlobFile[]
  readonly kibibyte: readonly BlobFile[]
  readonly sixtyFour: readonly BlobFile[]
  readonly image: Image
}

const LAYER_SIZES = [30 * MIB, 40 * MIB, 20 * MIB, 8 * MIB, MIB, 100 * KIB, 4 * KIB, KIB, 300]

/** Random bytes throughout: zeros would flatter whoever compresses or stores sparse files. */
export function makeDataSet(dir: string, quick: boolean): DataSet {
  const filesDir = join(dir, 'files')
  mkdirSync(filesDir, { recursive: true })
  const count = quick ? 1000 : 10_000
  const bigSizes = quick ? [MIB, 100 * MIB] : [MIB, 10 * MIB, 100 * MIB, GIB]
  const divisor = quick ? 4 : 1
  const image = makeImage(
    filesDir,
    LAYER_SIZES.map((size) => (size > KIB ? size / divisor : size)),
  )
  return {
    filesDir,
    image,
    big: bigSizes.map((size) => randomBlob(filesDir, size)),
    kibibyte: Array.from({ length: count }, () => randomBlob(filesDir, KIB)),
    sixtyFour: Array.from({ length: count }, () => randomBlob(filesDir, 64 * KIB)),
  }
}

/** An image of random layers of these sizes, as files. */
export function makeImage(filesDir: string, sizes: readonly number[]): Image {
  const layers = sizes.map((size) => randomBlob(filesDir, size))
  const config = writeBlob(filesDir, [new TextEncoder().encode(configFor(layers))], 'config')
  const manifest = new TextEncoder().encode(manifestFor(config, layers))
  return { manifest, manifestFile: writeBlob(filesDir, [manifest], 'manifest'), config, layers }
}

export function allBlobs(data: DataSet): BlobFile[] {
  return [...imageBlobs(data.image), ...data.big, ...data.kibibyte, ...data.sixtyFour]
}

export function imageBlobs(image: Image): BlobFile[] {
  return [image.config, ...image.layers]
}

/** A long sequence of draws from the blobs: alpha 0 is even (the worst case of a cache), 0.9 as in real registries. */
export function draws(blobs: readonly BlobFile[], alpha: number): BlobFile[] {
  const next = zipf(blobs.length, alpha, Math.random)
  return Array.from({ length: 20_000 }, () => blobs[next()]).filter((blob) => blob !== undefined)
}

export function sizeLabel(bytes: number): string {
  if (bytes >= GIB) return `${bytes / GIB} GiB`
  if (bytes >= MIB) return `${bytes / MIB} MiB`
  return bytes >= KIB ? `${bytes / KIB} KiB` : `${bytes} B`
}

function randomBlob(dir: string, size: number): BlobFile {
  return writeBlob(dir, randomPieces(size), sizeLabel(size))
}

function* randomPieces(size: number): Generator<Uint8Array> {
  const piece = new Uint8Array(Math.min(size, 16 * MIB))
  for (let left = size; left > 0; left -= piece.length) {
    randomFillSync(piece)
    yield left < piece.length ? piece.subarray(0, left) : piece
  }
}

let written = 0

/** A file of a name of its own in a folder. */
export function writeBlob(dir: string, pieces: Iterable<Uint8Array>, label: string): BlobFile {
  const name = `f${written++}`
  const path = join(dir, name)
  const file = openSync(path, 'w')
  const hash = createHash('sha256')
  let size = 0
  for (const piece of pieces) {
    hash.update(piece)
    writeSync(file, piece)
    size += piece.length
  }
  closeSync(file)
  const digest = `sha256:${hash.digest('hex')}`
  return { label, digest, size, path, registryPath: `/v2/${REPOSITORY}/blobs/${digest}`, staticPath: `/${name}` }
}

function configFor(layers: readonly BlobFile[]): string {
  return JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['/bin/sh'] },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
    history: layers.map((_, step) => ({ created_by: `step ${step}` })),
  })
}

export function manifestFor(config: BlobFile, layers: readonly BlobFile[]): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config.digest, size: config.size },
    layers: layers.map((layer) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest: layer.digest,
      size: layer.size,
    })),
  })
}
