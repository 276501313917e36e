import { decode, Tag } from 'cbor2'
import type { Algorithm } from './algorithm.ts'
import { checkItemCount } from './cbor-items.ts'
import { ATTRIBUTE, type Envelope, MAX_CHAIN } from './envelope.ts'
import { refuse, understand } from './refusal.ts'

/** `type/subtype` of a layer that is a COSE_Sign1_Tagged. */
export const COSE_MEDIA_TYPE = 'application/cose'

const COSE_SIGN1 = 18
const EPOCH_TIME = 1

/** Labels of RFC 9052 §3.1, and of RFC 9360. */
const ALG = 1
const CRIT = 2
const CONTENT_TYPE = 3
const X5CHAIN = 33

const ALGORITHMS: ReadonlyMap<unknown, Algorithm> = new Map<unknown, Algorithm>([
  [-7, 'ES256'],
  [-35, 'ES384'],
  [-36, 'ES512'],
  [-37, 'PS256'],
  [-38, 'PS384'],
  [-39, 'PS512'],
])

type Headers = ReadonlyMap<unknown, unknown>

/** @throws Refusal */
export function parseCose(bytes: Uint8Array): Envelope {
  const message = decoded('the envelope', bytes)
  if (!(message instanceof Tag) || Number(message.tag) !== COSE_SIGN1 || !Array.isArray(message.contents))
    refuse('the envelope is not a tagged COSE_Sign1')
  const parts: readonly unknown[] = message.contents
  if (parts.length !== 4) refuse('the envelope is not a tagged COSE_Sign1')
  const protectedBytes = bytesOf('the protected header', parts[0])
  const unprotected = headersOf('the unprotected header', parts[1])
  const headers = headersOf('the protected header', decoded('the protected header', protectedBytes))
  const payload = bytesOf('the payload', parts[2])
  return {
    algorithm: ALGORITHMS.get(headers.get(ALG)) ?? 'an unknown algorithm',
    contentType: textOf('the content type', headers.get(CONTENT_TYPE)),
    critical: criticalOf(headers),
    attributes: {
      signingScheme: textOf('the signing scheme', headers.get(ATTRIBUTE.signingScheme)),
      signingTime: momentOf(headers, ATTRIBUTE.signingTime),
      authenticSigningTime: momentOf(headers, ATTRIBUTE.authenticSigningTime),
      expiry: momentOf(headers, ATTRIBUTE.expiry),
      verificationPlugin: pluginOf(headers),
    },
    payload,
    signed: signatureStructure(protectedBytes, payload),
    signature: bytesOf('the signature', parts[3]),
    certificates: chainOf(headers, unprotected),
    timestamp: timestampOf(unprotected.get(ATTRIBUTE.timestampSignature)),
  }
}

/** The registry of tags would make anything of what a stranger sent: expressions, dates, typed arrays. */
const OPTIONS = {
  ignoreGlobalTags: true,
  preferMap: true,
  rejectDuplicateKeys: true,
  // Two encodings of one key would be two keys: also 1 and 1.0.
  requirePreferred: true,
  rejectLongFloats: true,
  rejectStreaming: true,
  maxDepth: 16,
}

function decoded(what: string, bytes: Uint8Array): unknown {
  checkItemCount(bytes)
  return understand(what, () => decode(bytes, OPTIONS))
}

function bytesOf(what: string, value: unknown): Uint8Array {
  return value instanceof Uint8Array && value.length > 0 ? value : refuse(`${what} is not there, or not bytes`)
}

function textOf(what: string, value: unknown): string {
  return typeof value === 'string' ? value : refuse(`${what} is not there, or not text`)
}

function headersOf(what: string, value: unknown): Headers {
  return value instanceof Map ? value : refuse(`${what} is not a map`)
}

function criticalOf(headers: Headers): readonly (string | number)[] {
  const value = headers.get(CRIT)
  if (!Array.isArray(value) || value.length === 0) refuse('no attribute is marked critical')
  const names: readonly unknown[] = value
  if (!names.every((name) => headers.has(name))) refuse('an attribute is marked critical that is not there')
  return names.map((name) =>
    typeof name === 'string' || typeof name === 'number' ? name : refuse('a critical attribute has no name'),
  )
}

/** Seconds since 1970 under tag 1, as RFC 8949 §3.4.2 writes a time. */
function momentOf(headers: Headers, name: string): Date | undefined {
  const value = headers.get(name)
  if (value === undefined && !headers.has(name)) return undefined
  const seconds: unknown = value instanceof Tag && Number(value.tag) === EPOCH_TIME ? value.contents : undefined
  const moment = new Date(typeof seconds === 'number' ? seconds * 1000 : Number.NaN)
  return Number.isNaN(moment.getTime()) ? refuse(`the attribute ${name} is not a time`) : moment
}

/** Also one that is no name: it is there, and is not understood. */
function pluginOf(headers: Headers): string | undefined {
  const name = [ATTRIBUTE.verificationPlugin, ATTRIBUTE.verificationPluginMinVersion].find((key) => headers.has(key))
  if (name === undefined) return undefined
  const plugin = headers.get(name)
  return typeof plugin === 'string' ? plugin : 'without a name'
}

function chainOf(headers: Headers, unprotected: Headers): readonly Uint8Array[] {
  if (headers.has(X5CHAIN) && unprotected.has(X5CHAIN)) refuse('there are two chains of certificates')
  const value = unprotected.get(X5CHAIN) ?? headers.get(X5CHAIN)
  if (!Array.isArray(value) || value.length === 0) refuse('there is no chain of certificates')
  if (value.length > MAX_CHAIN) refuse(`the chain has more than ${MAX_CHAIN} certificates`)
  return value.map((certificate) => bytesOf('a certificate', certificate))
}

function timestampOf(value: unknown): Uint8Array | undefined {
  return value === undefined ? undefined : bytesOf('the time stamp', value)
}

/** `Sig_structure` of RFC 9052 §4.4, from the very bytes that came: encoding them again could change them. */
function signatureStructure(protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array {
  const context = Buffer.concat([Buffer.of(0x84, 0x6a), Buffer.from('Signature1')])
  return Buffer.concat([context, byteString(protectedBytes), byteString(new Uint8Array()), byteString(payload)])
}

function byteString(bytes: Uint8Array): Uint8Array {
  const head = Buffer.alloc(5)
  if (bytes.length < 24) return Buffer.concat([head.subarray(0, head.writeUInt8(0x40 | bytes.length)), bytes])
  if (bytes.length < 0x100) {
    head.writeUInt8(0x58)
    return Buffer.concat([head.subarray(0, head.writeUInt8(bytes.length, 1)), bytes])
  }
  const long = bytes.length >= 0x10000
  head.writeUInt8(long ? 0x5a : 0x59)
  const end = long ? head.writeUInt32BE(bytes.length, 1) : head.writeUInt16BE(bytes.length, 1)
  return Buffer.concat([head.subarray(0, end), bytes])
}
