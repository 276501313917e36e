import type { Finding } from '../../inventory/finding.ts'
import { severityRank } from '../../packages/severity.ts'

/** What several scanners say of one vulnerability: each of them by its name, in order. */
const BETWEEN = ', '
const MAX_RATINGS = 50

/**
 * The findings of an image by whoever found them: the same vulnerability of the same package in the same version is one
 * finding, also where one of them calls it by another of its names. It is as bad as the worst of them says, and known since the first of them saw it; what
 * else is said of it comes from the first in the list that says anything.
 */
export function mergeFindings(own: readonly Finding[], others: readonly Finding[]): readonly Finding[] {
  if (others.length === 0) return own
  const merged: Finding[] = [...own]
  const places = new Map<string, number[]>()
  for (const [place, finding] of own.entries()) note(places, finding, place)
  for (const finding of others) {
    const found = placesOf(places, finding).filter((place) => isSame(merged[place], finding))
    if (found.length === 0) note(places, finding, merged.push(finding) - 1)
    for (const place of found) {
      const known = merged[place]
      if (known === undefined) continue
      merged[place] = mergeTwo(known, finding)
      note(places, finding, place)
    }
  }
  return merged.sort(worstFirst)
}

function keysOf({ vulnerability, aliases, package: name, version }: Finding): string[] {
  return [vulnerability, ...aliases].map((id) => `${id}\0${name}\0${version}`)
}

function note(places: Map<string, number[]>, finding: Finding, place: number): void {
  for (const key of keysOf(finding)) {
    const known = places.get(key)
    if (known === undefined) places.set(key, [place])
    else if (!known.includes(place)) known.push(place)
  }
}

/** Several of ours where packages of one name and version are of different kinds: that it is about one of them only is rarely said. */
function placesOf(places: ReadonlyMap<string, readonly number[]>, finding: Finding): readonly number[] {
  return [...new Set(keysOf(finding).flatMap((key) => places.get(key) ?? []))]
}

const CVE = /^CVE-/i

/** Advisories of distributions are about several vulnerabilities: that two have such a name in common says nothing. */
function isSame(known: Finding | undefined, other: Finding): boolean {
  if (known === undefined) return false
  if (known.vulnerability === other.vulnerability) return true
  if (CVE.test(known.vulnerability) && CVE.test(other.vulnerability)) return false
  return known.aliases.includes(other.vulnerability) || other.aliases.includes(known.vulnerability)
}

function mergeTwo(known: Finding, other: Finding): Finding {
  const { fixedVersion = other.fixedVersion, published = other.published } = known
  const ids = new Set([...known.aliases, other.vulnerability, ...other.aliases])
  ids.delete(known.vulnerability)
  return {
    ...known,
    aliases: [...ids],
    summary: known.summary === '' ? other.summary : known.summary,
    severity: severityRank(other.severity) > severityRank(known.severity) ? other.severity : known.severity,
    ratings: distinct([...known.ratings, ...other.ratings]).slice(0, MAX_RATINGS),
    purl: known.purl === '' ? other.purl : known.purl,
    ...(fixedVersion !== undefined && { fixedVersion }),
    ...(published !== undefined && { published }),
    firstSeen: other.firstSeen < known.firstSeen ? other.firstSeen : known.firstSeen,
    scanner: [...new Set([...known.scanner.split(BETWEEN), other.scanner])].join(BETWEEN),
  }
}

function distinct(ratings: Finding['ratings']): Finding['ratings'][number][] {
  const seen = new Map(
    ratings.map((rating) => [JSON.stringify([rating.source, rating.severity, rating.vector]), rating]),
  )
  return [...seen.values()]
}

function worstFirst(a: Finding, b: Finding): number {
  const bySeverity = severityRank(b.severity) - severityRank(a.severity)
  if (bySeverity !== 0) return bySeverity
  return compare(a.vulnerability, b.vulnerability) || compare(a.package, b.package) || compare(a.purl, b.purl)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
