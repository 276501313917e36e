import type { Database } from 'bun:sqlite'
import { isCve, type KeptRecord } from './kept-record.ts'
import { ofOtherRecord, type RankedRating } from './ratings.ts'

/** What all records together say of one thing, under each of its names. */
export interface Subject {
  readonly id: string
  readonly aliases: readonly string[]
  readonly summary: string
  readonly ratings: readonly RankedRating[]
  readonly references: readonly string[]
  readonly publishedAt?: number
}

export interface AdvisoryRecord extends KeptRecord {
  /** What it is about: mostly one thing, and several for an advisory that mends several. */
  readonly subjects: readonly Subject[]
}

/** Records by their row, with what others say of the same things. Rows are of our own writing. */
export type ReadRecord = (recordId: number) => AdvisoryRecord | undefined

/** Names of one thing: real ones have a handful. */
const MAX_NAMES = 64
const MAX_REFERENCES = 10
const CACHED = 20_000

export function recordReader(db: Database): ReadRecord {
  const contentOf = db.query<{ content: string }, [number]>('select content from records where id = ?')
  const recordsNamed = db.query<{ id: number }, [string]>('select record_id as id from names where name = ? limit 64')
  const known = new Map<number, AdvisoryRecord | undefined>()

  function kept(id: number): KeptRecord | undefined {
    const row = contentOf.get(id)
    return row === null ? undefined : JSON.parse(row.content)
  }

  function recordsWith(name: string): [number, KeptRecord][] {
    return recordsNamed.all(name).flatMap(({ id }) => {
      const record = kept(id)
      return record === undefined ? [] : [[id, record]]
    })
  }

  /** Names lead to records, and their aliases to further names. */
  function closure(start: readonly string[]): { readonly names: Set<string>; readonly records: KeptRecord[] } {
    const names = new Set(start)
    const records = new Map<number, KeptRecord>()
    // The set grows while it is walked.
    for (const name of names) {
      for (const [id, record] of recordsWith(name)) {
        records.set(id, record)
        for (const alias of [record.id, ...record.aliases]) if (names.size < MAX_NAMES) names.add(alias)
      }
    }
    return { names, records: [...records.values()] }
  }

  function subject(own: KeptRecord, start: readonly string[], id?: string): Subject {
    const { names, records } = closure(start)
    const shown = id ?? bestName(names)
    const others = records.filter((record) => record.id !== own.id)
    const published = [own, ...others].flatMap(({ publishedAt }) => publishedAt ?? [])
    return {
      id: shown,
      aliases: [...names].filter((name) => name !== shown).toSorted(),
      summary: [own, ...others].find(({ summary }) => summary !== '')?.summary ?? '',
      ratings: [...own.ratings, ...others.flatMap(({ ratings }) => ratings.map(ofOtherRecord))],
      references: [...new Set([own, ...others].flatMap(({ references }) => references))].slice(0, MAX_REFERENCES),
      ...(published.length === 0 ? {} : { publishedAt: Math.min(...published) }),
    }
  }

  function read(id: number): AdvisoryRecord | undefined {
    const own = kept(id)
    if (own === undefined) return undefined
    const names = [own.id, ...own.aliases]
    const isItsOwn = names.some(isCve) || own.about.length === 0
    // A CVE that an advisory is about keeps its name, whatever else the advisory is about.
    const subjects = isItsOwn ? [subject(own, names)] : own.about.map((cve) => subject(own, [cve], cve))
    return { ...own, subjects }
  }

  return (id) => {
    if (!known.has(id)) {
      if (known.size >= CACHED) known.clear()
      known.set(id, read(id))
    }
    return known.get(id)
  }
}

/** The CVE's, or else GitHub's, or else the first of the alphabet: always the same one of the same names. */
function bestName(names: ReadonlySet<string>): string {
  const sorted = [...names].toSorted()
  return sorted.find(isCve) ?? sorted.find((name) => name.startsWith('GHSA-')) ?? sorted[0] ?? ''
}
