import { OciError } from './errors.ts'

declare const brand: unique symbol
/** A media type by the grammar of RFC 6838 §4.2, without parameters: safe to put into a response header. */
export type MediaType = string & { readonly [brand]: 'MediaType' }

const RESTRICTED_NAME = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}'
const MEDIA_TYPE = new RegExp(`^${RESTRICTED_NAME}/${RESTRICTED_NAME}$`)

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json' as MediaType
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json' as MediaType
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json' as MediaType
export const DOCKER_MANIFEST_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json' as MediaType

export type ManifestKind = 'image' | 'index'

export const MANIFEST_KINDS: Readonly<Record<string, ManifestKind>> = {
  [OCI_MANIFEST]: 'image',
  [DOCKER_MANIFEST]: 'image',
  [OCI_INDEX]: 'index',
  [DOCKER_MANIFEST_LIST]: 'index',
}

/** Layers that clients never push: the bytes live at the layer's own URLs (image-spec layer.md, "Non-Distributable Layers"). */
const NON_DISTRIBUTABLE = new Set([
  'application/vnd.oci.image.layer.nondistributable.v1.tar',
  'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
  'application/vnd.docker.image.rootfs.foreign.diff.tar',
  'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
])

export function isNonDistributable(mediaType: string): boolean {
  return NON_DISTRIBUTABLE.has(mediaType)
}

export function isMediaType(text: string): text is MediaType {
  return text.length <= 255 && MEDIA_TYPE.test(text)
}

/** The type in a Content-Type header; parameters such as `charset` are dropped. @throws OciError MANIFEST_INVALID */
export function parseContentType(header: string): MediaType {
  const semicolon = header.indexOf(';')
  const text = (semicolon < 0 ? header : header.slice(0, semicolon)).trim()
  if (isMediaType(text)) return text
  throw new OciError('MANIFEST_INVALID', {
    message: 'the Content-Type header is not a media type',
    detail: { contentType: text.slice(0, 100) },
  })
}
