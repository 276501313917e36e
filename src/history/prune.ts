import { removeOldPulls } from '../metadata/pulls.ts'
import type { Registry } from '../registry/registry.ts'
import { type EventKey, FIRST_EVENT, oldTagEvents, removeOldTagEvents } from '../metadata/tag-history.ts'

/** Other writers wait for a batch, and so does the thread that serves. */
const BATCH = 500

/**
 * Removes moves of tags that are older than `keepMs`, but for what each tag named at that age: every moment since then
 * still has its answer. Returns how many went.
 */
export async function pruneHistory(registry: Registry, keepMs: number, batchRows = BATCH): Promise<number> {
  const { database, clock } = registry
  const cutoff = new Date(clock.now().getTime() - keepMs)
  let removed = 0
  for (let after: EventKey = FIRST_EVENT; ;) {
    const { removable, last, isEnd } = await oldTagEvents(database.reader, { cutoff, after, limit: batchRows })
    const from = after
    if (removable && last !== undefined)
      removed += await database.writeRelaxed((tx) => removeOldTagEvents(tx, { cutoff, after: from, until: last }))
    if (isEnd || last === undefined) return removed
    after = last
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** When tags that are gone were last pulled is of no use when their history is forgotten. */
export async function prunePulls({ database, clock }: Registry, keepMs: number): Promise<void> {
  const cutoff = new Date(clock.now().getTime() - keepMs)
  while ((await database.writeQuietly((tx) => removeOldPulls(tx, cutoff, BATCH))) === BATCH)
    await new Promise((resolve) => setImmediate(resolve))
}
