import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { Problem } from '../lib/problem.ts'

const MAX_PEM = 16 * 1024
/** With a key of one’s own cosign hashes with SHA-256 whatever the curve is; others take the hash that fits it. */
const CURVES: Readonly<Record<string, readonly string[]>> = {
  prime256v1: ['sha256'],
  secp384r1: ['sha256', 'sha384'],
  secp521r1: ['sha256', 'sha512'],
}
const RSA_HASHES = ['sha256', 'sha384', 'sha512']
const MIN_RSA_BITS = 2048

/** A public key that signatures of cosign may be made with: P-256, P-384, P-521, RSA from 2048 bits on, Ed25519. @throws Problem */
export function parsePublicKey(pem: string): KeyObject {
  // Out of a private key Node makes the public one; whoever sends that made a mistake that he should know of.
  if (pem.includes('PRIVATE KEY'))
    throw new Problem('invalid', 'this is a private key; give the public one, and keep this one to yourself')
  if (pem.length > MAX_PEM || !/-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(pem))
    throw new Problem('invalid', 'a public key is PEM and begins with -----BEGIN PUBLIC KEY-----')
  const key = (() => {
    try {
      return createPublicKey(pem)
    } catch {
      throw new Problem('invalid', 'the public key cannot be read')
    }
  })()
  if (hashesFor(key) === undefined)
    throw new Problem('invalid', 'keys may be ECDSA (P-256, P-384, P-521), RSA from 2048 bits on, or Ed25519')
  return key
}

/** Undefined: no such keys. Null: the key’s own. */
function hashesFor(key: KeyObject): readonly (string | null)[] | undefined {
  const { asymmetricKeyType, asymmetricKeyDetails } = key
  switch (asymmetricKeyType) {
    case 'ec':
      return CURVES[asymmetricKeyDetails?.namedCurve ?? '']
    case 'rsa':
      return (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS ? RSA_HASHES : undefined
    case 'ed25519':
      return [null]
    default:
      return undefined
  }
}

/** The hash that whoever signs with such a key uses. */
export function hashOf(key: KeyObject): string | null {
  return hashesFor(key)?.[0] ?? null
}

/** ECDSA in DER, RSA by PKCS #1 v1.5, Ed25519. */
export function isSignedBy(key: KeyObject, data: Uint8Array, signature: Uint8Array): boolean {
  return (hashesFor(key) ?? []).some((hash) => {
    try {
      return verify(hash, data, key, signature)
    } catch {
      return false
    }
  })
}

/** SHA-256 of the key in DER, as cosign's hints have it (there in base64). */
export function keyDigest(key: KeyObject): Buffer {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
}

/** For people. */
export function keyName(key: KeyObject): string {
  return `key sha256:${keyDigest(key).toString('hex')}`
}
