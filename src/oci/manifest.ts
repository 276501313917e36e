import { type Descriptor, invalid, parseDescriptor } from './descriptor.ts'
import { OciError } from './errors.ts'
import {
  isMediaType,
  MANIFEST_KINDS,
  type ManifestKind,
  type MediaType,
  OCI_INDEX,
  OCI_MANIFEST,
} from './media-type.ts'
import { isObject, type JsonObject, parseStrictJson } from './strict-json.ts'

const MAX_DESCRIPTORS = 1000
const MAX_REFERRER_ANNOTATIONS = 256 * 1024

/** What the registry needs to know of a manifest. The bytes themselves are stored and served exactly as they came. */
export interface Manifest {
  readonly kind: ManifestKind
  readonly mediaType: MediaType
  /** `artifactType`, or the config's media type of an image (distribution-spec, "Listing Referrers"). */
  readonly artifactType: string | undefined
  readonly annotations: Readonly<Record<string, string>> | undefined
  readonly subject: Descriptor | undefined
  /** Config first, then layers; empty for an index. */
  readonly blobs: readonly Descriptor[]
  /** An index's manifests; empty for an image. */
  readonly children: readonly Descriptor[]
  /** An index that has some of what it lists inside itself: in `data` (image-spec descriptor.md). */
  readonly embeds?: true
}

/** @throws OciError MANIFEST_INVALID */
export function parseManifest(bytes: Uint8Array, contentType: MediaType | undefined): Manifest {
  const body = parseBody(bytes)
  const mediaType = decideMediaType(body, contentType)
  const kind = MANIFEST_KINDS[mediaType]
  if (kind === undefined) throw unsupportedType(mediaType)
  if (body.schemaVersion !== 2) throw invalid('schemaVersion', 'must be 2')
  rejectMixture(body, kind)
  const artifactType = parseArtifactType(body.artifactType)
  const shared = {
    kind,
    mediaType,
    annotations: parseAnnotations(body.annotations),
    subject: isAbsent(body.subject) ? undefined : parseDescriptor(body.subject, 'subject'),
  }
  if (shared.subject !== undefined) requireListable(shared.annotations)
  if (kind === 'index') {
    const children = parseDescriptors(body.manifests, 'manifests')
    return { ...shared, artifactType, blobs: [], children, ...(hasData(body.manifests) && { embeds: true }) }
  }
  const config = parseDescriptor(body.config, 'config')
  return {
    ...shared,
    artifactType: artifactType ?? config.mediaType,
    blobs: [config, ...parseDescriptors(body.layers, 'layers')],
    children: [],
  }
}

function parseBody(bytes: Uint8Array): JsonObject {
  try {
    const body = parseStrictJson(bytes)
    if (isObject(body)) return body
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new OciError('MANIFEST_INVALID', { message: `the manifest is not valid JSON: ${error.message}` })
    throw error
  }
  throw new OciError('MANIFEST_INVALID', { message: 'the manifest is not a JSON object' })
}

/** Content-Type and body must agree, or one document could be read in two ways (CVE-2021-41190). */
function decideMediaType(body: JsonObject, contentType: MediaType | undefined): MediaType {
  const { mediaType } = body
  if (isAbsent(mediaType)) return contentType ?? guessMediaType(body)
  if (typeof mediaType !== 'string' || !isMediaType(mediaType)) throw invalid('mediaType', 'is not a media type')
  if (contentType !== undefined && contentType !== mediaType)
    throw new OciError('MANIFEST_INVALID', {
      message: 'the Content-Type header and the mediaType in the manifest differ',
      detail: { contentType, mediaType },
    })
  return mediaType
}

function guessMediaType(body: JsonObject): MediaType {
  return 'manifests' in body ? OCI_INDEX : OCI_MANIFEST
}

function unsupportedType(mediaType: string): OciError {
  return new OciError('MANIFEST_INVALID', {
    message: `manifests of type ${mediaType} are not accepted; push an OCI or Docker (schema 2) image or index`,
    detail: { mediaType, supported: Object.keys(MANIFEST_KINDS) },
  })
}

function rejectMixture(body: JsonObject, kind: ManifestKind): void {
  const foreign = kind === 'index' ? ['config', 'layers', 'fsLayers'] : ['manifests', 'fsLayers']
  for (const key of foreign) if (key in body) throw invalid(key, `does not belong in an ${kind}`)
}

function parseDescriptors(value: unknown, where: string): Descriptor[] {
  if (value === undefined) throw invalid(where, 'is missing')
  // A nil slice is marshalled as null by Go clients, so null means empty.
  if (value === null) return []
  if (!Array.isArray(value)) throw invalid(where, 'is not a list')
  if (value.length > MAX_DESCRIPTORS) throw invalid(where, `has more than ${MAX_DESCRIPTORS} entries`)
  return value.map((entry: unknown, index) => parseDescriptor(entry, `${where}[${index}]`))
}

function hasData(descriptors: unknown): boolean {
  return Array.isArray(descriptors) && descriptors.some((each) => isObject(each) && !isAbsent(each.data))
}

function parseArtifactType(value: unknown): string | undefined {
  if (isAbsent(value) || value === '') return undefined
  if (typeof value === 'string' && isMediaType(value)) return value
  throw invalid('artifactType', 'is not a media type')
}

function parseAnnotations(value: unknown): Readonly<Record<string, string>> | undefined {
  if (isAbsent(value)) return undefined
  if (!isObject(value)) throw invalid('annotations', 'is not an object')
  if (!Object.values(value).every((text) => typeof text === 'string'))
    throw invalid('annotations', 'has a value that is not a string')
  return value as Readonly<Record<string, string>>
}

/** Lists of referrers carry the annotations of many manifests in one answer of 4 MiB. */
function requireListable(annotations: Readonly<Record<string, string>> | undefined): void {
  if (annotations !== undefined && JSON.stringify(annotations).length > MAX_REFERRER_ANNOTATIONS)
    throw invalid('annotations', `of a manifest with a subject are larger than ${MAX_REFERRER_ANNOTATIONS} bytes`)
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}
