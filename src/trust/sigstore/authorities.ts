import type { X509Certificate } from '@sigstore/core'
import type { TrustMaterial } from '@sigstore/verify'
import { Breaths } from '../../lib/breaths.ts'
import { Problem } from '../../lib/problem.ts'
import { costOfChain } from './cost.ts'
import { mayHaveIssued } from './issuing.ts'

export const MAX_AUTHORITIES = 16
export const MAX_CHAIN = 8
/** As `costOfKey` says: eight of P-521, each held against two. */
const MAX_CHAIN_COST = 300
/** Of all authorities of a root together. */
const MAX_CERTIFICATES = 64

/**
 * The library builds every path from a certificate up, without looking whether it was there already: certificates that
 * certify each other never end, and many of one name nearly so. So each chain is one line: every certificate has the
 * next one as its only issuer, which really signed it, and the last one signed itself. @throws Problem
 */
export async function requireLines({ certificateAuthorities, timestampAuthorities }: TrustMaterial): Promise<void> {
  const chains = [...certificateAuthorities, ...timestampAuthorities].map(({ certChain }) => certChain)
  const count = chains.reduce((sum, chain) => sum + chain.length, 0)
  if (count > MAX_CERTIFICATES)
    throw new Problem(
      'invalid',
      `this trusted root has ${count} certificates of authorities; at most ${MAX_CERTIFICATES}`,
    )
  for (const authorities of [certificateAuthorities, timestampAuthorities])
    requireDistinct(authorities.map(({ certChain }) => certChain))
  const breaths = new Breaths()
  for (const chain of chains) await requireLine(chain, breaths)
}

function requireDistinct(chains: readonly (readonly X509Certificate[])[]): void {
  const seen = new Set<string>()
  for (const [first] of chains) {
    const text = first?.root.toDER().toString('base64') ?? ''
    if (seen.has(text)) throw new Problem('invalid', 'this trusted root has one and the same authority twice')
    seen.add(text)
  }
}

async function requireLine(chain: readonly X509Certificate[], breaths: Breaths): Promise<void> {
  // Of keys that take too long nothing is asked at all.
  if (costOfChain(chain) > MAX_CHAIN_COST)
    throw new Problem(
      'invalid',
      'an authority of this trusted root has keys that nobody signs with, or that take too long',
    )
  for (const [index, certificate] of chain.entries()) {
    await breaths.take()
    const isLast = index === chain.length - 1
    // One whose key is also that of its issuer leads to itself: there the library stops.
    const others = chain.filter((each) => each !== certificate && mayHaveIssued(each, certificate))
    const issuers = others.filter((each) => isSignedBy(certificate, each))
    const isEnd = certificate.subject.equals(certificate.issuer) && isSignedBy(certificate, certificate)
    const isRight = isLast ? isEnd : !isEnd && issuers.length === 1 && issuers[0] === chain[index + 1]
    if (isRight) continue
    const what = isLast
      ? 'the last of one is no root'
      : `certificate ${index + 1} of one is not issued by the next, and by it alone`
    throw new Problem(
      'invalid',
      `authorities of a trusted root are chains, each issued by the next, up to one that signed itself: ${what}`,
    )
  }
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer)
  } catch {
    return false
  }
}

/**
 * The authorities that may have issued a certificate. Undefined: the certificate itself may have issued one of theirs,
 * and a path would lead from it to itself.
 */
export function authoritiesOf(
  leaf: X509Certificate,
  { certificateAuthorities }: TrustMaterial,
): TrustMaterial['certificateAuthorities'] | undefined {
  const isAbove = certificateAuthorities.some(({ certChain }) => certChain.some((each) => mayHaveIssued(leaf, each)))
  if (isAbove) return undefined
  return certificateAuthorities.filter(({ certChain }) => certChain.some((each) => mayHaveIssued(each, leaf)))
}
