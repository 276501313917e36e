import { parseAge } from '../lib/age.ts'
import { findBlob } from '../metadata/blobs.ts'
import { findManifestByDigest } from '../metadata/manifests.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import type { RepositoryName } from '../oci/name.ts'
import { openBlob } from './pull-blob.ts'
import { readManifest } from './pull-manifest.ts'
import type { Registry } from './registry.ts'

const LABEL = 'quay.expires-after'
const LABEL_BYTES = Buffer.from(LABEL)
/** Larger configs are not looked into: a push must stay cheap. */
const MAX_CONFIG_BYTES = 1024 * 1024
const IMAGE_CONFIGS = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
])

/** Beyond this a date is no date that anybody meant. */
const MAX_AGE_MS = 100 * 365 * 86_400_000
/** Indexes of more images say nothing: a push must stay cheap. */
const MAX_IMAGES = 30
/** An image and what attests it. */
const MAX_CHILDREN = 2 * MAX_IMAGES

/**
 * For how long a tag on this manifest is wanted, in milliseconds, a century at most, if the image says so itself: by its
 * annotation or by a label of its config; an index also by its images, when all of them do, for the longest of their
 * times. What cannot be read or understood says nothing.
 */
export async function findWantedAge(
  registry: Registry,
  { repository, content }: { readonly repository: RepositoryName; readonly content: Uint8Array },
  manifest: Manifest,
): Promise<number | undefined> {
  const isSilentIndex = manifest.kind === 'index' && manifest.annotations?.[LABEL] === undefined
  return isSilentIndex
    ? longestAge(registry, repository, imagesIn(manifest, content))
    : ageOf(registry, repository, manifest)
}

async function ageOf(registry: Registry, repository: RepositoryName, manifest: Manifest): Promise<number | undefined> {
  const text = manifest.annotations?.[LABEL] ?? (await findLabel(registry, repository, manifest))
  const age = typeof text === 'string' ? parseAge(text.trim()) : undefined
  return age === undefined ? undefined : Math.min(age, MAX_AGE_MS)
}

/** Ends at the first that says nothing: mostly that is the first of all. */
async function longestAge(
  registry: Registry,
  repository: RepositoryName,
  images: readonly Digest[],
): Promise<number | undefined> {
  let longest: number | undefined
  for (const digest of images) {
    const manifest = await readImage(registry, repository, digest).catch(() => undefined)
    const age = manifest && (await ageOf(registry, repository, manifest))
    if (age === undefined) return undefined
    longest = Math.max(longest ?? 0, age)
  }
  return longest
}

async function readImage(
  registry: Registry,
  repository: RepositoryName,
  digest: Digest,
): Promise<Manifest | undefined> {
  const head = await findManifestByDigest(registry.database.reader, repository, digest)
  return head && parseManifest(await readManifest(registry, head), head.mediaType)
}

interface ListedImage {
  readonly digest: string
  readonly platform?: { readonly os?: unknown; readonly architecture?: unknown } | null
  readonly annotations?: Readonly<Record<string, unknown>> | null
}

/** What an index lists, without attestations. Empty also when those are too many, or cannot be images. */
function imagesIn({ children }: Manifest, content: Uint8Array): Digest[] {
  if (children.length > MAX_CHILDREN) return []
  const { manifests } = JSON.parse(new TextDecoder().decode(content)) as { readonly manifests: ListedImage[] | null }
  const images = new Set((manifests ?? []).filter((listed) => !isAttestation(listed)).map(({ digest }) => digest))
  return images.size <= MAX_IMAGES && [...images].every(isDigest) ? ([...images] as Digest[]) : []
}

/** As BuildKit marks them. */
function isAttestation({ platform, annotations }: ListedImage): boolean {
  const isOfNoPlatform = platform?.os === 'unknown' && platform.architecture === 'unknown'
  return isOfNoPlatform || annotations?.['vnd.docker.reference.type'] !== undefined
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
