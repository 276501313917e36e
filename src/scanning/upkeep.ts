import { z } from 'zod'
import { ANALYZER_VERSION } from '../inventory/layer-inventory.ts'
import { forgetLayers } from '../inventory/layer-store.ts'
import { forgetImages } from '../inventory/store.ts'
import type { Transaction } from '../metadata/db.ts'
import { readJobState, writeJobState } from '../metadata/job-state.ts'
import type { Registry } from '../registry/registry.ts'
import { enqueuePage, type Spot } from './backfill-store.ts'
import { forgetReports } from './external/report-store.ts'
import { forgetPackages } from './match-store.ts'

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

/** What is known of images that are here no more. */
export async function forgetWhatIsGone({ database }: Registry, signal: AbortSignal): Promise<void> {
  const steps: ((tx: Transaction, limit: number) => Promise<number>)[] = [
    ...[forgetImages, forgetLayers, forgetPackages, forgetReports],
  ]
  for (const forget of steps)
    while (!signal.aborted && (await database.writeQuietly((tx) => forget(tx, PAGE))) === PAGE);
}
