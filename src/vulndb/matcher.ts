import type { Database } from 'bun:sqlite'
import { baseEcosystem, canonicalEcosystem, canonicalName } from '../packages/ecosystem-name.ts'
import { type AffectedVersions, judgeVersion, type Verdict } from './affected-versions.ts'
import type { PackageMatches, PackageRow } from './package-row.ts'
import { type RankedRating, severityOf, sortedRatings } from './ratings.ts'
import { type AdvisoryRecord, recordReader, type Subject } from './read-records.ts'
import type { Match } from './vulnerability.ts'

/** What a package has. */
export type Matcher = (row: PackageRow) => PackageMatches

/** As it is kept. */
interface KeptAffected extends AffectedVersions {
  readonly recordId: number
  readonly ratings: readonly RankedRating[]
}

/** A kernel has some thousands; beyond that nobody reads them. */
const MAX_MATCHES = 20_000
/** Rows that stay parsed: the same packages come in many versions. */
const CACHED = 50_000

export function createMatcher(db: Database): Matcher {
  const readRecord = recordReader(db)
  const readAffected = affectedReader(db)
  return (row) => {
    const ecosystem = canonicalEcosystem(row.ecosystem)
    const found = new Map<string, Match>()
    let isUnclear = false
    for (const affected of readAffected(ecosystem, canonicalName(ecosystem, row.name))) {
      const verdict = judge(ecosystem, row.version, affected)
      if (verdict === 'unclear') isUnclear = true
      if (typeof verdict !== 'object') continue
      const record = readRecord(affected.recordId)
      if (record === undefined) continue
      keepBest(found, record, affected, verdict)
    }
    return { packageId: row.id, matches: [...found.values()], ...(isUnclear && { unclear: true as const }) }
  }
}

function keepBest(found: Map<string, Match>, record: AdvisoryRecord, affected: KeptAffected, verdict: Verdict): void {
  for (const subject of record.subjects) {
    const known = found.get(subject.id)
    const isWanted = known === undefined ? found.size < MAX_MATCHES : isBetter(verdict, record, known)
    if (isWanted) found.set(subject.id, matchOf(record, subject, affected, verdict))
  }
}

function affectedReader(db: Database) {
  const find = db.query<{ recordId: number; content: string }, [string, string]>(
    `select record_id as recordId, content from affected
     where package = ? and ecosystem_id = (select id from ecosystems where name = ?) order by id`,
  )
  const known = new Map<string, readonly KeptAffected[]>()
  let cached = 0
  return (ecosystem: string, name: string): readonly KeptAffected[] => {
    const key = `${ecosystem}\n${name}`
    const found = known.get(key)
    if (found !== undefined) return found
    // Rows are of our own writing.
    const rows = find.all(name, ecosystem).map(({ recordId, content }) => ({ recordId, ...JSON.parse(content) }))
    cached += rows.length + 1
    if (cached > CACHED) {
      known.clear()
      cached = rows.length + 1
    }
    known.set(key, rows)
    return rows
  }
}

const MODULAR = new Set(['Red Hat', 'Rocky Linux', 'AlmaLinux'])

function judge(ecosystem: string, version: string, affected: AffectedVersions): Verdict | 'unclear' | undefined {
  const verdict = judgeVersion(ecosystem, version, affected)
  if (typeof verdict !== 'object' || verdict.fixed === undefined || !MODULAR.has(baseEcosystem(ecosystem)))
    return verdict
  // What a module mends says nothing of the package outside of it, and the other way round.
  return isOfModule(verdict.fixed) === isOfModule(version) ? verdict : undefined
}

function isOfModule(version: string): boolean {
  return /\.module[+_]/.test(version)
}

/** Whoever knows a fixed version knows more; then the first of the alphabet, so that it is always the same one. */
function isBetter(verdict: Verdict, record: AdvisoryRecord, known: Match): boolean {
  if ((verdict.fixed === undefined) !== (known.fixedVersion === undefined)) return verdict.fixed !== undefined
  return record.id < known.advisory
}

function matchOf(record: AdvisoryRecord, subject: Subject, affected: KeptAffected, verdict: Verdict): Match {
  const ratings = sortedRatings([...affected.ratings, ...subject.ratings])
  const { id, aliases, summary, references, publishedAt } = subject
  return {
    vulnerability: {
      ...{ id, aliases, summary, severity: severityOf(ratings), ratings, references },
      ...(publishedAt === undefined ? {} : { published: new Date(publishedAt) }),
      modified: new Date(record.modifiedAt),
    },
    advisory: record.id,
    ...(verdict.fixed === undefined ? {} : { fixedVersion: verdict.fixed }),
  }
}
