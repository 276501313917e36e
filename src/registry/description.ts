import { readManifests } from '../metadata/image-configs.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import { listTagSummaries } from '../metadata/repository-details.ts'
import { parseManifest } from '../oci/manifest.ts'
import type { RepositoryName } from '../oci/name.ts'
import { readImageSettings } from './image-settings.ts'
import type { Registry } from './registry.ts'

/** image-spec annotations.md; builders write it as a label of images, too. */
const DESCRIPTION = 'org.opencontainers.image.description'
const MAX_LENGTH = 1000

interface Place {
  readonly repository: RepositoryName
  readonly repositoryId: RepositoryId
}

/** What the newest tag says that it is; undefined: nothing. */
export async function findDescription(registry: Registry, place: Place): Promise<string | undefined> {
  const { reader } = registry.database
  const newest = { sort: '-pushed', contains: '', after: undefined, limit: 1 } as const
  const [tag] = await listTagSummaries(reader, place.repositoryId, newest)
  const [stored] = tag === undefined ? [] : await readManifests(reader, place.repositoryId, [tag.digest])
  if (stored === undefined) return undefined
  const { kind, annotations, blobs } = parseManifest(stored.content, stored.mediaType)
  const [config] = kind === 'image' ? blobs : []
  const text = annotations?.[DESCRIPTION] ?? (config && (await labelOf(registry, place, config)))
  return text === undefined || text.trim() === '' ? undefined : text.trim().slice(0, MAX_LENGTH)
}

async function labelOf(
  registry: Registry,
  { repository }: Place,
  config: Parameters<typeof readImageSettings>[2],
): Promise<string | undefined> {
  return (await readImageSettings(registry, repository, config))?.config?.Labels?.[DESCRIPTION]
}
