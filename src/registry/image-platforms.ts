import { batches } from '../lib/breaths.ts'
import { Recent } from '../lib/recent.ts'
import { readManifests, readSmallBlobs, type StoredManifest } from '../metadata/image-configs.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import { parseManifest } from '../oci/manifest.ts'
import type { RepositoryName } from '../oci/name.ts'
import { type ImageSettings, parseImageSettings, readImageSettings } from './image-settings.ts'
import type { Registry } from './registry.ts'

/** Of this many images: it never changes, and a list of tags is scrolled back. */
const REMEMBERED = 100_000
const AT_ONCE = 400
/** Configurations that are too large for rows: so many are read for one list, and the others for the next. */
const MAX_READ = 20
const CONFIG_TYPES: readonly string[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]
const NONE = ''

interface Place {
  readonly repository: RepositoryName
  readonly repositoryId: RepositoryId
}

/** What single images run on, by their configurations; of each these are looked at once. */
export class ImagePlatforms {
  readonly #known = new Recent<string, string>(REMEMBERED)

  /** Those that say so. */
  async of(registry: Registry, place: Place, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, string>> {
    const wanted = [...new Set(digests)]
    const missing = wanted.filter((digest) => this.#known.get(keyOf(place, digest)) === undefined)
    for (const batch of batches(missing, AT_ONCE)) await this.#learn(registry, place, batch)
    return new Map(
      wanted.flatMap((digest) => {
        const platform = this.#known.get(keyOf(place, digest)) ?? NONE
        return platform === NONE ? [] : [[digest, platform] as const]
      }),
    )
  }

  async #learn(registry: Registry, place: Place, digests: readonly Digest[]): Promise<void> {
    const { reader } = registry.database
    const configs = new Map<Digest, Descriptor>()
    for (const manifest of await readManifests(reader, place.repositoryId, digests)) {
      const { digest } = manifest
      const config = configOf(manifest)
      if (config === undefined) this.#known.set(keyOf(place, digest), NONE)
      else configs.set(digest, config)
    }
    const asked = [...new Set([...configs.values()].map(({ digest }) => digest))]
    const small = await readSmallBlobs(reader, place.repositoryId, asked)
    const settings = new Map(small.map(({ digest, content }) => [digest as string, parseImageSettings(content)]))
    const large = [...configs.values()].filter(({ digest }) => !settings.has(digest)).slice(0, MAX_READ)
    for (const config of large) {
      const read = await readImageSettings(registry, place.repository, config)
      // One that is not here may come yet.
      if (read !== undefined) settings.set(config.digest, read)
    }
    for (const [digest, config] of configs)
      if (settings.has(config.digest)) this.#known.set(keyOf(place, digest), platformOf(settings.get(config.digest)))
  }
}

/** What one repository has says nothing of what is in another. */
function keyOf({ repositoryId }: Place, digest: Digest): string {
  return `${repositoryId} ${digest}`
}

function configOf({ content, mediaType }: StoredManifest): Descriptor | undefined {
  const { kind, blobs } = parseManifest(content, mediaType)
  const [config] = blobs
  return kind === 'image' && config !== undefined && CONFIG_TYPES.includes(config.mediaType) ? config : undefined
}

function platformOf(settings: ImageSettings | undefined): string {
  const { os, architecture, variant } = settings ?? {}
  return os && architecture ? [os, architecture, ...(variant ? [variant] : [])].join('/') : NONE
}
