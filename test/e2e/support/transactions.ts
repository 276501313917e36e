import { sql } from 'kysely'
import type { Database, Transaction } from '../../../src/metadata/db.ts'

type Write = <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>

/** The same database; for each transaction `rows` gets how many rows it changed. */
export function countingRows(database: Database, rows: number[]): Database {
  const counted =
    (write: Write): Write =>
    (work) =>
      write(async (tx) => {
        const before = await changesSoFar(tx, database.engine)
        const result = await work(tx)
        rows.push((await changesSoFar(tx, database.engine)) - before)
        return result
      })
  return {
    reader: database.reader,
    engine: database.engine,
    waits: database.waits,
    away: () => database.away(),
    write: counted((work) => database.write(work)),
    writeRelaxed: counted((work) => database.writeRelaxed(work)),
    writeQuietly: counted((work) => database.writeQuietly(work)),
    writeAccess: counted((work) => database.writeAccess(work)),
    version: () => database.version(),
    accessVersion: () => database.accessVersion(),
    refresh: () => database.refresh(),
    probe: () => database.probe(),
    integrityErrors: () => database.integrityErrors(),
    close: () => database.close(),
  }
}

/** Rows that foreign keys changed are among them. */
async function changesSoFar(tx: Transaction, engine: Database['engine']): Promise<number> {
  const changes =
    engine === 'sqlite'
      ? sql<{ changes: number }>`select total_changes() as changes`
      : sql<{ changes: number }>`select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) as changes
          from pg_stat_xact_user_tables`
  const { rows } = await changes.execute(tx.db)
  return rows[0]?.changes ?? 0
}
