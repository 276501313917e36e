import { findVersionOrder, type VersionOrder } from '../packages/versions/compare.ts'
import { InvalidVersion } from '../packages/versions/invalid-version.ts'
import { compareSemver } from '../packages/versions/semver.ts'
import type { OsvAffected, OsvRange } from './osv-record.ts'

/** Introduced, fixed, last affected. */
type EventKind = 'i' | 'f' | 'l'

/** A range whose events are in their order. */
export interface VersionRange {
  /** Absent: the ecosystem's own order. */
  readonly semver?: true
  readonly events: readonly (readonly [kind: EventKind, version: string])[]
  readonly limits?: readonly string[]
}

/** Which versions of a package a record speaks of: as it is kept. */
export interface AffectedVersions {
  readonly ranges: readonly VersionRange[]
  /** Those that no range has. */
  readonly versions: readonly string[]
}

export interface Verdict {
  /** The first version without it, as far as the ranges say. */
  readonly fixed?: string
}

const MAX_EVENTS = 2000
const MAX_VERSIONS = 100_000
/** Beyond so many comparisons a list is kept as it is. Real ones need some thousands. */
const MAX_COMPARISONS = 2_000_000
/** "From the beginning", which comes before every version. */
const BEGINNING = '0'

/** Git's ranges are none of packages, and one whose events are no versions cannot be judged. */
export function affectedVersions(ecosystem: string, { ranges, versions }: OsvAffected): AffectedVersions {
  const order = findVersionOrder(ecosystem)
  const read = (ranges ?? []).flatMap((range) => readRange(range, order) ?? [])
  const listed = (versions ?? []).slice(0, MAX_VERSIONS)
  const events = read.reduce((sum, range) => sum + range.events.length, 0)
  if (events * listed.length > MAX_COMPARISONS) return { ranges: read, versions: listed }
  // Most lists only repeat what the ranges say.
  const more = listed.filter((version) => findInRanges(version, read, order) === undefined)
  return { ranges: read, versions: more }
}

/** Undefined: this version does not have it. */
export function judgeVersion(ecosystem: string, version: string, affected: AffectedVersions): Verdict | undefined {
  const order = findVersionOrder(ecosystem)
  const found = findInRanges(version, affected.ranges, order)
  if (found !== undefined) return found
  return affected.versions.includes(version) ? {} : undefined
}

function readRange({ type, events }: OsvRange, order: VersionOrder | undefined): VersionRange | undefined {
  const semver = type === 'SEMVER'
  const compare = semver ? compareSemver : order
  if ((!semver && type !== 'ECOSYSTEM') || compare === undefined || events.length > MAX_EVENTS) return undefined
  const limits = events.flatMap(({ limit }) => limit ?? [])
  const marks = events.flatMap((event) => [
    ...mark('i', event.introduced),
    ...mark('f', event.fixed),
    ...mark('l', event.last_affected),
  ])
  try {
    return {
      ...(semver ? { semver } : {}),
      events: marks.toSorted(([, a], [, b]) => compareToBeginning(compare, a, b)),
      ...(limits.length === 0 || limits.includes('*') ? {} : { limits: limits.filter(isComparable(compare)) }),
    }
  } catch (error) {
    if (error instanceof InvalidVersion) return undefined
    throw error
  }
}

function mark(kind: EventKind, version: string | undefined): [EventKind, string][] {
  return version === undefined ? [] : [[kind, version]]
}

function compareToBeginning(compare: VersionOrder, a: string, b: string): number {
  if (a === BEGINNING || b === BEGINNING) return (a === BEGINNING ? 0 : 1) - (b === BEGINNING ? 0 : 1)
  return compare(a, b)
}

function isComparable(compare: VersionOrder): (version: string) => boolean {
  return (version) => {
    compare(version, version)
    return true
  }
}

function findInRanges(
  version: string,
  ranges: readonly VersionRange[],
  order: VersionOrder | undefined,
): Verdict | undefined {
  let found: Verdict | undefined
  for (const range of ranges) {
    const compare = range.semver === true ? compareSemver : order
    const verdict = compare === undefined ? undefined : tryRange(version, range, compare)
    if (verdict?.fixed !== undefined) return verdict
    found ??= verdict
  }
  return found
}

/** A version that is none has nothing: it is compared with nothing. */
function tryRange(version: string, range: VersionRange, compare: VersionOrder): Verdict | undefined {
  try {
    return judgeRange(version, range, compare)
  } catch (error) {
    if (error instanceof InvalidVersion) return undefined
    throw error
  }
}

/** "Evaluation" of the OSV schema: the last event that counts decides. */
function judgeRange(version: string, { events, limits }: VersionRange, compare: VersionOrder): Verdict | undefined {
  if (limits !== undefined && !limits.some((limit) => compare(version, limit) < 0)) return undefined
  let isAffected = false
  let fixed: string | undefined
  for (const [kind, at] of events) {
    const order = kind === 'i' && at === BEGINNING ? 1 : compare(version, at)
    if (counts(kind, order)) isAffected = kind === 'i'
    else if (kind === 'f') fixed ??= at
  }
  if (!isAffected) return undefined
  return fixed === undefined ? {} : { fixed }
}

/** Whether a version is at or behind an event. `order`: of the version to the event's. */
function counts(kind: EventKind, order: number): boolean {
  return kind === 'l' ? order > 0 : order >= 0
}
