import type { SignatureManifest, SignatureVerifier, Signer, TrustAnchor, VerifiedSignature } from '../signature.ts'
import { Problem } from '../../lib/problem.ts'
import { type NotationTrust, readNotationAnchor } from './anchor.ts'
import { type Assessment, assess } from './assessment.ts'
import type { Certificate } from './certificate.ts'
import { type CheckList, newCheckList } from './checks.ts'
import { checkIntegrity, type IntactSignature } from './integrity.ts'
import { isSignatureManifest } from './manifest.ts'

/**
 * Signatures of the Notary Project (`notation sign`), in JWS or COSE, as its specifications say: signature, payload and
 * certificates without any network. What that cannot tell is a check of its own: whether a certificate was revoked.
 */
export const notationVerifier: SignatureVerifier = {
  format: 'notation',
  recognizes: ({ content }) => isSignatureManifest(content),
  async verify(subject, signature, { anchors, now, read }) {
    const checks = newCheckList()
    const { signer, intact } = await checkIntegrity(subject, signature, read, checks)
    if (intact === undefined) return [verified(signature, signer, checks)]
    const assessments = anchors
      .filter(({ kind }) => kind === 'notation')
      .map((anchor) => ({ anchor, assessment: assessed(anchor, intact, now, checks) }))
    const trustedBy = assessments.filter(({ assessment }) => assessment?.trusted).map(({ anchor }) => anchor.name)
    const signedAt = assessments.map(({ assessment }) => assessment?.signedAt).find((moment) => moment !== undefined)
    const validUntil = nextChange(intact, now)
    return [
      {
        ...verified(signature, signer, checks),
        trustedBy,
        ...(signedAt === undefined ? {} : { signedAt }),
        ...(validUntil === undefined ? {} : { validUntil }),
      },
    ]
  },
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

function assessed(anchor: TrustAnchor, intact: IntactSignature, now: Date, checks: CheckList): Assessment | undefined {
  const trust = readOnce(anchor)
  if (typeof trust === 'string') {
    checks.add({ name: `${anchor.name}: trust anchor`, ok: false, detail: trust })
    return undefined
  }
  const assessment = assess(anchor.name, trust, intact, now)
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
