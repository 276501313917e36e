import { type Certificate, isIssuedBy } from './certificate.ts'
import { costOfKey } from '../key-cost.ts'
import { checkChain, checkValidity, costOfChecking } from './certificate-rules.ts'
import { MAX_CHAIN } from './envelope.ts'
import { refuse } from './refusal.ts'
import type { TimestampToken } from './timestamp-token.ts'

/** Of one stamp for one anchor, as `costOfKey` says. */
const MAX_COST = 300

/** The chain of a time stamp, up to a root that is trusted for it. `spend` is told what keys take. @throws Refusal */
export function timestampChain(
  token: TimestampToken,
  roots: readonly Certificate[],
  spend: (cost: number) => void,
): readonly Certificate[] {
  let left = MAX_COST
  const chain = pathToRoot(token, roots, (cost) => {
    left -= cost
    if (left < 0) refuse('to find who issued the certificate of the time stamp takes too long')
    spend(cost)
  })
  if (chain === undefined)
    refuse(`the time stamp is of ${token.signer.subjectText}, which no authority of the tsa store has issued`)
  spend(costOfChecking(chain))
  checkChain(chain, 'time stamping')
  checkValidity(chain, token.time.at, token.time.at)
  return chain
}

/** Breadth first, each certificate once: whatever came with the stamp, it ends, and it finds the shortest way. */
function pathToRoot(
  { signer, certificates }: TimestampToken,
  roots: readonly Certificate[],
  spend: (cost: number) => void,
) {
  const unused = new Set(certificates.filter(({ thumbprint }) => thumbprint !== signer.thumbprint))
  let paths: readonly (readonly Certificate[])[] = [[signer]]
  for (let length = 1; length < MAX_CHAIN && paths.length > 0; length++) {
    for (const path of paths) {
      const root = roots.find((candidate) => isNext(path, candidate, spend))
      if (root !== undefined) return [...path, root]
    }
    paths = paths.flatMap((path) => {
      const next = [...unused].filter((candidate) => isNext(path, candidate, spend))
      for (const certificate of next) unused.delete(certificate)
      return next.map((certificate) => [...path, certificate])
    })
  }
  return undefined
}

function isNext(path: readonly Certificate[], issuer: Certificate, spend: (cost: number) => void): boolean {
  const last = path.at(-1)
  if (last === undefined || last.thumbprint === issuer.thumbprint) return false
  if (!last.issuerBytes.equals(issuer.subjectBytes)) return false
  spend(costOfKey(issuer.key))
  return isIssuedBy(last, issuer)
}
