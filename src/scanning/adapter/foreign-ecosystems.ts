import { z } from 'zod'
import type { Database, Executor } from '../../metadata/db.ts'
import { readJobState, writeJobState } from '../../metadata/job-state.ts'

const NAME = 'foreign-ecosystems'
const schema = z.array(z.string())
/** There are not as many. */
const MOST = 200

/** Of what images of other registries are made: data is wanted for these too. */
export async function readForeignEcosystems(executor: Executor): Promise<readonly string[]> {
  return schema.safeParse(await readJobState(executor, NAME)).data ?? []
}

export async function noteForeignEcosystems(database: Database, found: readonly string[], now: Date): Promise<void> {
  const known = new Set(await readForeignEcosystems(database.reader))
  const news = found.filter((ecosystem) => ecosystem !== '' && !known.has(ecosystem))
  if (news.length === 0) return
  const all = [...known, ...news].slice(0, MOST)
  await database.writeQuietly((tx) => writeJobState(tx, NAME, all, now))
}
