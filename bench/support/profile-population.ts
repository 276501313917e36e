import { createCipheriv } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import type { ProfileImage } from '../load/profile/images.ts'
import { seededRandom, shuffled } from '../load/profile/random.ts'
import { layerBytes, layerCount } from '../load/profile/sizes.ts'
import { type BlobFile, INDEX_TYPE, KIB, MANIFEST_TYPE, MIB, manifestFor, writeBlob } from './data-set.ts'
import type { Document } from './seed.ts'

export const PROFILE_SEED = 20_261_122
const REPOSITORIES = 20
/** Each has all layers of the one before but the last two. */
const VERSIONS = 5
const NEW_LAYERS = 2
const PLATFORMS = ['amd64', 'arm64', 'riscv64'] as const
const LEAST_CONFIG_BYTES = KIB
const MOST_CONFIG_BYTES = 12 * KIB
const PIECE = 4 * MIB

/** What every contestant is filled with. */
export interface Population {
  /** The most popular first. */
  readonly images: readonly ProfileImage[]
  readonly blobs: ReadonlyMap<string, readonly BlobFile[]>
  /** In the order in which they can be pushed: what an index names comes before it. */
  readonly manifests: readonly Document[]
  readonly indexes: readonly Document[]
  readonly bytes: number
}

/** The same images to the byte in every run. Their layers have the sizes of the distribution exactly, in random order. */
export function makePopulation(filesDir: string): Population {
  mkdirSync(filesDir, { recursive: true })
  const random = seededRandom(PROFILE_SEED)
  const counts = shuffled(evenShares(REPOSITORIES).map(layerCount), random)
  const total = counts.reduce((sum, count) => sum + count + NEW_LAYERS * (VERSIONS - 1), 0)
  const sizes = shuffled(evenShares(total).map(layerBytes), random)
  const maker = new Maker(filesDir, sizes, random)
  for (const [number, count] of counts.entries()) maker.repository(`profile/r${number}`, count)
  return { ...maker.made, images: shuffled(maker.made.images, random) }
}

function evenShares(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i + 0.5) / count)
}

class Maker {
  readonly made = {
    images: [] as ProfileImage[],
    blobs: new Map<string, BlobFile[]>(),
    manifests: [] as Document[],
    indexes: [] as Document[],
    bytes: 0,
  }
  readonly #filesDir: string
  /** Of the layers still to be made. */
  readonly #sizes: number[]
  readonly #random: () => number
  readonly #stream = createCipheriv('aes-128-ctr', Buffer.alloc(16, PROFILE_SEED % 251), Buffer.alloc(16))

  constructor(filesDir: string, sizes: number[], random: () => number) {
    this.#filesDir = filesDir
    this.#sizes = sizes
    this.#random = random
  }

  repository(name: string, layerCount: number): void {
    this.made.blobs.set(name, [])
    let layers = Array.from({ length: layerCount }, () => this.#layer(name))
    for (let version = 1; version <= VERSIONS; version++) {
      this.#image(name, `v${version}`, layers)
      if (version === VERSIONS) return
      layers = [...layers.slice(0, -NEW_LAYERS), ...Array.from({ length: NEW_LAYERS }, () => this.#layer(name))]
    }
  }

  #image(repository: string, tag: string, layers: readonly BlobFile[]): void {
    const configs = PLATFORMS.map(() => this.#config(repository))
    const manifests = configs.map((config) => documentOf(repository, MANIFEST_TYPE, manifestFor(config, layers)))
    const index = documentOf(repository, INDEX_TYPE, indexFor(manifests))
    this.made.manifests.push(...manifests)
    this.made.indexes.push({ ...index, reference: tag })
    const [config] = configs
    const [manifest] = manifests
    if (config === undefined || manifest === undefined) throw new Error('an image without a platform')
    this.made.images.push({
      ...{ repository, tag, index: descriptorOf(index), manifest: descriptorOf(manifest) },
      config: { digest: config.digest, size: config.size },
      layers: layers.map(({ digest, size }) => ({ digest, size })),
    })
  }

  #layer(repository: string): BlobFile {
    return this.#write(repository, this.#pieces(this.#sizes.pop() ?? 0), 'layer')
  }

  #config(repository: string): BlobFile {
    const size = LEAST_CONFIG_BYTES + Math.floor(this.#random() * (MOST_CONFIG_BYTES - LEAST_CONFIG_BYTES))
    const bytes = this.#stream.update(Buffer.alloc(size >> 1)).toString('hex')
    const text = JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Labels: { bytes } } })
    return this.#write(repository, [new TextEncoder().encode(text)], 'config')
  }

  #write(repository: string, pieces: Iterable<Uint8Array>, label: string): BlobFile {
    const blob = writeBlob(this.#filesDir, pieces, label)
    this.made.blobs.get(repository)?.push(blob)
    this.made.bytes += blob.size
    return blob
  }

  *#pieces(size: number): Generator<Uint8Array> {
    for (let left = size; left > 0; left -= PIECE) yield this.#stream.update(Buffer.alloc(Math.min(left, PIECE)))
  }
}

/** By its digest. */
function documentOf(repository: string, type: string, text: string): Document {
  const bytes = new TextEncoder().encode(text)
  const reference = `sha256:${new Bun.CryptoHasher('sha256').update(bytes).digest('hex')}`
  return { repository, reference, type, bytes }
}

function descriptorOf({ reference, bytes }: Document): { digest: string; size: number } {
  return { digest: reference, size: bytes.length }
}

function indexFor(manifests: readonly Document[]): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: INDEX_TYPE,
    manifests: manifests.map(({ type, reference, bytes }, platform) => ({
      ...{ mediaType: type, digest: reference, size: bytes.length },
      platform: { architecture: PLATFORMS[platform], os: 'linux' },
      annotations: {
        'org.opencontainers.image.source': 'https://git.example.com/profile/images.git#main:linux',
        'org.opencontainers.image.revision': reference.slice('sha256:'.length),
        'org.opencontainers.image.base.name': 'registry.example.com/base/linux:12-slim',
      },
    })),
  })
}
