import type { Actor } from '../lib/actor.ts'
import type { Recorder } from '../events/recorder.ts'
import type { Clock } from '../lib/clock.ts'
import type { Transaction } from '../metadata/db.ts'
import type { Log } from '../observability/log.ts'
import type { QuotaProject } from './quota-projects.ts'
import { type Counts, type Quota, setWarnedAt } from './store.ts'

const WARN_AT_PERCENT = 85
export const RESOURCES = ['bytes', 'repositories', 'tags'] as const satisfies readonly (keyof Counts)[]

/** How much of a limit is used, in whole per cent rounded down; undefined: there is no limit. */
export function percentUsed(quota: Quota, resource: keyof Counts): number | undefined {
  const limit = quota.limits[resource]
  if (limit === undefined) return undefined
  return limit === 0 ? 100 : Math.floor((quota.used[resource] * 100) / limit)
}

/** Whether little is left of any limit. */
export function isNearlyFull(quota: Quota): boolean {
  return RESOURCES.some((resource) => (percentUsed(quota, resource) ?? 0) >= WARN_AT_PERCENT)
}

interface WarningParts {
  readonly recorder: Recorder
  readonly clock: Clock
  /** Undefined where nobody reads one: whoever works with commands sees what they print. */
  readonly log: Log | undefined
}

/** Says once that little is left, and again only after there was more. */
export async function noteNearlyFull(
  { recorder, clock, log }: WarningParts,
  tx: Transaction,
  { project, quota, actor }: { readonly project: QuotaProject; readonly quota: Quota; readonly actor: Actor },
): Promise<void> {
  const nearlyFull = isNearlyFull(quota)
  if (nearlyFull === (quota.warnedAt !== undefined)) return
  await setWarnedAt(tx, project.id, nearlyFull ? clock.now().getTime() : undefined)
  if (!nearlyFull) return
  const detail: Record<string, unknown> = {}
  for (const resource of RESOURCES) {
    const limit = quota.limits[resource]
    if (limit !== undefined) detail[resource] = { used: quota.used[resource], limit }
  }
  log?.warn('the quota of a project is nearly used up', { project: project.name, ...detail })
  const about = { action: 'quota.warning', target: `project:${project.name}`, outcome: 'done' } as const
  await recorder.record(tx, { ...about, actor, detail })
}
