import { createHash, type KeyObject, sign } from 'node:crypto'
import { ASN1Obj } from '@sigstore/core'

/** The parts of a TimeStampToken that a forger changes. */
export interface TokenParts {
  readonly token: ASN1Obj
  readonly contentType: ASN1Obj
  /** Version, policy, imprint, serial number, time, … */
  readonly info: ASN1Obj
  /** Of whom the stamp is: issuer, and serial number. */
  readonly signerId: ASN1Obj
  /** Each is its identifier and a set of values. */
  readonly attributes: readonly ASN1Obj[]
}

const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'

/** A token that its own authority signs again after something was changed: only what it says is wrong. */
export function forgeToken(token: Buffer, key: KeyObject, change: (parts: TokenParts) => void): Buffer {
  const der = ASN1Obj.parseBuffer(Buffer.from(token))
  const data = part(der, 1, 0)
  const signer = part(part(data, data.subs.length - 1), 0)
  const content = part(data, 2, 1, 0)
  const attributes = part(signer, 3).subs
  change({
    token: der,
    contentType: part(data, 2, 0),
    info: part(content, 0),
    signerId: part(signer, 1),
    attributes,
  })
  const digest = attributes.find((attribute) => part(attribute, 0).toOID() === MESSAGE_DIGEST)
  if (digest !== undefined) replace(part(digest, 1), 0, createHash('sha256').update(part(content, 0).toDER()).digest())
  const signed = part(signer, 3).toDER()
  signed[0] = 0x31
  replace(signer, 5, sign('sha256', signed, key))
  return der.toDER()
}

export function part(of: ASN1Obj, ...path: readonly number[]): ASN1Obj {
  let at = of
  for (const index of path) {
    const next = at.subs[index]
    if (next === undefined) throw new Error('the token is not as openssl makes them')
    at = next
  }
  return at
}

/** Another content under the same tag. */
export function replace(parent: ASN1Obj, index: number, content: Buffer): void {
  parent.subs[index] = new ASN1Obj(part(parent, index).tag, content, [])
}
