import { isObject } from '../oci/strict-json.ts'
import type { Manifest } from '../oci/manifest.ts'
import type { Descriptor } from '../oci/descriptor.ts'

/** One image of an index, as far as choosing it goes. */
export interface PlatformImage {
  readonly descriptor: Descriptor
  /** `linux/arm/v7`; undefined: the index does not say. */
  readonly platform: string | undefined
  /** An attestation of buildkit's says so whose it is. */
  readonly belongsTo: string | undefined
}

/** Of an index the images that are for one of these platforms, and what belongs to them or says nothing of platforms. */
export function imagesFor(
  images: readonly PlatformImage[],
  wanted: readonly string[] | undefined,
): { readonly kept: readonly PlatformImage[]; readonly leftOut: readonly PlatformImage[] } {
  if (wanted === undefined) return { kept: images, leftOut: [] }
  const chosen = images.filter(({ platform }) => platform === undefined || wanted.some((one) => isFor(platform, one)))
  const digests = new Set(chosen.map(({ descriptor }) => descriptor.digest))
  const isKept = (image: PlatformImage) =>
    chosen.includes(image) || (image.belongsTo !== undefined && digests.has(image.belongsTo))
  return { kept: images.filter(isKept), leftOut: images.filter((image) => !isKept(image)) }
}

/** image-spec image-index.md: the platforms of an index's images, which the manifest's own reader leaves aside. */
export function platformImages({ children }: Manifest, content: Uint8Array): PlatformImage[] {
  const body: unknown = JSON.parse(new TextDecoder().decode(content))
  const entries: readonly unknown[] = isObject(body) && Array.isArray(body.manifests) ? body.manifests : []
  return children.map((descriptor, index) => {
    const entry = entries[index]
    const { platform, annotations } = isObject(entry) ? entry : {}
    return { descriptor, platform: platformOf(platform), belongsTo: belongsTo(annotations) }
  })
}

/** `arm64` and `arm64/v8` are the same; a platform without a variant stands for all its variants. */
function isFor(platform: string, wanted: string): boolean {
  const [mine, theirs] = [normal(platform), normal(wanted)]
  return mine === theirs || mine.startsWith(`${theirs}/`)
}

function normal(platform: string): string {
  return platform.toLowerCase().replace(/\/arm64\/v8$/, '/arm64')
}

function platformOf(value: unknown): string | undefined {
  if (!isObject(value)) return undefined
  const { os, architecture, variant } = value
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined
  return [os, architecture, ...(typeof variant === 'string' && variant !== '' ? [variant] : [])].join('/')
}

function belongsTo(annotations: unknown): string | undefined {
  const digest = isObject(annotations) ? annotations['vnd.docker.reference.digest'] : undefined
  return typeof digest === 'string' ? digest : undefined
}
