import type { Bundle } from '@sigstore/bundle'
import type { X509Certificate } from '@sigstore/core'
import { type SignedEntity, toSignedEntity, Verifier } from '@sigstore/verify'
import type { Check } from '../signature.ts'
import { Rejection } from '../rejection.ts'
import { earliest, passed, type Verdict } from '../verdict.ts'
import { reasonOf } from '../words.ts'
import type { SigstoreAnchor, Thresholds } from './anchor.ts'
import { authoritiesOf } from './authorities.ts'
import { certificateOf } from './bundle.ts'
import { identityOf, requireSigningUse } from './certificate.ts'
import { requireCheap } from './cost.ts'
import { requireOwnEntries } from './log-entry.ts'
import type { Root } from './trusted-root.ts'

interface Signed {
  readonly bundle: Bundle
  /** What was signed; of an envelope it is inside. */
  readonly artifact?: Uint8Array | undefined
}

/** A certificate that the anchor's authorities gave to whom it names. @throws Error, whatever is wrong */
export function acceptCertificate(
  { bundle, artifact }: Signed,
  anchor: SigstoreAnchor,
  { now, spend }: { readonly now: Date; readonly spend: (cost: number) => void },
): Verdict {
  const leaf = certificateOf(bundle)
  if (leaf === undefined) throw new Rejection('certificate', 'it was made with a key, not with a certificate')
  requireSigningUse(leaf)
  // Before what takes long: most of those who are trusted are somebody else.
  const { identity, issuer } = requireIdentity(leaf, anchor)
  const entity = entityOf(bundle, artifact)
  const provedAt = timeOf(entity)
  const { thresholds } = anchor
  // Nobody proves when it was made: then the certificate has to hold at this moment, or it would hold for ever.
  const isUntimed = provedAt === undefined && thresholds.timestampThreshold === 0
  const dated = isUntimed ? atMoment(entity, now) : entity
  const material = materialFor(leaf, anchor.root)
  spend(requireCheap(dated, leaf, material))
  verify(dated, { material, thresholds })
  requireOwnEntries(bundle, leaf)
  const by = issuer === undefined ? '' : ` (${issuer})`
  return {
    signer: { name: `${identity}${by}`, identity, ...(issuer !== undefined && { issuer }) },
    ...(provedAt && { signedAt: provedAt }),
    ...(isUntimed && { validUntil: leaf.notAfter }),
    checks: [
      passed('signature', 'made with the key of the certificate'),
      passed('certificate', 'given by an authority that is trusted'),
      passed('identity', `${identity}${by}`),
      ...logChecks(entity, thresholds),
      timeCheck(provedAt, leaf),
    ],
  }
}

/** Only what a path from this certificate may lead over: it ends, and is short. @throws Rejection */
function materialFor(leaf: X509Certificate, { material }: Root): Root['material'] {
  const certificateAuthorities = authoritiesOf(leaf, material)
  if (certificateAuthorities === undefined)
    throw new Rejection('certificate', 'the certificate has the name or the key of an authority')
  return { ...material, certificateAuthorities }
}

function entityOf(bundle: Bundle, artifact: Uint8Array | undefined): SignedEntity {
  return toSignedEntity(bundle, artifact && Buffer.from(artifact))
}

function verify(
  entity: SignedEntity,
  { material, thresholds }: { readonly material: Root['material']; readonly thresholds: Thresholds },
): void {
  try {
    new Verifier(material, { ...thresholds }).verify(entity)
  } catch (error) {
    throw new Rejection(checkOf(error), explain(error))
  }
}

/** Of the library's codes, the word that the check is listed under. */
function checkOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code.startsWith('TLOG')) return 'log'
  if (code.startsWith('TIMESTAMP')) return 'time'
  return code.startsWith('CERTIFICATE') ? 'certificate' : 'signature'
}

function explain(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
  return `${reasonOf(error)}${cause}`
}

/**
 * When it was made at the latest, as clocks and logs that `verify` asks say. A log’s time counts only with its own
 * signature over it; the proof of an entry says nothing of time.
 */
function timeOf({ timestamps }: SignedEntity): Date | undefined {
  return earliest(
    timestamps.map((each) => {
      if (each.$case === 'timestamp-authority') return each.timestamp.signingTime
      const { inclusionPromise, integratedTime } = each.tlogEntry
      return inclusionPromise === undefined ? undefined : new Date(Number(integratedTime) * 1000)
    }),
  )
}

/** The library looks at certificates as of the times that a signature brings, and not at all where it brings none. */
function atMoment(entity: SignedEntity, now: Date): SignedEntity {
  const tlogEntry = {
    logIndex: '0',
    logId: { keyId: Buffer.alloc(0) },
    kindVersion: { kind: '', version: '' },
    integratedTime: String(Math.floor(now.getTime() / 1000)),
    inclusionPromise: { signedEntryTimestamp: Buffer.alloc(0) },
    inclusionProof: undefined,
    canonicalizedBody: Buffer.alloc(0),
  }
  return { ...entity, timestamps: [{ $case: 'transparency-log', tlogEntry }] }
}

function requireIdentity(leaf: X509Certificate, anchor: SigstoreAnchor) {
  const found = identityOf(leaf)
  if (anchor.issuer !== undefined && found.issuer !== anchor.issuer)
    throw new Rejection('identity', `the issuer is ${found.issuer ?? 'not said'}, and not ${anchor.issuer}`)
  if (!anchor.matches(found.identity)) throw new Rejection('identity', `${found.identity} is somebody else`)
  return found
}

function logChecks({ tlogEntries }: SignedEntity, { tlogThreshold }: Thresholds): readonly Check[] {
  if (tlogEntries.length > 0) return [passed('log', `${tlogEntries.length} entries of a log that is trusted`)]
  return tlogThreshold === 0 ? [passed('log', 'in no log, and none is asked for')] : []
}

function timeCheck(provedAt: Date | undefined, leaf: X509Certificate): Check {
  if (provedAt !== undefined) return passed('time', `made by ${provedAt.toISOString()}, as a trusted clock or log says`)
  return passed('time', `nobody proves when; the certificate holds until ${leaf.notAfter.toISOString()}`)
}
