import type { Descriptor } from '../oci/descriptor.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import type { ImageSource } from '../registry/image-source.ts'
import { hasLabels, type Labels } from './labels.ts'
import type { Rule } from './rule.ts'

export interface Candidate {
  readonly source: ImageSource
  readonly name: string
  readonly digest: Digest
  readonly signal: AbortSignal | undefined
}

type Wishes = Pick<Rule, 'labels' | 'body'>

/** Why a rule does not bring an image, by what is in it and about it; undefined: it does. */
export async function whyUnwanted(rule: Wishes, candidate: Candidate): Promise<string | undefined> {
  const { platforms, signedOnly } = rule.body
  if (signedOnly && !(await isSigned(candidate))) return 'it is not signed'
  if (rule.labels.length === 0 && platforms.length === 0) return undefined
  const image = await describe(candidate)
  if (platforms.length > 0 && !image.platforms.some((platform) => platforms.includes(platform)))
    return `it is not for ${platforms.join(' or ')}`
  if (!hasLabels(rule.labels, image.labels)) return 'it does not have the labels of the rule'
  return undefined
}

/** Sigstore's bundles, cosign's older form, and Notation's; the latter two also as the media type of an empty config. */
const SIGNATURES = [
  'application/vnd.dev.sigstore.bundle',
  'application/vnd.dev.cosign.artifact.sig',
  'application/vnd.cncf.notary.signature',
]

async function isSigned({ source, name, digest, signal }: Candidate): Promise<boolean> {
  const referrers = await source.referrers(name, digest, signal)
  const isSignature = ({ artifactType = '' }: Descriptor) => SIGNATURES.some((type) => artifactType.startsWith(type))
  if (referrers.some(isSignature)) return true
  return (await source.resolve(name, `${digest.replace(':', '-')}.sig`, signal)) !== undefined
}

interface Image {
  readonly labels: Labels
  /** `linux/arm64`, `linux/arm/v7` */
  readonly platforms: readonly string[]
}

interface ManifestJson {
  readonly annotations?: Labels | null
  readonly config?: { readonly digest?: unknown; readonly size?: unknown } | null
  readonly manifests?: readonly ListedJson[] | null
}

interface ListedJson {
  readonly digest?: unknown
  readonly platform?: PlatformJson | null
}

interface PlatformJson {
  readonly os?: unknown
  readonly architecture?: unknown
  readonly variant?: unknown
}

/** Of an index: its own annotations, the labels of its first image, and the platforms that it lists. */
async function describe(candidate: Candidate): Promise<Image> {
  const manifest = await readJson(candidate, candidate.digest)
  const annotations = manifest?.annotations ?? {}
  if (manifest?.manifests == null) {
    const config = await readConfig(candidate, manifest)
    return { labels: { ...config.labels, ...annotations }, platforms: config.platforms }
  }
  const images = manifest.manifests.filter(({ platform }) => platform?.os !== 'unknown')
  const platforms = images.flatMap(({ platform }) => toPlatforms(platform ?? {}))
  const first = images[0]?.digest
  const inside = isDigest(String(first)) ? await readJson(candidate, String(first) as Digest) : undefined
  const config = await readConfig(candidate, inside)
  return { labels: { ...config.labels, ...inside?.annotations, ...annotations }, platforms }
}

function toPlatforms({ os, architecture, variant }: PlatformJson): string[] {
  if (typeof os !== 'string' || typeof architecture !== 'string') return []
  const plain = `${os}/${architecture}`
  return typeof variant === 'string' && variant !== '' ? [plain, `${plain}/${variant}`] : [plain]
}

async function readJson({ source, name, signal }: Candidate, digest: Digest): Promise<ManifestJson | undefined> {
  const found = await source.manifest(name, digest, signal)
  return found && (JSON.parse(new TextDecoder().decode(found.content)) as ManifestJson)
}

/** A larger one is nothing that a label would be looked for in. */
const MAX_CONFIG_BYTES = 4 * 1024 * 1024

interface ConfigJson extends PlatformJson {
  readonly config?: { readonly Labels?: Labels | null } | null
}

async function readConfig({ source, name, signal }: Candidate, manifest: ManifestJson | undefined): Promise<Image> {
  const { digest, size } = manifest?.config ?? {}
  const nothing = { labels: {}, platforms: [] }
  if (typeof digest !== 'string' || !isDigest(digest) || Number(size) > MAX_CONFIG_BYTES) return nothing
  const blob = await source.blob(name, digest, { signal })
  if (blob === undefined) return nothing
  const text = await new Response(blob.body).text()
  try {
    const config = JSON.parse(text) as ConfigJson | null
    return { labels: config?.config?.Labels ?? {}, platforms: toPlatforms(config ?? {}) }
  } catch {
    return nothing
  }
}
