import type { Bundle } from '@sigstore/bundle'
import { HashAlgorithm } from '@sigstore/protobuf-specs'
import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import type { Digest } from '../../oci/digest.ts'
import { costOfKey } from '../key-cost.ts'
import { isSignedBy, keyDigest, keyName } from '../public-key.ts'
import type { ReadyAnchor } from '../ready-anchors.ts'
import { Rejection } from '../rejection.ts'
import { passed, type Verdict } from '../verdict.ts'
import { acceptCertificate } from './accept.ts'
import { certificateOf } from './bundle.ts'
import { parseStatement } from './statement.ts'

/** It is not said which one was taken. */
const HASHES_OF_A_KEY = 2
const HASHES: Readonly<Record<number, string>> = {
  [HashAlgorithm.SHA2_256]: 'sha256',
  [HashAlgorithm.SHA2_384]: 'sha384',
  [HashAlgorithm.SHA2_512]: 'sha512',
}

/** What a bundle in an envelope states of the subject; undefined: that it is signed. @throws Rejection: nothing of it */
export function predicateTypeOf({ content }: Bundle, subject: Digest): string | undefined {
  if (content.$case !== 'dsseEnvelope') return undefined
  const { payloadType, payload } = content.dsseEnvelope
  return parseStatement(payloadType, payload, subject)
}

/** @throws Rejection: the signature says that it is about something else */
export function requireMessage({ content }: Bundle, artifact: Uint8Array): void {
  if (content.$case !== 'messageSignature') return
  const { algorithm, digest } = content.messageSignature.messageDigest
  const hash = HASHES[algorithm]
  if (hash === undefined) throw new Rejection('form', 'the message was hashed in a way that is not known here')
  if (!createHash(hash).update(artifact).digest().equals(digest))
    throw new Rejection('subject', 'it is about something else')
}

interface By {
  readonly ready: ReadyAnchor | undefined
  readonly now: Date
  /** Told what it takes, before it is taken. */
  readonly spend: (cost: number) => void
}

/** Says who made it, as far as this anchor trusts him. `artifact`: what was signed, unless it is inside. @throws Error */
export function acceptBundle(bundle: Bundle, artifact: Uint8Array | undefined, by: By): Verdict {
  switch (by.ready?.kind) {
    case 'cosign-key':
      return acceptKey(bundle, artifact, { key: by.ready.key, spend: by.spend })
    case 'sigstore':
      return acceptCertificate({ bundle, artifact }, by.ready.anchor, by)
    case 'broken':
      throw new Rejection('trust', by.ready.reason)
    default:
      throw new Rejection('trust', 'it is for signatures of another kind')
  }
}

function acceptKey(
  bundle: Bundle,
  artifact: Uint8Array | undefined,
  { key, spend }: { readonly key: KeyObject; readonly spend: By['spend'] },
): Verdict {
  const { content } = bundle
  spend(HASHES_OF_A_KEY * costOfKey(key))
  const { signed, signature } =
    content.$case === 'dsseEnvelope'
      ? { signed: encodedForSigning(content.dsseEnvelope), signature: content.dsseEnvelope.signatures[0]?.sig }
      : { signed: artifact, signature: content.messageSignature.signature }
  if (signed === undefined || signature === undefined || !isSignedBy(key, signed, signature))
    throw new Rejection('signature', 'it was not made with this key, or what it signs was changed')
  requireOwnCertificate(bundle, key)
  return {
    signer: { name: keyName(key), keyId: `sha256:${keyDigest(key).toString('hex')}` },
    checks: [
      passed('signature', 'made with a key that is trusted'),
      passed('time', 'nobody proves when: keys that are trusted, are trusted for ever'),
    ],
  }
}

/**
 * Whoever has the key may have a certificate of it. One of another key says that somebody else made this, and that is not
 * so: a bundle that contradicts itself proves nothing. @throws Rejection
 */
function requireOwnCertificate(bundle: Bundle, key: KeyObject): void {
  const isOwn = (() => {
    try {
      const leaf = certificateOf(bundle)
      return leaf === undefined || createPublicKey({ key: leaf.publicKey, format: 'der', type: 'spki' }).equals(key)
    } catch {
      return false
    }
  })()
  if (!isOwn)
    throw new Rejection(
      'certificate',
      'this key made it, and it brings a certificate of something else: one of both is not true',
    )
}

interface Envelope {
  readonly payloadType: string
  readonly payload: Uint8Array
}

/** DSSE's pre-authentication encoding: what is signed of an envelope. */
export function encodedForSigning({ payloadType, payload }: Envelope): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.byteLength} `
  return Buffer.concat([Buffer.from(head), payload])
}
