import type { Effort } from './effort.ts'
import { type Candidate, MAX_SIGNATURES, type VerifiedSignature } from './signature.ts'

/** One that was found, in the order of discovery; judged or refused it is a signature. */
export interface Found {
  each: VerifiedSignature | Candidate
}

/** Of each kind so many that name somebody who is trusted, or nobody: what costs least to make comes last. */
const MOST_BY_RANK = [MAX_SIGNATURES, 128, 128]

/** Asks keys: first of those that say they are from somebody who is trusted. */
export async function judgeAll(found: readonly Found[], effort: Effort, problems: string[]): Promise<void> {
  const candidates = found.flatMap((place) => ('judge' in place.each ? [{ place, candidate: place.each }] : []))
  for (const isStatement of [false, true]) {
    const ofKind = candidates.filter(({ candidate }) => (candidate.predicateType !== undefined) === isStatement)
    for (const rank of [2, 1, 0]) {
      const ofRank = ofKind.filter(({ candidate }) => candidate.rank === rank)
      const most = MOST_BY_RANK[rank] ?? 0
      for (const { place, candidate } of ofRank.slice(0, most)) {
        await effort.rest()
        place.each = await candidate.judge()
      }
      if (ofRank.length > most)
        problems.push(`there are ${ofRank.length} ${isStatement ? 'statements' : 'signatures'}; ${most} were verified`)
    }
  }
}

interface Shown {
  readonly signatures: readonly VerifiedSignature[]
  readonly problems: readonly string[]
}

/** Those that somebody trusts, then those that were judged, then what was refused before; in the order of discovery. */
export function shownOf(found: readonly Found[]): Shown {
  const all = found.flatMap(({ each }, index) => ('judge' in each ? [] : [{ each, index }]))
  const trusted = all.filter(({ each }) => each.trustedBy.length > 0)
  const kept = [false, true].flatMap((isStatement) =>
    trusted.filter(({ each }) => (each.predicateType !== undefined) === isStatement).slice(0, MAX_SIGNATURES),
  )
  const others = all.filter(({ each }) => each.trustedBy.length === 0).sort((one, other) => depth(other) - depth(one))
  const shown = [...kept, ...others.slice(0, Math.max(0, MAX_SIGNATURES - kept.length))]
  const signatures = shown.sort((one, other) => one.index - other.index).map(({ each }) => each)
  if (shown.length === found.length) return { signatures, problems: [] }
  return { signatures, problems: [`there are ${found.length} signatures and attestations; ${shown.length} are shown`] }
}

/** How far it came. */
function depth({ each }: { readonly each: VerifiedSignature }): number {
  return each.checks.length
}
