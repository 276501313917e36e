import { z } from 'zod'
import type { SayProgress } from '../jobs/job.ts'
import { jobActor } from '../lib/actor.ts'
import { readJobState, writeJobState } from '../metadata/job-state.ts'
import type { Registry } from '../registry/registry.ts'
import { type Collection, collect } from './collect.ts'
import { countWaiting, type Waiting } from './store.ts'

const JOB = 'gc'
/** While there is much to do, of five milliseconds the collector works one; with PostgreSQL, which others can use beside it, of two. */
const REST_FACTOR = { sqlite: 4, postgres: 1 }

export const collectionSchema = z.strictObject({
  manifestsBinned: z.int(),
  manifestsPurged: z.int(),
  linksReviewed: z.int(),
  blobsCollected: z.int(),
  objectsRemoved: z.int(),
  bytesFreed: z.int(),
})

const stateSchema = z.object({ ranAt: z.number(), total: collectionSchema })
type State = z.infer<typeof stateSchema>

/** Does what is due, between requests, and remembers it. */
export async function runCollector(registry: Registry, signal?: AbortSignal, say?: SayProgress): Promise<Collection> {
  const { clock, database, recorder } = registry
  const done = await collect(registry, {
    ...{ signal, say },
    rest: (workedMs) => clock.sleep(Math.max(1, Math.round(workedMs * REST_FACTOR[database.engine])), signal),
  })
  if (!isIdle(done))
    await database.writeQuietly(async (tx) => {
      const before = parseState(await readJobState(tx, JOB))
      const state: State = { ranAt: clock.now().getTime(), total: sumOf(before?.total, done) }
      await writeJobState(tx, JOB, state, clock.now())
      if (!hasRemoved(done)) return
      // Not one for each blob: what a collector takes, nobody could see any more.
      await recorder.record(tx, {
        actor: jobActor(JOB),
        action: 'garbage.collected',
        target: 'registry',
        outcome: 'done',
        detail: { ...done },
      })
    })
  return done
}

export function isIdle(done: Collection): boolean {
  return Object.values(done).every((count) => count === 0)
}

function hasRemoved({ manifestsPurged, blobsCollected, objectsRemoved }: Collection): boolean {
  return manifestsPurged + blobsCollected + objectsRemoved > 0
}

function parseState(state: unknown): State | undefined {
  return stateSchema.safeParse(state).data
}

function sumOf(before: Collection | undefined, done: Collection): Collection {
  return {
    manifestsBinned: (before?.manifestsBinned ?? 0) + done.manifestsBinned,
    manifestsPurged: (before?.manifestsPurged ?? 0) + done.manifestsPurged,
    linksReviewed: (before?.linksReviewed ?? 0) + done.linksReviewed,
    blobsCollected: (before?.blobsCollected ?? 0) + done.blobsCollected,
    objectsRemoved: (before?.objectsRemoved ?? 0) + done.objectsRemoved,
    bytesFreed: (before?.bytesFreed ?? 0) + done.bytesFreed,
  }
}

export interface CollectorStatus {
  readonly waiting: Waiting
  /** When it last found something to do. */
  readonly workedAt: Date | undefined
  /** Of all its runs. */
  readonly total: Collection | undefined
}

export async function collectorStatus({ database, clock }: Registry): Promise<CollectorStatus> {
  const state = parseState(await readJobState(database.reader, JOB))
  return {
    waiting: await countWaiting(database.reader, clock.now()),
    workedAt: state && new Date(state.ranAt),
    total: state?.total,
  }
}
