import { createHash } from 'node:crypto'
import { at, type Der, partsOf, tagged } from './der.ts'

export type Hash = 'sha256' | 'sha384' | 'sha512'

const HASHES: Readonly<Record<string, Hash>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** How something in a certificate or in a time stamp is signed. SHA-1 and what is older is not among them. */
export interface SignatureWay {
  readonly padding: 'pkcs1' | 'pss' | 'none'
  /** Undefined: the hash is part of the key's kind (Ed25519), or is said elsewhere (`rsaEncryption` in CMS). */
  readonly hash: Hash | undefined
}

const WAYS: Readonly<Record<string, SignatureWay>> = {
  '1.2.840.113549.1.1.1': { padding: 'pkcs1', hash: undefined },
  '1.2.840.113549.1.1.11': { padding: 'pkcs1', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { padding: 'pkcs1', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { padding: 'pkcs1', hash: 'sha512' },
  '1.2.840.10045.4.3.2': { padding: 'none', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { padding: 'none', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { padding: 'none', hash: 'sha512' },
  '1.3.101.112': { padding: 'none', hash: undefined },
}

const RSA_PSS = '1.2.840.113549.1.1.10'

/** Of an AlgorithmIdentifier; undefined: SHA-1, or a hash that is not known here. */
export function hashOf(algorithm: Der | undefined): Hash | undefined {
  return HASHES[at(partsOf(algorithm), 0).toOID()]
}

/** Of an AlgorithmIdentifier; undefined: SHA-1, or a way that is not known here. */
export function signatureWayOf(algorithm: Der | undefined): SignatureWay | undefined {
  const parts = partsOf(algorithm)
  const oid = at(parts, 0).toOID()
  if (oid !== RSA_PSS) return Object.hasOwn(WAYS, oid) ? WAYS[oid] : undefined
  // Without the parameter the hash is SHA-1 (RFC 4055 §3.1).
  const parameter = tagged(partsOf(parts[1]), 0)
  const hash = parameter === undefined ? undefined : hashOf(parameter.subs[0])
  return hash === undefined ? undefined : { padding: 'pss', hash }
}

export function digestOf(hash: Hash, bytes: Uint8Array): Buffer {
  return createHash(hash).update(bytes).digest()
}
