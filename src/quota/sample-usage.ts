import { listProjects } from '../access/project-store.ts'
import type { Job } from '../jobs/job.ts'
import type { Registry } from '../registry/registry.ts'
import { countProject } from './count-store.ts'
import { findQuota } from './store.ts'
import { forgetUsage, saveUsage } from './usage-store.ts'

const HOUR_MS = 60 * 60 * 1000
const PAGE = 200
/** Three years. */
export const MAX_DAYS = 1096

export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10)
}

export function daysBefore(now: Date, days: number): string {
  return dayOf(new Date(now.getTime() - days * 24 * HOUR_MS))
}

/** Writes down what each project holds. Several looks a day, of which the last one stays. */
export function usageJobs({ registry }: { readonly registry: Registry }): Job[] {
  return [{ name: 'sample-usage', everyMs: 6 * HOUR_MS, run: (signal) => sampleUsage(registry, signal) }]
}

export async function sampleUsage({ database, clock }: Registry, signal?: AbortSignal): Promise<void> {
  const day = dayOf(clock.now())
  for (let after = ''; ;) {
    const projects = await listProjects(database.reader, after, PAGE)
    for (const { id, name } of projects) {
      if (signal?.aborted) return
      const { bytes, repositories, tags } =
        (await findQuota(database.reader, id))?.used ?? (await countProject(database.reader, name))
      await database.writeQuietly((tx) => saveUsage(tx, id, { day, bytes, repositories, tags }))
    }
    const last = projects.at(-1)
    if (last === undefined || projects.length < PAGE) break
    after = last.name
  }
  await database.writeQuietly((tx) => forgetUsage(tx, daysBefore(clock.now(), MAX_DAYS)))
}
