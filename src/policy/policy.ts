import type { AccessCache } from '../access/access-cache.ts'
import type { Access } from '../access/access.ts'
import type { Recorder } from '../events/recorder.ts'
import type { Job } from '../jobs/job.ts'
import { once } from '../lib/once.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import type { Log } from '../observability/log.ts'
import type { Guard, Listener } from '../registry/operation.ts'
import type { PullGate } from '../registry/pull-gate.ts'
import type { Registry } from '../registry/registry.ts'
import type { Evidence } from './evidence.ts'
import { policyGate } from './gate.ts'
import { policyGuard } from './guard.ts'
import type { Judge } from './judge.ts'
import { policyListener } from './listener.ts'
import { PolicySettings } from './settings.ts'

export interface PolicyParts {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly recorder: Recorder
  readonly cache: AccessCache
  readonly access: Access
  readonly evidence: Evidence
  /** Made of what is made here, so it is asked for later. */
  readonly registry: () => Registry
}

/** The rules of projects about what may be pulled and pushed. */
export interface Policy {
  readonly gate: PullGate
  readonly guard: Guard
  readonly listener: Listener
  readonly settings: PolicySettings
  /** What says what the rules say. Loaded when the first image is judged: a start need not wait for it. */
  readonly judge: () => Promise<Judge>
  readonly jobs: () => Promise<readonly Job[]>
}

export function createPolicy(parts: PolicyParts): Policy {
  const settings = new PolicySettings(parts.cache, parts.access)
  const judge = once(async () => {
    const { Judge: Made } = await import('./judge.ts')
    return new Made(parts)
  })
  const all = { ...parts, settings, judge }
  return {
    gate: policyGate(all),
    guard: policyGuard(all),
    listener: policyListener(),
    settings,
    judge,
    jobs: async () => (await import('./jobs.ts')).policyJobs(all),
  }
}
