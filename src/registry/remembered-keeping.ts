import type { Executor } from '../metadata/db.ts'
import { readJobState, writeJobState } from '../metadata/job-state.ts'
import type { Keeping } from './keeping.ts'
import type { Registry } from './registry.ts'

const NAME = 'keeping'

/** JSON knows no Infinity: null is for ever. */
type Stored = Readonly<Record<keyof Keeping, number | null>>

/**
 * Notes how long this server keeps things, for commands that work on its data without its configuration: what the server
 * keeps for ever no command collects.
 */
export async function rememberKeeping({ database, keeping, clock }: Pick<Registry, 'database' | 'keeping' | 'clock'>) {
  const text = JSON.stringify(keeping)
  if (JSON.stringify(await readJobState(database.reader, NAME)) === text) return
  await database.writeQuietly((tx) => writeJobState(tx, NAME, keeping, clock.now()))
}

/** What the last server that ran on this data was told; undefined: none did. */
export async function rememberedKeeping(executor: Executor): Promise<Keeping | undefined> {
  const stored = (await readJobState(executor, NAME)) as Stored | undefined
  if (stored === undefined) return undefined
  const orForever = (ms: number | null) => ms ?? Number.POSITIVE_INFINITY
  return {
    leaseMs: orForever(stored.leaseMs),
    untaggedMs: orForever(stored.untaggedMs),
    binMs: orForever(stored.binMs),
    trashDelayMs: orForever(stored.trashDelayMs),
  }
}
