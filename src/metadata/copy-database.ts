import { TableCopy } from './copy-tables.ts'
import { type DatabasePlace, sqlitePath } from './open.ts'
import { writeSnapshot } from './snapshot.ts'

/** Writes what is committed at this moment to an SQLite file, durably, beside writers at work, whatever the engine. */
export async function copyToFile({ database, data }: DatabasePlace, to: string): Promise<void> {
  if (database === undefined) return writeSnapshot(sqlitePath(data), to)
  const { PostgresSource } = await import('./move-postgres.ts')
  const { fillNew } = await import('./move-sqlite.ts')
  await fillNew(to, async ({ tables, commit }) => {
    const copy = new TableCopy(tables)
    await new PostgresSource(database).withSnapshot((reading) => copy.pass(reading.tables))
    await copy.requireSameCounts()
    await commit(undefined)
  })
}
