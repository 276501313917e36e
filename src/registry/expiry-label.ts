import { parseAge } from '../lib/age.ts'
import { findBlob } from '../metadata/blobs.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import type { Manifest } from '../oci/manifest.ts'
import type { RepositoryName } from '../oci/name.ts'
import { openBlob } from './pull-blob.ts'
import type { Registry } from './registry.ts'

const LABEL = 'quay.expires-after'
const LABEL_BYTES = Buffer.from(LABEL)
/** Larger configs are not looked into: a push must stay cheap. */
const MAX_CONFIG_BYTES = 1024 * 1024
const IMAGE_CONFIGS = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
])

/**
 * For how long a tag on this manifest is wanted, in milliseconds, if the image says so itself: by its annotation or by
 * a label of its config. What cannot be read or understood says nothing.
 */
export async function findWantedAge(
  registry: Registry,
  repository: RepositoryName,
  manifest: Manifest,
): Promise<number | undefined> {
  const text = manifest.annotations?.[LABEL] ?? (await findLabel(registry, repository, manifest))
  return typeof text === 'string' ? parseAge(text.trim()) : undefined
}

async function findLabel(registry: Registry, repository: RepositoryName, manifest: Manifest): Promise<unknown> {
  const [config] = manifest.blobs
  if (config === undefined || !IMAGE_CONFIGS.has(config.mediaType)) return undefined
  if (config.size > MAX_CONFIG_BYTES || !isDigest(config.digest)) return undefined
  const content = await readConfig(registry, repository, config.digest).catch(() => undefined)
  if (content === undefined || Buffer.from(content.buffer, content.byteOffset, content.length).indexOf(LABEL_BYTES) < 0)
    return undefined
  return labelIn(new TextDecoder().decode(content))
}

async function readConfig(
  registry: Registry,
  repository: RepositoryName,
  digest: Digest,
): Promise<Uint8Array | undefined> {
  const blob = await registry.members.find(`${repository}@${digest}`, () =>
    findBlob(registry.database.reader, repository, digest),
  )
  if (blob === undefined || blob.damaged || blob.sizeBytes > MAX_CONFIG_BYTES) return undefined
  const opened = await openBlob(registry, blob)
  return opened instanceof Uint8Array ? opened : new Uint8Array(await opened.arrayBuffer())
}

function labelIn(text: string): unknown {
  try {
    const { config } = JSON.parse(text) as { config?: { Labels?: Record<string, unknown> } }
    return config?.Labels?.[LABEL]
  } catch {
    return undefined
  }
}
