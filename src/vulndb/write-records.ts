import type { Database } from 'bun:sqlite'
import { baseEcosystem, canonicalEcosystem, canonicalName } from '../packages/ecosystem-name.ts'
import { affectedVersions } from './affected-versions.ts'
import { isAboutVulnerability, type KeptRecord, keptRecord } from './kept-record.ts'
import type { OsvRecord } from './osv-record.ts'
import { ratingsOfAffected } from './ratings.ts'

/** Writes records into a database that nobody else has open. */
export interface RecordWriter {
  /** Puts it in the place of what it was, as far as it is about packages of this ecosystem (with all its releases). */
  put(record: OsvRecord, ecosystem: string): void
  /** A record that its database does not have any more. */
  remove(id: string, ecosystem: string): void
  /** All that is said of an ecosystem's packages. */
  removeAll(ecosystem: string): void
  /** Takes away records that speak of no package any more. */
  tidy(): void
}

export function recordWriter(db: Database): RecordWriter {
  const ecosystems = ecosystemIds(db)
  const findRecord = db.query<{ id: number; modified: number }, [string]>(
    'select id, modified_at as modified from records where name = ?',
  )
  const insertRecord = db.query<{ id: number }, [string, number, string]>(
    'insert into records (name, modified_at, content) values (?, ?, ?) returning id',
  )
  const updateRecord = db.query('update records set modified_at = ?, content = ? where id = ?')
  const insertName = db.query('insert or ignore into names (name, record_id) values (?, ?)')
  const removeNames = db.query('delete from names where record_id = ?')
  const insertAffected = db.query(
    'insert into affected (ecosystem_id, package, record_id, content) values (?, ?, ?, ?)',
  )
  const removeAffected = db.query(
    'delete from affected where record_id = ? and ecosystem_id in (select id from ecosystems where base = ?)',
  )

  function putRecord(kept: KeptRecord): number {
    const content = JSON.stringify(kept)
    const known = findRecord.get(kept.id)
    const id = known?.id ?? insertRecord.get(kept.id, kept.modifiedAt, content)?.id
    if (id === undefined) throw new Error(`the record ${kept.id} was not written`)
    // Another ecosystem's export may be older.
    if (known !== null && known.modified > kept.modifiedAt) return id
    if (known !== null) {
      updateRecord.run(kept.modifiedAt, content, id)
      removeNames.run(id)
    }
    for (const name of [kept.id, ...kept.aliases]) insertName.run(name, id)
    return id
  }

  function remove(id: string, ecosystem: string): void {
    const known = findRecord.get(id)
    if (known !== null) removeAffected.run(known.id, ecosystem)
  }

  return {
    put: (record, ecosystem) => {
      remove(record.id, ecosystem)
      const isWithdrawn = record.withdrawn !== undefined && record.withdrawn !== null
      const rows = isWithdrawn ? [] : affectedRows(record, ecosystem)
      const kept = keptRecord(record)
      if (rows.length === 0 || !isAboutVulnerability(kept)) return
      const id = putRecord(kept)
      for (const row of rows) insertAffected.run(ecosystems(row.ecosystem), row.name, id, row.content)
    },
    remove,
    removeAll: (ecosystem) => {
      db.query('delete from affected where ecosystem_id in (select id from ecosystems where base = ?)').run(ecosystem)
    },
    tidy: () => {
      db.run('delete from records where id not in (select record_id from affected)')
      db.run('delete from names where record_id not in (select id from records)')
      db.run('delete from ecosystems where id not in (select ecosystem_id from affected)')
    },
  }
}

interface AffectedRow {
  readonly ecosystem: string
  readonly name: string
  readonly content: string
}

/** Each once: products of a distribution that share a name here often say the same. */
function affectedRows({ affected }: OsvRecord, ecosystem: string): AffectedRow[] {
  const rows = new Map<string, AffectedRow>()
  for (const each of affected ?? []) {
    if (each.package === undefined || baseEcosystem(each.package.ecosystem) !== ecosystem) continue
    const canonical = canonicalEcosystem(each.package.ecosystem)
    const name = canonicalName(canonical, each.package.name)
    const versions = affectedVersions(canonical, each)
    if (versions.ranges.length === 0 && versions.versions.length === 0) continue
    const content = JSON.stringify({ ...versions, ratings: ratingsOfAffected(ecosystem, each) })
    rows.set(`${canonical}\n${name}\n${content}`, { ecosystem: canonical, name, content })
  }
  return [...rows.values()]
}

function ecosystemIds(db: Database): (name: string) => number {
  const known = new Map<string, number>()
  const find = db.query<{ id: number }, [string]>('select id from ecosystems where name = ?')
  const insert = db.query<{ id: number }, [string, string]>(
    'insert into ecosystems (name, base) values (?, ?) returning id',
  )
  return (name) => {
    const id = known.get(name) ?? find.get(name)?.id ?? insert.get(name, baseEcosystem(name))?.id
    if (id === undefined) throw new Error(`the ecosystem ${name} was not written`)
    known.set(name, id)
    return id
  }
}
