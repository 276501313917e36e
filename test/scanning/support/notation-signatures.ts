import { constants, createHash, type KeyObject, sign } from 'node:crypto'
import { encode as encodeCbor, Tag } from 'cbor2'
import { type Digest, parseDigest } from '../../../src/oci/digest.ts'
import { Effort } from '../../../src/trust/effort.ts'
import { notationVerifier } from '../../../src/trust/notation/verifier.ts'
import type {
  LookingAt,
  SignatureManifest,
  Subject,
  TrustAnchor,
  VerifiedSignature,
} from '../../../src/trust/signature.ts'
import type { Party } from './notation-authority.ts'

export const SCHEME = 'io.cncf.notary.signingScheme'
export const SIGNING_TIME = 'io.cncf.notary.signingTime'
export const AUTHENTIC_TIME = 'io.cncf.notary.authenticSigningTime'
export const EXPIRY = 'io.cncf.notary.expiry'
export const PLUGIN = 'io.cncf.notary.verificationPlugin'
const PAYLOAD_TYPE = 'application/vnd.cncf.notary.payload.v1+json'

export const SUBJECT: Subject = {
  digest: parseDigest(`sha256:${'ab'.repeat(32)}`),
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  sizeBytes: 528,
}

export type Format = 'jws' | 'cose'
export const FORMATS: readonly Format[] = ['jws', 'cose']

/** What is signed about a signature, by name; a date is written as the format writes dates. */
export type Attributes = Readonly<Record<string, unknown>>

export interface Signing {
  readonly by: Party
  /** In place of the certificates of who signs. */
  readonly chain?: readonly Party[]
  readonly algorithm?: string
  /** Over the usual ones; undefined takes one away. */
  readonly attributes?: Attributes
  readonly critical?: readonly (string | number)[] | undefined
  readonly contentType?: string
  readonly payload?: unknown
  /** Makes a time stamp of the signature's bytes. */
  readonly stamp?: (signature: Buffer) => Uint8Array
  readonly key?: KeyObject
  /** Of PSS; as long as the hash otherwise. */
  readonly saltLength?: number
}

/** A signature in its envelope. */
export interface Enveloped {
  readonly format: Format
  readonly bytes: Buffer
  readonly chain: readonly Buffer[]
}

const ALGORITHMS: Readonly<Record<string, string>> = {
  2048: 'PS256',
  3072: 'PS384',
  4096: 'PS512',
  2304: 'PS256',
  1024: 'PS256',
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}
const LABELS: Readonly<Record<string, number>> = {
  ES256: -7,
  ES384: -35,
  ES512: -36,
  PS256: -37,
  PS384: -38,
  PS512: -39,
  HS256: 5,
  EdDSA: -8,
}

/** A Buffer would become an object: it says how it is written in JSON. */
const plain = (bytes: Uint8Array) => new Uint8Array(bytes)
export const encode = (value: unknown) => Buffer.from(encodeCbor(value))

function algorithmOf(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
  return ALGORITHMS[String(modulusLength ?? namedCurve)] ?? 'ES256'
}

function signBytes(key: KeyObject, bytes: Buffer, saltLength: number = constants.RSA_PSS_SALTLEN_DIGEST): Buffer {
  const algorithm = algorithmOf(key)
  const hash = /(?:256|384|512)$/.exec(algorithm)?.[0] ?? '256'
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
  const how = key.asymmetricKeyType === 'rsa' ? pss : ({ dsaEncoding: 'ieee-p1363' } as const)
  return sign(`sha${hash}`, bytes, { key, ...how })
}

export const descriptor = (of: Subject = SUBJECT) => ({
  targetArtifact: { mediaType: of.mediaType, digest: of.digest, size: of.sizeBytes },
})

/** What both formats are made of. */
function prepared(signing: Signing) {
  const attributes = { [SCHEME]: 'notary.x509', [SIGNING_TIME]: new Date(Date.now() - 60_000), ...signing.attributes }
  const present = Object.entries(attributes).filter(([, value]) => value !== undefined)
  const marked = [SCHEME, AUTHENTIC_TIME, EXPIRY, PLUGIN].filter((name) => present.some(([has]) => has === name))
  const key = signing.key ?? signing.by.key
  const { payload = descriptor() } = signing
  return {
    key,
    algorithm: signing.algorithm ?? algorithmOf(key),
    present,
    critical: 'critical' in signing ? signing.critical : marked,
    contentType: signing.contentType ?? PAYLOAD_TYPE,
    payload: payload instanceof Uint8Array ? Buffer.from(payload) : Buffer.from(JSON.stringify(payload)),
    chain: (signing.chain ?? [signing.by, ...signing.by.above]).map(({ der }) => der),
  }
}

export function makeSignature(format: Format, signing: Signing): Enveloped {
  return format === 'jws' ? makeJws(signing) : makeCose(signing)
}

const seconds = (date: Date) => new Date(Math.floor(date.getTime() / 1000) * 1000)

function makeJws(signing: Signing): Enveloped {
  const { key, algorithm, present, critical, contentType, payload, chain } = prepared(signing)
  const times = present.map(([name, value]) => [name, value instanceof Date ? seconds(value).toISOString() : value])
  const header = { alg: algorithm, cty: contentType, crit: critical, ...Object.fromEntries(times) }
  const protectedText = Buffer.from(JSON.stringify(header)).toString('base64url')
  return sealJws({ protected: protectedText, payload: payload.toString('base64url') }, { ...signing, key }, chain)
}

/** The envelope around a protected header and a payload as they are, whatever they are. */
export function sealJws(
  parts: { readonly protected: string; readonly payload: string },
  signing: Signing,
  chain: readonly Buffer[] = [signing.by, ...signing.by.above].map(({ der }) => der),
): Enveloped {
  const key = signing.key ?? signing.by.key
  const signature = signBytes(key, Buffer.from(`${parts.protected}.${parts.payload}`), signing.saltLength)
  const stamp = signing.stamp?.(signature)
  const envelope = {
    payload: parts.payload,
    protected: parts.protected,
    header: {
      x5c: chain.map((der) => der.toString('base64')),
      'io.cncf.notary.signingAgent': 'test/1',
      ...(stamp === undefined ? {} : { 'io.cncf.notary.timestampSignature': Buffer.from(stamp).toString('base64') }),
    },
    signature: signature.toString('base64url'),
  }
  return { format: 'jws', bytes: Buffer.from(JSON.stringify(envelope)), chain }
}

function makeCose(signing: Signing): Enveloped {
  const { key, algorithm, present, critical, contentType, payload, chain } = prepared(signing)
  const headers = new Map<unknown, unknown>([[1, LABELS[algorithm]]])
  if (critical !== undefined) headers.set(2, [...critical])
  headers.set(3, contentType)
  for (const [name, value] of present)
    headers.set(name, value instanceof Date ? new Tag(1, Math.floor(value.getTime() / 1000)) : value)
  return sealCose({ protected: encode(headers), payload }, { ...signing, key }, chain)
}

/** The envelope around a protected header and a payload as they are, whatever they are. */
export function sealCose(
  parts: { readonly protected: Buffer; readonly payload: Buffer },
  signing: Signing,
  chain: readonly Buffer[] = [signing.by, ...signing.by.above].map(({ der }) => der),
): Enveloped {
  const key = signing.key ?? signing.by.key
  const signed = encode(['Signature1', plain(parts.protected), new Uint8Array(), plain(parts.payload)])
  const signature = signBytes(key, signed, signing.saltLength)
  const unprotected = new Map<unknown, unknown>([[33, chain.map(plain)]])
  const stamp = signing.stamp?.(signature)
  if (stamp !== undefined) unprotected.set('io.cncf.notary.timestampSignature', plain(stamp))
  const message = new Tag(18, [plain(parts.protected), unprotected, plain(parts.payload), plain(signature)])
  return { format: 'cose', bytes: encode(message), chain }
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
export const digestOf = (bytes: Uint8Array): Digest => parseDigest(`sha256:${sha256(bytes)}`)

/** The manifest that brings a signature; anything in it can be said differently. */
export function signatureManifest({ format, bytes, chain }: Enveloped, changes: Attributes = {}) {
  const content = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'application/vnd.cncf.notary.signature',
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(Buffer.from('{}')), size: 2 },
      layers: [
        {
          mediaType: format === 'jws' ? 'application/jose+json' : 'application/cose',
          digest: digestOf(bytes),
          size: bytes.length,
        },
      ],
      subject: { mediaType: SUBJECT.mediaType, digest: SUBJECT.digest, size: SUBJECT.sizeBytes },
      annotations: { 'io.cncf.notary.x509chain.thumbprint#S256': JSON.stringify(chain.map(sha256)) },
      ...changes,
    }),
  )
  return { digest: digestOf(content), content }
}

/** Trusts everything that a root issued. */
export function anchor(ca: Party, changes: Attributes = {}): TrustAnchor {
  const body = { certificates: { ca: [ca.pem] }, identities: ['*'], level: 'strict', ...changes }
  return { name: 'anchor', kind: 'notation', body }
}

export interface Asking {
  readonly anchors: readonly TrustAnchor[]
  readonly now?: Date
  readonly subject?: Subject
  readonly manifest?: Attributes
}

/** Whatever one manifest brings. */
export async function verifyManifest(
  subject: Subject,
  manifest: SignatureManifest,
  by: Pick<LookingAt, 'anchors' | 'now' | 'read'> & { readonly effort?: Effort },
): Promise<readonly VerifiedSignature[]> {
  const { found } = await notationVerifier.open(subject, manifest, { effort: new Effort(), ...by })
  return Promise.all(found.map((each) => ('judge' in each ? each.judge() : each)))
}

export async function verify(signature: Enveloped, asking: Asking): Promise<VerifiedSignature> {
  const { anchors, now = new Date(), subject = SUBJECT, manifest } = asking
  const { bytes } = signature
  const read = async (digest: Digest) => (digest === digestOf(bytes) ? bytes : undefined)
  const found = await verifyManifest(subject, signatureManifest(signature, manifest), { anchors, now, read })
  const [only] = found
  if (only === undefined || found.length !== 1) throw new Error('one manifest is one signature')
  return only
}

/** Why it is not trusted: every check that failed, `name: detail`. */
export function failures({ checks }: VerifiedSignature): string {
  return checks
    .filter(({ ok }) => !ok)
    .map(({ name, detail }) => `${name}: ${detail}`)
    .join('\n')
}
