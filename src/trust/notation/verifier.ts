import { Problem } from '../../lib/problem.ts'
import { costOfKey } from '../key-cost.ts'
import type {
  LookingAt,
  SignatureManifest,
  SignatureVerifier,
  Signer,
  Subject,
  TrustAnchor,
  VerifiedSignature,
} from '../signature.ts'
import { type NotationTrust, readNotationAnchor } from './anchor.ts'
import { type Asked, type Assessment, assess } from './assessment.ts'
import type { Certificate } from './certificate.ts'
import { type CheckList, newCheckList, reasonOf } from './checks.ts'
import { checkIntegrity, type IntactSignature, type ReadSignature, readSignature } from './integrity.ts'
import { isSignatureManifest } from './manifest.ts'
import { refuse } from './refusal.ts'
import { openTimestamp, type TimestampToken } from './timestamp-token.ts'

/**
 * Signatures of the Notary Project (`notation sign`), in JWS or COSE, as its specifications say: signature, payload and
 * certificates without any network. What that cannot tell is a check of its own: whether a certificate was revoked.
 */
export const notationVerifier: SignatureVerifier = {
  format: 'notation',
  recognizes: ({ content }) => isSignatureManifest(content),
  async open(subject, signature, by) {
    const checks = newCheckList()
    const read = await readSignature(subject, signature, by, checks)
    if (read === undefined) return { found: [verified(signature, undefined, checks)] }
    const anchors = by.anchors.filter(({ kind }) => kind === 'notation')
    const judge = () => judged({ subject, signature, read, checks, anchors }, by)
    return { found: [{ predicateType: undefined, rank: await rankOf(read, anchors, by), judge }] }
  },
}

/** Whether it says that its certificates go up to one that is trusted. */
async function rankOf(
  { layer }: ReadSignature,
  anchors: readonly TrustAnchor[],
  { effort }: LookingAt,
): Promise<number> {
  for (const anchor of anchors) {
    await effort.rest()
    const trust = readOnce(anchor)
    if (typeof trust === 'string') continue
    const trusted = [...trust.stores.ca, ...trust.stores.signingAuthority]
    if (trusted.some(({ thumbprint }) => layer.thumbprints.includes(thumbprint))) return 2
  }
  return 0
}

interface Judging {
  readonly subject: Subject
  readonly signature: SignatureManifest
  readonly read: ReadSignature
  readonly checks: CheckList
  readonly anchors: readonly TrustAnchor[]
}

async function judged(
  { subject, signature, read, checks, anchors }: Judging,
  { now, effort }: LookingAt,
): Promise<VerifiedSignature> {
  const { signer, intact } = checkIntegrity(read, subject, { effort }, checks)
  if (intact === undefined) return verified(signature, signer, checks)
  const spend = (cost: number) => effort.spend(cost)
  const asked = { now, spend, stamp: stampOf(intact, spend) }
  const trustedBy: string[] = []
  let signedAt: Date | undefined
  for (const anchor of anchors) {
    const assessment = await restThen(effort, checks, () => assessed(anchor, intact, asked, checks))
    if (assessment?.trusted === true) trustedBy.push(anchor.name)
    signedAt ??= assessment?.signedAt
  }
  const validUntil = nextChange(intact, now)
  return {
    ...verified(signature, signer, checks),
    trustedBy,
    ...(signedAt === undefined ? {} : { signedAt }),
    ...(validUntil === undefined ? {} : { validUntil }),
  }
}

async function restThen<T>(effort: LookingAt['effort'], checks: CheckList, then: () => T): Promise<T | undefined> {
  try {
    await effort.rest()
    return then()
  } catch (error) {
    checks.add({ name: 'time', ok: false, detail: reasonOf(error) })
    return undefined
  }
}

/** Opens the time stamp when it is first asked for, and says the same from then on. */
function stampOf({ envelope }: IntactSignature, spend: Asked['spend']): Asked['stamp'] {
  let opened: { readonly token: TimestampToken } | { readonly error: unknown } | undefined
  const open = () => {
    try {
      if (envelope.timestamp === undefined) refuse('there is no time stamp')
      const token = openTimestamp(envelope.timestamp, envelope.signature, (key) => spend(costOfKey(key)))
      return { token }
    } catch (error) {
      return { error }
    }
  }
  return () => {
    opened ??= open()
    if ('error' in opened) throw opened.error
    return opened.token
  }
}

function verified(
  { digest }: SignatureManifest,
  signer: Certificate | undefined,
  checks: CheckList,
): VerifiedSignature {
  return { format: 'notation', manifest: digest, signer: signerOf(signer), trustedBy: [], checks: checks.all }
}

function signerOf(certificate: Certificate | undefined): Signer {
  if (certificate === undefined) return { name: 'unknown' }
  const { subjectText, issuerText, thumbprint } = certificate
  return { name: subjectText, subject: subjectText, issuer: issuerText, keyId: `sha256:${thumbprint}` }
}

function assessed(
  anchor: TrustAnchor,
  intact: IntactSignature,
  asked: Asked,
  checks: CheckList,
): Assessment | undefined {
  const trust = readOnce(anchor)
  if (typeof trust === 'string') {
    checks.add({ name: `${anchor.name}: trust anchor`, ok: false, detail: trust })
    return undefined
  }
  const assessment = assess(anchor.name, trust, intact, asked)
  for (const check of assessment.checks) checks.add(check)
  return assessment
}

/** Stores have many certificates, and signatures come again and again. */
const known = new WeakMap<TrustAnchor, NotationTrust | string>()

/** A text: why it cannot be read; such an anchor trusts nobody. */
function readOnce(anchor: TrustAnchor): NotationTrust | string {
  const read = known.get(anchor) ?? readAnchor(anchor.body)
  known.set(anchor, read)
  return read
}

function readAnchor(body: unknown): NotationTrust | string {
  try {
    return readNotationAnchor(body)
  } catch (error) {
    return error instanceof Problem ? error.message : 'it cannot be read'
  }
}

/** The next time at which a certificate, or the signature, begins or ceases to be valid. */
function nextChange({ chain, envelope }: IntactSignature, now: Date): Date | undefined {
  const moments = [envelope.attributes.expiry, ...chain.flatMap(({ notBefore, notAfter }) => [notBefore, notAfter])]
  const ahead = moments.flatMap((moment) => (moment !== undefined && moment > now ? [moment.getTime()] : []))
  return ahead.length === 0 ? undefined : new Date(Math.min(...ahead))
}
