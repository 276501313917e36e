import type { SignatureReport } from '../../trust/signature-source.ts'
import type { VerifiedSignature } from '../../trust/signature.ts'
import type { CheckOf } from '../rule.ts'
import { type CheckResult, earliest, plain, SOON_MS } from './result.ts'

/** A plain signature in the form of a statement, as newer cosign makes it. */
const PLAIN_STATEMENT = 'https://sigstore.dev/cosign/sign/v1'

/** Whether it was signed by who should have. `reports`: of the manifest, and of the indexes that list it. */
export function checkSignatures(
  asked: CheckOf<'signatures'> | CheckOf<'attestations'>,
  reports: readonly SignatureReport[],
  now: number,
): CheckResult {
  const good = reports
    .flatMap(({ signatures }) => signatures)
    .filter((each) => isAsked(asked, each) && isValid(each, now))
  const by = (anchor: string) => good.find(({ trustedBy }) => trustedBy.includes(anchor))
  const found = asked.anchors.flatMap((anchor) => by(anchor) ?? [])
  const again = earliest(
    ...reports.map(({ validUntil }) => validUntil?.getTime()),
    ...good.map(({ validUntil }) => validUntil?.getTime()),
  )
  const isEnough = asked.require === 'any' ? found.length > 0 : found.length === asked.anchors.length
  if (isEnough) return { outcome: 'pass', text: '', until: again }
  const problems = reports.flatMap((report) => report.problems)
  const until = problems.length > 0 ? earliest(again, now + SOON_MS) : again
  return { outcome: 'violated', text: `${missing(asked, by)}${because(problems)}`, until }
}

function isAsked(
  asked: CheckOf<'signatures'> | CheckOf<'attestations'>,
  { predicateType }: VerifiedSignature,
): boolean {
  if (asked.kind === 'attestations') return predicateType === asked.predicateType
  return predicateType === undefined || predicateType === PLAIN_STATEMENT
}

function isValid({ validUntil }: VerifiedSignature, now: number): boolean {
  return validUntil === undefined || validUntil.getTime() > now
}

function missing(
  asked: CheckOf<'signatures'> | CheckOf<'attestations'>,
  by: (anchor: string) => VerifiedSignature | undefined,
): string {
  const what = asked.kind === 'signatures' ? 'signature' : `attestation of ${plain(asked.predicateType)}`
  const names = asked.anchors.filter((anchor) => by(anchor) === undefined).map((anchor) => plain(anchor))
  return `it has no ${what} that ${names.join(asked.require === 'any' ? ' or ' : ' and ')} ${names.length === 1 ? 'accepts' : 'accept'}`
}

function because([first]: readonly string[]): string {
  return first === undefined ? '' : ` (${plain(first, 200)})`
}
