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

/**
 * Git's ranges are none of packages. One whose bounds are no versions is kept without them, so that it has more versions
 * rather than fewer; where a record lists the versions too, the list says it better.
 */
export function affectedVersions(ecosystem: string, { ranges, versions }: OsvAffected): AffectedVersions {
  const order = findVersionOrder(ecosystem)
  const listed = (versions ?? []).slice(0, MAX_VERSIONS)
  const read = (ranges ?? []).flatMap((range) => readRange(range, order, listed.length > 0) ?? [])
  const events = read.reduce((sum, range) => sum + range.events.length, 0)
  if (events * listed.length > MAX_COMPARISONS) return { ranges: read, versions: listed }
  // Most lists only repeat what the ranges say.
  const more = listed.filter((version) => typeof findInRanges(version, read, order) !== 'object')
  return { ranges: read, versions: more }
}

/** Undefined: this version does not have it. `unclear`: it cannot be compared with what the record says. */
export function judgeVersion(
  ecosystem: string,
  version: string,
  affected: AffectedVersions,
): Verdict | 'unclear' | undefined {
  const order = findVersionOrder(ecosystem)
  const found = findInRanges(version, affected.ranges, order)
  if (typeof found === 'object') return found
  return affected.versions.includes(version) ? {} : found
}

function readRange(
  { type, events }: OsvRange,
  order: VersionOrder | undefined,
  isListed: boolean,
): VersionRange | undefined {
  const semver = type === 'SEMVER'
  const compare = semver ? compareSemver : order
  if ((!semver && type !== 'ECOSYSTEM') || compare === undefined) return undefined
  const kept = events.length > MAX_EVENTS ? [] : events
  const limits = kept.flatMap(({ limit }) => limit ?? [])
  const marks = kept.flatMap((event) => [
    ...mark('i', event.introduced),
    ...mark('f', event.fixed),
    ...mark('l', event.last_affected),
  ])
  const good = marks.filter(([, version]) => version === BEGINNING || isComparable(compare, version))
  const isWhole = kept === events && good.length === marks.length
  if (!isWhole && isListed) return undefined
  // What began nobody knows when began with the first version.
  const start: readonly (readonly [EventKind, string])[] = good.some(([kind]) => kind === 'i') ? [] : [['i', BEGINNING]]
  const isLimited = limits.length > 0 && limits.every((limit) => limit !== '*' && isComparable(compare, limit))
  return {
    ...(semver ? { semver } : {}),
    events: [...(isWhole ? [] : start), ...good].toSorted(([, a], [, b]) => compareToBeginning(compare, a, b)),
    ...(isLimited ? { limits } : {}),
  }
}

function mark(kind: EventKind, version: string | undefined): [EventKind, string][] {
  return version === undefined ? [] : [[kind, version]]
}

function compareToBeginning(compare: VersionOrder, a: string, b: string): number {
  if (a === BEGINNING || b === BEGINNING) return (a === BEGINNING ? 0 : 1) - (b === BEGINNING ? 0 : 1)
  return compare(a, b)
}

function isComparable(compare: VersionOrder, version: string): boolean {
  try {
    compare(version, version)
    return true
  } catch (error) {
    if (error instanceof InvalidVersion) return false
    throw error
  }
}

function findInRanges(
  version: string,
  ranges: readonly VersionRange[],
  order: VersionOrder | undefined,
): Verdict | 'unclear' | undefined {
  let found: Verdict | 'unclear' | undefined
  for (const range of ranges) {
    const compare = range.semver === true ? compareSemver : order
    const verdict = compare === undefined ? undefined : tryRange(version, range, compare)
    if (typeof verdict !== 'object') found ??= verdict
    else if (verdict.fixed !== undefined) return verdict
    else if (typeof found !== 'object') found = verdict
  }
  return found
}

function tryRange(version: string, range: VersionRange, compare: VersionOrder): Verdict | 'unclear' | undefined {
  try {
    return judgeRange(version, range, compare)
  } catch (error) {
    if (error instanceof InvalidVersion) return 'unclear'
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
