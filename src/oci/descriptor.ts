import { isDigestLike } from './digest.ts'
import { OciError } from './errors.ts'
import { isObject } from './strict-json.ts'

/** image-spec descriptor.md. The digest may use an algorithm that we cannot compute: it is then only carried. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** Wider than RFC 6838: clients put parameters into the media types of layers, and nothing here depends on them. */
const PRINTABLE = /^[\x20-\x7e]{1,255}$/

/** @throws OciError MANIFEST_INVALID, or DIGEST_INVALID for a malformed digest */
export function parseDescriptor(value: unknown, where: string): Descriptor {
  if (!isObject(value)) throw invalid(where, 'is not a descriptor')
  const { mediaType, digest, size } = value
  if (typeof mediaType !== 'string' || !PRINTABLE.test(mediaType))
    throw invalid(`${where}.mediaType`, 'is not a media type')
  if (typeof digest !== 'string' || !isDigestLike(digest)) throw invalid(`${where}.digest`, 'is not a digest')
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw invalid(`${where}.size`, 'is not a whole number of bytes')
  return { mediaType, digest, size }
}

export function invalid(where: string, problem: string): OciError {
  return new OciError('MANIFEST_INVALID', { message: `${where} ${problem}`, detail: { path: where } })
}
