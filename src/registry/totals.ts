import { z } from 'zod'
import type { Executor } from '../metadata/db.ts'
import { countAfter, jump, type Place, sumBlobs } from '../metadata/registry-counts.ts'
import { Counted, othersToo } from './counted.ts'

const ROWS_AT_ONCE = 10_000

const schema = z.object({
  tags: z.number(),
  manifests: z.number(),
  blobs: z.number(),
  /** Of blobs, each once. */
  storedBytes: z.number(),
  /** Of those that no repository holds: what is in the recycle bin keeps them, or nothing does. */
  unheldBytes: z.number(),
})
export type Totals = z.infer<typeof schema>

/** Of what there may be millions. */
export function countedTotals(): Counted<Totals> {
  return new Counted({ name: 'totals', schema, count: countTotals })
}

async function countTotals(executor: Executor): Promise<Totals> {
  const tags = await countRows(executor, 'tags')
  const manifests = await countRows(executor, 'manifests')
  const totals = { tags, manifests, blobs: 0, storedBytes: 0, unheldBytes: 0 }
  for (let after = ''; ;) {
    const page = await sumBlobs(executor, after, ROWS_AT_ONCE)
    totals.blobs += page.blobs
    totals.storedBytes += page.bytes
    totals.unheldBytes += page.unheldBytes
    if (page.last === null || page.blobs < ROWS_AT_ONCE) return totals
    after = page.last
    await othersToo()
  }
}

async function countRows(executor: Executor, table: 'tags' | 'manifests'): Promise<number> {
  let after: Place = { repository: 0, key: '' }
  for (let rows = 0; ; rows += ROWS_AT_ONCE) {
    const next = await jump(executor, table, { after, rows: ROWS_AT_ONCE })
    if (next === undefined) return rows + (await countAfter(executor, table, after))
    after = next
    await othersToo()
  }
}
