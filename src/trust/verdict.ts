import type { Digest } from '../oci/digest.ts'
import type { Effort } from './effort.ts'
import { Rejection } from './rejection.ts'
import type { Check, SignatureFormat, Signer, TrustAnchor, VerifiedSignature } from './signature.ts'
import { reasonOf } from './words.ts'

/** That somebody who is trusted made it. */
export interface Verdict {
  readonly signer: Signer
  readonly signedAt?: Date
  readonly validUntil?: Date
  readonly checks: readonly Check[]
}

/** What is known of a signature without trusting anybody. */
export interface Seen {
  readonly format: SignatureFormat
  readonly manifest: Digest
  readonly predicateType?: string
  /** Who it says it is from. */
  readonly claimed: Signer
  /** What was looked at before, and is right. */
  readonly checks: readonly Check[]
}

export function passed(name: string, detail: string): Check {
  return { name, ok: true, detail }
}

/** A signature that is no proof of anything. */
export function rejected(seen: Omit<Seen, 'checks'>, error: unknown): VerifiedSignature {
  const { claimed, ...rest } = seen
  return { ...rest, signer: claimed, trustedBy: [], checks: [failed(error)] }
}

function failed(error: unknown): Check {
  return { name: error instanceof Rejection ? error.check : 'form', ok: false, detail: reasonOf(error) }
}

/**
 * Asks everybody who is trusted. `accept` throws where one does not accept it: whatever it throws, that is a check that
 * failed, and never an acceptance.
 */
export async function judge(
  seen: Seen,
  { anchors, effort }: { readonly anchors: readonly TrustAnchor[]; readonly effort: Effort },
  accept: (anchor: TrustAnchor) => Verdict,
): Promise<VerifiedSignature> {
  const { checks, claimed, ...rest } = seen
  const failures: Check[] = []
  const accepted: { readonly anchor: string; readonly verdict: Verdict }[] = []
  for (const anchor of anchors) {
    await effort.rest()
    try {
      accepted.push({ anchor: anchor.name, verdict: accept(anchor) })
    } catch (error) {
      const { name, detail } = failed(error)
      failures.push({ name, ok: false, detail: `${anchor.name}: ${detail}` })
    }
  }
  const [first] = accepted
  if (first === undefined)
    return { ...rest, signer: claimed, trustedBy: [], checks: [...checks, ...orNobody(failures)] }
  const verdicts = accepted.map(({ verdict }) => verdict)
  return {
    ...rest,
    signer: first.verdict.signer,
    trustedBy: accepted.map(({ anchor }) => anchor),
    checks: [...checks, ...first.verdict.checks],
    ...datesOf(verdicts),
  }
}

function orNobody(failures: readonly Check[]): readonly Check[] {
  if (failures.length > 0) return failures
  return [{ name: 'trust', ok: false, detail: 'nobody is trusted here for signatures of this kind' }]
}

function datesOf(verdicts: readonly Verdict[]): Pick<VerifiedSignature, 'signedAt' | 'validUntil'> {
  const signedAt = earliest(verdicts.map((verdict) => verdict.signedAt))
  // When the first of them has to be looked at again, who trusts it may be others.
  const validUntil = earliest(verdicts.map((verdict) => verdict.validUntil))
  return { ...(signedAt && { signedAt }), ...(validUntil && { validUntil }) }
}

export function earliest(dates: readonly (Date | undefined)[]): Date | undefined {
  const times = dates.flatMap((date) => (date === undefined ? [] : [date.getTime()]))
  return times.length === 0 ? undefined : new Date(Math.min(...times))
}
