import type { VerifiedSignature } from '../trust/signature.ts'
import type { SignatureReport } from '../trust/signature-source.ts'
import { print } from './output.ts'

/** Every signature with who made it, when, who trusts it, and why not. */
export function printSignatures({ signatures, problems }: SignatureReport): void {
  for (const signature of signatures) printSignature(signature)
  for (const problem of problems) print(`Not everything was looked at: ${problem}`)
  if (signatures.length === 0) print('There are no signatures.')
}

function printSignature({
  format,
  predicateType,
  signer,
  signedAt,
  trustedBy,
  checks,
  manifest,
}: VerifiedSignature): void {
  const isTrusted = trustedBy.length > 0
  const what = predicateType === undefined ? 'signed' : `states ${predicateType}`
  print(`${isTrusted ? 'trusted' : 'NOT trusted'}: ${signer.name} ${what}${isTrusted ? '' : ', as it says'}`)
  print(`  ${format}, ${manifest}`)
  if (signedAt !== undefined) print(`  by ${signedAt.toISOString()}`)
  if (isTrusted) print(`  trusted as ${trustedBy.join(', ')}`)
  for (const { name, ok, detail } of checks) if (!ok || isTrusted) print(`  ${ok ? 'ok' : 'FAILED'} ${name}: ${detail}`)
}

/** Plain signatures that are trusted; or statements of a type. */
export function trustedAmong({ signatures }: SignatureReport, predicateType?: string): readonly VerifiedSignature[] {
  return signatures.filter((each) => each.trustedBy.length > 0 && each.predicateType === predicateType)
}
