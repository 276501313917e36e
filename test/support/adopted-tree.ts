import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface TreeSize {
  readonly repositories: number
  readonly tags: number
  /** Distinct manifests of each repository; its tags name them in turn. */
  readonly manifests: number
}

const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
/** Layers that repositories share, as base images are. */
const BASES = 50

interface Blob {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** The name of a repository in the tree, from 0. */
export function repositoryAt(index: number): string {
  return `team-${index % 100}/app-${index}`
}

/**
 * Lays the tree of distribution: each image has a config of its own, a layer of its own and three layers of a base. Small
 * bytes: nobody who lists it reads them.
 */
export function layTree(root: string, { repositories, tags, manifests }: TreeSize): void {
  const base = join(root, 'docker/registry/v2')
  const lay = new Layer(base)
  const bases = Array.from({ length: BASES }, (_, index) =>
    Array.from({ length: 3 }, (__, layer) => lay.blob(LAYER, `base ${index} layer ${layer}`)),
  )
  for (let index = 0; index < repositories; index++) {
    const repository = join(base, 'repositories', repositoryAt(index))
    const shared = bases[index % BASES] ?? []
    for (const { digest } of shared) lay.link(join(repository, '_layers'), digest)
    const digests: string[] = []
    for (let image = 0; image < manifests; image++) {
      const config = lay.blob(
        CONFIG,
        JSON.stringify({ architecture: 'amd64', os: 'linux', image: `${index}/${image}` }),
      )
      const own = lay.blob(LAYER, `layer ${index}/${image}`)
      lay.link(join(repository, '_layers'), config.digest)
      lay.link(join(repository, '_layers'), own.digest)
      const manifest = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [...shared, own] }
      const { digest } = lay.blob(MANIFEST, JSON.stringify(manifest))
      lay.link(join(repository, '_manifests/revisions'), digest)
      digests.push(digest)
    }
    for (let tag = 0; tag < tags; tag++) {
      const folder = join(repository, '_manifests/tags', `v${tag}`, 'current')
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'link'), digests[tag % manifests] ?? '')
    }
  }
}

class Layer {
  readonly #base: string

  constructor(base: string) {
    this.#base = base
  }

  blob(mediaType: string, content: string): Blob {
    const hex = createHash('sha256').update(content).digest('hex')
    const folder = join(this.#base, 'blobs/sha256', hex.slice(0, 2), hex)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'data'), content)
    return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(content) }
  }

  link(folder: string, digest: string): void {
    const at = join(folder, digest.replace(':', '/'))
    mkdirSync(at, { recursive: true })
    writeFileSync(join(at, 'link'), digest)
  }
}
