import type { KeyObject } from 'node:crypto'

/** What verifying with a key takes, with P-256 as the measure: about a tenth of a millisecond. */
const CURVES: Readonly<Record<string, number>> = { prime256v1: 1, secp384r1: 7, secp521r1: 16 }
const MAX_RSA_BITS = 8192
const OTHERS = 2

/** Without an end for those that nobody signs with, or that take too long. */
export function costOfKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): number {
  const { namedCurve = '', modulusLength = 0 } = asymmetricKeyDetails ?? {}
  if (asymmetricKeyType === 'ec') return CURVES[namedCurve] ?? Number.POSITIVE_INFINITY
  return modulusLength > MAX_RSA_BITS ? Number.POSITIVE_INFINITY : OTHERS
}
