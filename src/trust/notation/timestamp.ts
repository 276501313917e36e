import { type Certificate, isIssuedBy } from './certificate.ts'
import { checkChain, checkValidity } from './certificate-rules.ts'
import { MAX_CHAIN } from './envelope.ts'
import { refuse } from './refusal.ts'
import type { TimestampToken } from './timestamp-token.ts'

/** The chain of a time stamp, up to a root that is trusted for it. @throws Refusal */
export function timestampChain(token: TimestampToken, roots: readonly Certificate[]): readonly Certificate[] {
  const chain = pathToRoot(token, roots)
  if (chain === undefined)
    refuse(`the time stamp is of ${token.signer.subjectText}, which no authority of the tsa store has issued`)
  checkChain(chain, 'time stamping')
  checkValidity(chain, token.time.at, token.time.at)
  return chain
}

/** Breadth first, each certificate once: whatever came with the stamp, it ends, and it finds the shortest way. */
function pathToRoot({ signer, certificates }: TimestampToken, roots: readonly Certificate[]) {
  const unused = new Set(certificates.filter(({ thumbprint }) => thumbprint !== signer.thumbprint))
  let paths: readonly (readonly Certificate[])[] = [[signer]]
  for (let length = 1; length < MAX_CHAIN && paths.length > 0; length++) {
    for (const path of paths) {
      const root = roots.find((candidate) => isNext(path, candidate))
      if (root !== undefined) return [...path, root]
    }
    paths = paths.flatMap((path) => {
      const next = [...unused].filter((candidate) => isNext(path, candidate))
      for (const certificate of next) unused.delete(certificate)
      return next.map((certificate) => [...path, certificate])
    })
  }
  return undefined
}

function isNext(path: readonly Certificate[], issuer: Certificate): boolean {
  const last = path.at(-1)
  return last !== undefined && last.thumbprint !== issuer.thumbprint && isIssuedBy(last, issuer)
}
