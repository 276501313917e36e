import { listProjects } from '../access/project-store.ts'
import type { Job, SayProgress } from '../jobs/job.ts'
import type { Registry } from '../registry/registry.ts'
import { countedTotals } from '../registry/totals.ts'
import { countedUsage } from './registry-usage.ts'
import { countProject } from './count-store.ts'
import { findQuota } from './store.ts'
import { forgetUsage, saveRegistryUsage, saveUsage } from './usage-store.ts'

const HOUR_MS = 60 * 60 * 1000
/** A server that was just started shows something, and is not kept busy by this. */
const SOON_MS = 60_000
const PAGE = 200
/** Three years. */
export const MAX_DAYS = 1096

export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10)
}

export function daysBefore(now: Date, days: number): string {
  return dayOf(new Date(now.getTime() - days * 24 * HOUR_MS))
}

/** Writes down what each project holds, and the whole registry. Several looks a day, of which the last one stays. */
export function usageJobs({ registry }: { readonly registry: Registry }): Job[] {
  return [
    {
      name: 'sample-usage',
      about: 'Writes down what each project and the whole registry holds, for their history.',
      everyMs: 6 * HOUR_MS,
      firstMs: SOON_MS,
      run: (signal, say) => sampleUsage(registry, signal, say),
    },
  ]
}

export async function sampleUsage(registry: Registry, signal?: AbortSignal, say?: SayProgress): Promise<void> {
  const { database, clock } = registry
  const day = dayOf(clock.now())
  let done = 0
  for (let after = ''; ;) {
    const projects = await listProjects(database.reader, after, PAGE)
    for (const { id, name } of projects) {
      if (signal?.aborted) return
      const { bytes, repositories, tags } =
        (await findQuota(database.reader, id))?.used ?? (await countProject(database.reader, name))
      await database.writeQuietly((tx) => saveUsage(tx, id, { day, bytes, repositories, tags }))
      say?.({ done: ++done, what: 'projects' })
    }
    const last = projects.at(-1)
    if (last === undefined || projects.length < PAGE) break
    after = last.name
  }
  await sampleRegistry(registry, day)
  await database.writeQuietly((tx) => forgetUsage(tx, daysBefore(clock.now(), MAX_DAYS)))
}

async function sampleRegistry(registry: Registry, day: string): Promise<void> {
  const { storedBytes, tags } = (await countedTotals().countNow(registry)).value
  const { logicalBytes, repositories } = (await countedUsage().countNow(registry)).value
  const sample = { day, storedBytes, logicalBytes, repositories, tags }
  await registry.database.writeQuietly((tx) => saveRegistryUsage(tx, sample))
}
