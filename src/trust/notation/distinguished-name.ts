import { at, type Der, membersOf, partsOf } from './der.ts'

/** A subject, in the order of the certificate. */
export type DistinguishedName = readonly RelativeName[]

/** More than one attribute is allowed by X.500, and is not supported by notation. */
type RelativeName = readonly NameAttribute[]

export interface NameAttribute {
  /** `CN`, or the object identifier of an attribute that has no short name here. */
  readonly type: string
  /** Undefined: of a kind that is not text. */
  readonly value: string | undefined
}

/** Those that notation writes with a name; any other is an object identifier. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.17': 'POSTALCODE',
}

export const KNOWN_ATTRIBUTES: readonly string[] = Object.values(SHORT_NAMES)

/** @throws when it is no name */
export function nameOf(value: Der): DistinguishedName {
  return partsOf(value).map((set) => membersOf(set).map(attributeOf))
}

function attributeOf(value: Der): NameAttribute {
  const parts = partsOf(value)
  const oid = at(parts, 0).toOID()
  return { type: SHORT_NAMES[oid] ?? oid, value: textOf(at(parts, 1)) }
}

const ENCODINGS: Readonly<Record<number, string>> = {
  12: 'utf-8',
  19: 'ascii',
  20: 'iso-8859-1',
  22: 'ascii',
  30: 'utf-16be',
}

function textOf({ tag, value }: Der): string | undefined {
  const encoding = tag.isUniversal() && !tag.constructed ? ENCODINGS[tag.number] : undefined
  if (encoding === undefined) return undefined
  if (encoding === 'utf-16be') return utf16(value)
  if (encoding === 'ascii' && value.some((byte) => byte > 0x7f)) return undefined
  if (encoding !== 'utf-8') return value.toString('latin1')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
  } catch {
    return undefined
  }
}

function utf16(bytes: Buffer): string | undefined {
  return bytes.length % 2 === 0 ? Buffer.from(bytes).swap16().toString('utf16le') : undefined
}

/** As RFC 4514 writes it: the last first, `CN=…,O=…,C=…`. */
export function formatName(name: DistinguishedName): string {
  return name
    .toReversed()
    .map((attributes) => attributes.map(({ type, value }) => `${type}=${escaped(value ?? '?')}`).join('+'))
    .join(',')
}

function escaped(value: string): string {
  return value.replace(/[,;+"\\<>]/g, '\\$&').replace(/^[ #]| $/g, '\\$&')
}
