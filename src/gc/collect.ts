import type { SayProgress } from '../jobs/job.ts'
import { failpoint } from '../lib/failpoint.ts'
import type { Transaction } from '../metadata/db.ts'
import { dueTrash } from '../metadata/trash.ts'
import type { Registry } from '../registry/registry.ts'
import { collectBlobs } from './collect-blobs.ts'
import { collectLinks } from './collect-links.ts'
import { collectManifests } from './collect-manifests.ts'
import { purgeDeletions } from './purge-deletions.ts'
import { reap } from './reap.ts'
import { dueDeletions } from './purge-store.ts'
import { dueBlobs, dueLinks, dueManifests } from './store.ts'

/** What one run of the collector did. */
export interface Collection {
  manifestsBinned: number
  manifestsPurged: number
  linksReviewed: number
  blobsCollected: number
  objectsRemoved: number
  bytesFreed: number
}

export interface CollectOptions {
  readonly signal?: AbortSignal | undefined
  /** Waits after work that took so long, so that requests have the machine most of the time. */
  readonly rest: (workedMs: number) => Promise<void>
  /** Told of what was looked at so far. */
  readonly say?: SayProgress | undefined
}

/**
 * With SQLite every other writer waits for a batch, and so does the thread that serves: it should take about this long.
 * With PostgreSQL nobody waits, and most of the time is that of round trips: small batches would never end.
 */
const BATCH_MS = { sqlite: 1.5, postgres: 50 }
const MAX_BATCH = 500

interface Step {
  /** Whether anything is due: most of the time nothing is, and then nobody has to wait for a transaction. */
  readonly isDue: () => Promise<boolean>
  /** Returns how many rows were looked at, and for how long nobody else could write. */
  readonly work: (limit: number) => Promise<{ readonly seen: number; readonly workedMs: number }>
}

/**
 * Does all that is due now: what lost its name goes to the recycle bin, what was in there for long enough goes for good,
 * with the blobs that nothing else needs and their objects. Each batch decides inside its own transaction, so nothing can
 * come in between; a crash leaves the rest in the queue. What it costs depends on what changed, not on what is stored.
 */
export async function collect(registry: Registry, options: CollectOptions): Promise<Collection> {
  const done: Collection = {
    ...{ manifestsBinned: 0, manifestsPurged: 0, linksReviewed: 0 },
    ...{ blobsCollected: 0, objectsRemoved: 0, bytesFreed: 0 },
  }
  await registry.pulls.flush()
  const steps = stepsOf(registry, done)
  const rest = (workedMs: number) => {
    const { bytesFreed: _, ...counts } = done
    const sum = Object.values(counts).reduce((total, count) => total + count, 0)
    options.say?.({ done: sum, what: 'rows and objects' })
    return options.rest(workedMs)
  }
  for (let worked = true; worked && !options.signal?.aborted;) {
    worked = false
    for (const step of steps)
      if (await drain(step, { ...options, rest }, BATCH_MS[registry.database.engine])) worked = true
  }
  return done
}

function stepsOf(registry: Registry, done: Collection): Step[] {
  const { reader } = registry.database
  const one = () => ({ now: registry.clock.now().getTime(), limit: 1 })
  return [
    {
      isDue: async () => (await dueDeletions(reader, registry.clock.now())).length > 0,
      work: (limit) =>
        batch(
          registry,
          (tx) => purgeDeletions(registry, tx, limit),
          ({ manifests }) => {
            done.manifestsPurged += manifests
          },
        ),
    },
    {
      isDue: async () => (await dueManifests(reader, one())).length > 0,
      work: (limit) =>
        batch(
          registry,
          (tx) => collectManifests(registry, tx, limit),
          ({ binned }) => {
            done.manifestsBinned += binned
          },
        ),
    },
    {
      isDue: async () => (await dueLinks(reader, one())).length > 0,
      work: (limit) =>
        batch(
          registry,
          async (tx) => ({ seen: await collectLinks(registry, tx, limit) }),
          ({ seen }) => {
            done.linksReviewed += seen
          },
        ),
    },
    {
      isDue: async () => (await dueBlobs(reader, one())).length > 0,
      work: (limit) =>
        batch(
          registry,
          (tx) => collectBlobs(registry, tx, limit),
          ({ blobs, rowBytes }) => {
            done.blobsCollected += blobs
            done.bytesFreed += rowBytes
          },
        ),
    },
    {
      isDue: async () => (await dueTrash(reader, registry.clock.now(), 1)).length > 0,
      work: async () => {
        const startedAt = performance.now()
        const { seen, objects, bytes } = await reap(registry)
        done.objectsRemoved += objects
        done.bytesFreed += bytes
        return { seen, workedMs: performance.now() - startedAt }
      },
    },
  ]
}

/**
 * Nobody was promised anything, so no batch waits for the disk: after a crash its rows are due again. It is counted when
 * it is committed.
 */
async function batch<T extends { readonly seen: number }>(
  { database }: Registry,
  work: (tx: Transaction) => Promise<T>,
  count: (worked: T) => void,
): Promise<{ readonly seen: number; readonly workedMs: number }> {
  let startedAt = 0
  const worked = await database.writeRelaxed(async (tx) => {
    // Before was waiting for others, after is the commit.
    startedAt = performance.now()
    const looked = await work(tx)
    failpoint('gc.batch')
    return looked
  })
  const workedMs = performance.now() - startedAt
  count(worked)
  return { seen: worked.seen, workedMs }
}

/** Runs a step until nothing is due for it, in batches as large as the time allows. Returns whether there was anything. */
async function drain({ isDue, work }: Step, { signal, rest }: CollectOptions, batchMs: number): Promise<boolean> {
  if (!(await isDue())) return false
  let limit = 20
  let worked = false
  while (!signal?.aborted) {
    const { seen, workedMs } = await work(limit)
    // What is due may have to wait all the same: objects, while a backup copies them.
    if (seen === 0) break
    worked = true
    limit = nextLimit(limit, batchMs / workedMs)
    await rest(workedMs)
  }
  return worked
}

function nextLimit(limit: number, factor: number): number {
  const fitting = Math.round(limit * Math.min(2, Math.max(0.5, factor)))
  return Math.min(MAX_BATCH, Math.max(1, fitting))
}
