import { createHash, randomBytes, randomFillSync } from 'node:crypto'
import { closeSync, ftruncateSync, openSync } from 'node:fs'
import { MANIFEST_TYPE, MIB } from './data-set.ts'

/** How many blobs, half of them garbage, in images of a hundred and as many repositories. */
export interface Plan {
  readonly blobs: number
}

/** Small ones have their bytes; an object is a file without any (a hole of its size), as nothing here reads it. */
export interface SeedBlob {
  readonly digest: string
  readonly size: number
  readonly content: Uint8Array | undefined
}

export interface SeedImage {
  readonly manifest: Uint8Array
  readonly digest: string
  readonly tag: string
}

/** Blobs that come and go together. Without an image they are garbage. */
export interface Group {
  readonly repository: string
  readonly blobs: readonly SeedBlob[]
  readonly image: SeedImage | undefined
}

const REPOSITORIES = 100
const BLOBS_OF_IMAGE = 100
const SMALL_BYTES = 300
const OBJECT_BYTES = MIB
/** One in so many is an object. */
const OBJECT_EVERY = 10

/** A number of blobs that is made of whole images, half of them garbage. */
export function wholeImages(blobs: number): number {
  const pair = 2 * BLOBS_OF_IMAGE
  return Math.max(1, Math.round(blobs / pair)) * pair
}

/** An image, garbage, an image, garbage, …: spread over the repositories. */
export function* groupsOf({ blobs: wanted }: Plan): Generator<Group> {
  for (let group = 0; group < wanted / BLOBS_OF_IMAGE; group++) {
    const place = group >> 1
    const repository = `bench/r${place % REPOSITORIES}`
    const blobs = Array.from({ length: BLOBS_OF_IMAGE }, (_, i) => (i % OBJECT_EVERY === 0 ? object() : small()))
    const image = group % 2 === 0 ? imageOf(blobs, `t${Math.floor(place / REPOSITORIES)}`) : undefined
    yield { repository, blobs, image }
  }
}

/** Bytes that nobody else has. */
export function small(): SeedBlob {
  const content = new Uint8Array(SMALL_BYTES)
  randomFillSync(content)
  return { digest: digestOf(content), size: content.length, content }
}

function object(): SeedBlob {
  return { digest: `sha256:${randomBytes(32).toString('hex')}`, size: OBJECT_BYTES, content: undefined }
}

/** The first blob is its config. */
export function imageOf(blobs: readonly SeedBlob[], tag: string): SeedImage {
  const [config, ...layers] = blobs.map(({ digest, size }) => ({ digest, size }))
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: layers.map((layer) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...layer })),
  })
  const manifest = new TextEncoder().encode(text)
  return { manifest, digest: digestOf(manifest), tag }
}

export function hexOf(digest: string): string {
  return digest.slice('sha256:'.length)
}

/** A file of that size that takes no room. */
export function writeHole(path: string, size: number): void {
  const file = openSync(path, 'wx')
  ftruncateSync(file, size)
  closeSync(file)
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
