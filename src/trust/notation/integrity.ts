import { z } from 'zod'
import { parseBoundedJson } from '../bounded.ts'
import { costOfKey } from '../key-cost.ts'
import type { LookingAt, SignatureManifest, Subject } from '../signature.ts'
import { shown } from '../words.ts'
import { algorithmOfKey, verifies } from './algorithm.ts'
import { type Certificate, parseCertificate } from './certificate.ts'
import { checkChain, costOfChecking } from './certificate-rules.ts'
import { type CheckList, reasonOf } from './checks.ts'
import { COSE_MEDIA_TYPE, parseCose } from './cose.ts'
import { checkAttributes, type Envelope, type SigningScheme } from './envelope.ts'
import { parseJws } from './jws.ts'
import { MAX_SIGNATURE_BYTES, type SignatureLayer, signatureLayer } from './manifest.ts'
import { refuse, understand } from './refusal.ts'

/** A signature that holds, by whoever made it. */
export interface IntactSignature {
  readonly envelope: Envelope
  readonly scheme: SigningScheme
  /** The leaf first. */
  readonly chain: readonly Certificate[]
}

/** Whose key made the signature, and, where nothing at all is wrong with it, the signature. */
export interface Opened {
  readonly signer?: Certificate | undefined
  readonly intact?: IntactSignature | undefined
}

/** An envelope that was read, of which no key was asked yet. */
export interface ReadSignature {
  readonly layer: SignatureLayer
  readonly envelope: Envelope
}

/** The first part of what every level enforces: notation's "integrity". Undefined: it cannot be read. */
export async function readSignature(
  subject: Subject,
  { content }: SignatureManifest,
  { read, effort }: LookingAt,
  checks: CheckList,
): Promise<ReadSignature | undefined> {
  const layer = checks.attempt(
    'signature manifest',
    () => understand('the signature manifest', () => signatureLayer(content, subject)),
    ({ mediaType }) => `one signature of type ${mediaType}`,
  )
  if (layer === undefined) return undefined
  const bytes = await read(layer.digest, MAX_SIGNATURE_BYTES).catch((error: unknown) => {
    checks.add({ name: 'envelope', ok: false, detail: reasonOf(error) })
    return 'failed' as const
  })
  if (bytes === 'failed') return undefined
  effort.parse(bytes?.byteLength ?? 0)
  const envelope = checks.attempt(
    'envelope',
    () => parseEnvelope(layer, bytes),
    () => `a readable ${layer.mediaType === COSE_MEDIA_TYPE ? 'COSE' : 'JWS'} envelope`,
  )
  return envelope && { layer, envelope }
}

function parseEnvelope({ mediaType, sizeBytes }: SignatureLayer, bytes: Uint8Array | undefined): Envelope {
  if (bytes === undefined) refuse('the signature is not in this repository')
  if (bytes.length !== sizeBytes) refuse('the signature has another size than its manifest says')
  return mediaType === COSE_MEDIA_TYPE ? parseCose(bytes) : parseJws(bytes)
}

/** The rest of it, which asks keys. */
export function checkIntegrity(
  { envelope, layer }: ReadSignature,
  subject: Subject,
  { effort }: Pick<LookingAt, 'effort'>,
  checks: CheckList,
): Opened {
  const spend = (cost: number) => effort.spend(cost)
  const chain = checks.attempt(
    'certificates',
    () => chainOf(envelope, spend),
    (certificates) => `a chain of ${certificates.length} for code signing`,
  )
  const [leaf] = chain ?? []
  if (chain === undefined || leaf === undefined) return {}
  const algorithm = checks.attempt(
    'signature',
    () => {
      spend(costOfKey(leaf.key))
      return checkSignature(envelope, leaf)
    },
    (name) => `made with the key of ${leaf.subjectText}, ${name}`,
  )
  if (algorithm === undefined) return {}
  const scheme = checks.attempt(
    'signed attributes',
    () => checkAttributes(envelope),
    (name) => `signing scheme ${name}`,
  )
  checks.attempt(
    'signed artifact',
    () => checkPayload(envelope.payload, subject),
    () => 'this manifest: its digest, size and media type',
  )
  checks.attempt(
    'thumbprints',
    () => checkThumbprints(layer.thumbprints, chain),
    () => 'the signature manifest names the certificates of the signature',
  )
  const { verificationPlugin: plugin } = envelope.attributes
  if (plugin !== undefined)
    checks.attempt('verification plugin', () => refuse(`needs the plugin ${shown(plugin)}: never trusted here`), String)
  const intact = scheme === undefined || checks.all.some(({ ok }) => !ok) ? undefined : { envelope, scheme, chain }
  return { signer: leaf, intact }
}

function chainOf({ certificates }: Envelope, spend: (cost: number) => void): readonly Certificate[] {
  const chain = certificates.map(parseCertificate)
  // A key of an unknown kind has no cost that could be spent, and the rules refuse it before they ask any.
  const cost = costOfChecking(chain)
  if (Number.isFinite(cost)) spend(cost)
  checkChain(chain, 'code signing')
  return chain
}

function checkSignature({ algorithm, signed, signature }: Envelope, { key, subjectText }: Certificate): string {
  const expected = algorithmOfKey(key)
  if (expected === undefined) refuse(`the key of ${subjectText} is of a kind or size that notation does not sign with`)
  if (algorithm !== expected)
    refuse(`the envelope says ${shown(algorithm)}, and the key of ${subjectText} makes ${expected}`)
  if (!verifies(expected, key, signed, signature)) refuse(`the signature is not made with the key of ${subjectText}`)
  return expected
}

const payloadSchema = z.object({
  targetArtifact: z.object({ mediaType: z.string(), digest: z.string(), size: z.int() }),
})

function checkPayload(payload: Uint8Array, subject: Subject): void {
  const parsed = payloadSchema.safeParse(parsePayload(payload))
  if (!parsed.success) refuse('what is signed is no descriptor of an artifact')
  const { digest, size, mediaType } = parsed.data.targetArtifact
  if (digest !== subject.digest) refuse(`what is signed is ${shown(digest)}, another manifest`)
  if (size !== subject.sizeBytes) refuse(`what is signed has ${size} bytes, and this manifest ${subject.sizeBytes}`)
  if (mediaType !== subject.mediaType)
    refuse(`what is signed is a ${shown(mediaType)}, and this manifest a ${shown(subject.mediaType)}`)
}

function parsePayload(payload: Uint8Array): unknown {
  try {
    return parseBoundedJson(payload)
  } catch {
    return refuse('what is signed is not JSON with one meaning')
  }
}

function checkThumbprints(thumbprints: readonly string[], chain: readonly Certificate[]): void {
  const same =
    thumbprints.length === chain.length && chain.every(({ thumbprint }, index) => thumbprints[index] === thumbprint)
  if (!same) refuse('the signature manifest names other certificates than the signature has')
}
