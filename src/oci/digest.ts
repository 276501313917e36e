import { OciError } from './errors.ts'

declare const brand: unique symbol
/** `algorithm:hex` with an algorithm we can compute. Made only by `parseDigest`, so it is safe in a path. */
export type Digest = string & { readonly [brand]: 'Digest' }

export type DigestAlgorithm = 'sha256' | 'sha512'

const HEX_LENGTHS: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha512: 128 }
const LOWER_HEX = /^[0-9a-f]+$/
const DIGEST_GRAMMAR = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/

function isAlgorithm(text: string): text is DigestAlgorithm {
  return text === 'sha256' || text === 'sha512'
}

export function isDigest(text: string): text is Digest {
  const colon = text.indexOf(':')
  const algorithm = text.slice(0, colon)
  const length = isAlgorithm(algorithm) ? HEX_LENGTHS[algorithm] : 0
  return length > 0 && text.length === colon + 1 + length && LOWER_HEX.test(text.slice(colon + 1))
}

/** @throws OciError DIGEST_INVALID (image-spec, descriptor.md "Digests"). */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw new OciError('DIGEST_INVALID', {
    message: 'a digest is "sha256:" and 64, or "sha512:" and 128, lower-case hexadecimal digits',
    detail: { digest: text.slice(0, 256) },
  })
}

/** Whether a text follows the digest grammar, also with an algorithm that we cannot compute. */
export function isDigestLike(text: string): boolean {
  const algorithm = text.slice(0, text.indexOf(':'))
  if (isAlgorithm(algorithm)) return isDigest(text)
  return text.length <= 512 && DIGEST_GRAMMAR.test(text)
}

export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256'
}

/** @throws OciError DIGEST_INVALID for anything but sha256 and sha512. */
export function parseDigestAlgorithm(text: string): DigestAlgorithm {
  if (isAlgorithm(text)) return text
  throw new OciError('DIGEST_INVALID', {
    message: 'digest algorithms known here are sha256 and sha512',
    detail: { algorithm: text.slice(0, 64) },
  })
}
