import { z } from 'zod'
import { ANALYZER_VERSION } from '../inventory/layer-inventory.ts'
import { findGoneLayers, removeLayers } from '../inventory/layer-store.ts'
import { findGoneImages, type LooseEnds, removeImages } from '../inventory/store.ts'
import { Breaths } from '../lib/breaths.ts'
import type { Database, Executor, Transaction } from '../metadata/db.ts'
import { readJobState, writeJobState } from '../metadata/job-state.ts'
import type { Registry } from '../registry/registry.ts'
import { enqueuePage, type Spot } from './backfill-store.ts'
import { forgetReports } from './external/report-store.ts'
import { findGonePackages, removePackages } from './match-store.ts'

const NAME = 'scan-backfill'
const PAGE = 200
const DAY_MS = 86_400_000
const START: Spot = { repository: 0, digest: '' }

const schema = z.object({
  analyzer: z.int(),
  /** Null: all of them were seen. */
  after: z.object({ repository: z.int(), digest: z.string() }).nullable(),
  finishedAt: z.int(),
})

/** Once a day, and after an upgrade of the analyzers: images that nobody looked into. */
export async function backfill({ database, clock }: Registry, signal: AbortSignal): Promise<void> {
  const parsed = schema.safeParse(await readJobState(database.reader, NAME))
  const state = parsed.success && parsed.data.analyzer === ANALYZER_VERSION ? parsed.data : undefined
  const now = clock.now()
  if (state?.after === null && now.getTime() - state.finishedAt < DAY_MS) return
  for (let after: Spot | undefined = state?.after ?? START; after !== undefined && !signal.aborted;) {
    const from: Spot = after
    after = await database.writeQuietly(async (tx) => {
      const next = await enqueuePage(tx, from, { limit: PAGE, now })
      await writeJobState(tx, NAME, { analyzer: ANALYZER_VERSION, after: next ?? null, finishedAt: now.getTime() }, now)
      return next
    })
  }
}

/**
 * What is known of images that are here no more. Everything is looked at in small pages by a reader, so that nobody who
 * writes waits for it.
 */
export async function forgetWhatIsGone({ database }: Registry, signal: AbortSignal): Promise<void> {
  await sweep(database, 0, { find: findGoneImages, remove: removeImages }, signal)
  await sweep(database, '', { find: findGoneLayers, remove: removeLayers }, signal)
  await sweep(database, 0, { find: findGonePackages, remove: removePackages }, signal)
  while (!signal.aborted && (await database.writeQuietly((tx) => forgetReports(tx, PAGE))) === PAGE);
}

interface Sweep<K> {
  readonly find: (executor: Executor, after: K, limit: number) => Promise<LooseEnds<K>>
  readonly remove: (tx: Transaction, keys: readonly K[]) => Promise<void>
}

async function sweep<K>(database: Database, start: K, { find, remove }: Sweep<K>, signal: AbortSignal): Promise<void> {
  const breaths = new Breaths()
  for (let after = start; !signal.aborted;) {
    const { gone, last } = await find(database.reader, after, PAGE)
    if (gone.length > 0) await database.writeQuietly((tx) => remove(tx, gone))
    if (last === undefined) return
    after = last
    await breaths.take()
  }
}
