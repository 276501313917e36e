import { ASN1Obj } from '@sigstore/core'
import { refuse, understand } from './refusal.ts'

/** One value of strict DER; its parser bounds the depth, and refuses what follows the value. */
export type Der = ASN1Obj

const SEQUENCE = 0x10
const SET = 0x11

/** @throws Refusal */
export function readDer(what: string, bytes: Uint8Array, maxBytes: number): Der {
  if (bytes.length > maxBytes) refuse(`${what} has more than ${maxBytes} bytes`)
  return understand(what, () => ASN1Obj.parseBuffer(Buffer.from(bytes)))
}

/** The parts of a SEQUENCE. @throws Refusal */
export function partsOf(value: Der | undefined): readonly Der[] {
  if (!value?.tag.isUniversal() || value.tag.number !== SEQUENCE) refuse('a part of it is not a sequence')
  return value.subs
}

/** The members of a SET. @throws Refusal */
export function membersOf(value: Der | undefined): readonly Der[] {
  if (!value?.tag.isUniversal() || value.tag.number !== SET) refuse('a part of it is not a set')
  return value.subs
}

/** What stands at a place. @throws Refusal */
export function at(parts: readonly Der[], index: number): Der {
  return parts[index] ?? refuse('a part of it is missing')
}

/** @throws Refusal */
export function bytesOf(value: Der | undefined): Buffer {
  if (!value?.tag.isOctetString() || value.tag.constructed) refuse('a part of it is not a text of bytes')
  return value.value
}

/** What has the tag `[number]`. */
export function tagged(parts: readonly Der[], number: number): Der | undefined {
  return parts.find(({ tag }) => tag.isContextSpecific(number))
}

/** The object identifier that a sequence begins with: the algorithm of an AlgorithmIdentifier. @throws Refusal */
export function firstOid(value: Der | undefined): string {
  return at(partsOf(value), 0).toOID()
}

/** A header of DER before a content: for what is signed under another tag than it is sent with. */
export function withTag(tag: number, content: Uint8Array): Buffer {
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content])
  const digits = length.toString(16)
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  return Buffer.concat([Buffer.of(tag, 0x80 | bytes.length), bytes, content])
}
