import { constants, type KeyObject, verify } from 'node:crypto'
import type { Hash } from './hashes.ts'

/** Notation's algorithms, by their names in JWS. */
export type Algorithm = 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512'

const BY_RSA_BITS: Readonly<Record<number, Algorithm>> = { 2048: 'PS256', 3072: 'PS384', 4096: 'PS512' }
const BY_CURVE: Readonly<Record<string, Algorithm>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }
const HASHES: Readonly<Record<Algorithm, Hash>> = {
  PS256: 'sha256',
  PS384: 'sha384',
  PS512: 'sha512',
  ES256: 'sha256',
  ES384: 'sha384',
  ES512: 'sha512',
}

/** The one algorithm that a key signs with: what an envelope says is only compared with it. */
export function algorithmOfKey(key: KeyObject): Algorithm | undefined {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'rsa') return BY_RSA_BITS[modulusLength]
  return key.asymmetricKeyType === 'ec' ? BY_CURVE[namedCurve] : undefined
}

export function verifies(algorithm: Algorithm, key: KeyObject, signed: Uint8Array, signature: Uint8Array): boolean {
  const how = algorithm.startsWith('PS')
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : ({ key, dsaEncoding: 'ieee-p1363' } as const)
  try {
    return verify(HASHES[algorithm], signed, how, signature)
  } catch {
    return false
  }
}
