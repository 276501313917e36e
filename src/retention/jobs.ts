import { findProjectById } from '../access/project-store.ts'
import type { Config } from '../config/schema.ts'
import type { Job } from '../jobs/job.ts'
import { jobActor } from '../lib/actor.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Registry } from '../registry/registry.ts'
import { type AppliedTo, applyRules, removeExpired } from './apply.ts'
import { listRules, projectsWithRules } from './store.ts'

interface RetentionJobParts {
  readonly config: Config
  readonly registry: Registry
  readonly log: Log
  readonly metrics: Metrics
}

const EXPIRY_EVERY_MS = 60_000

export function retentionJobs({ config, registry, log }: RetentionJobParts): Job[] {
  const report = (what: string, applied: readonly AppliedTo[]) => {
    for (const each of applied) log.info(what, { ...each })
  }
  const onFailure = (repository: RepositoryName, error: unknown) =>
    log.error('what should go by itself could not be removed', { repository, error })
  return [
    {
      name: 'retention',
      about: 'Removes tags by the retention rules of the projects.',
      everyMs: config.retention.every,
      run: async (signal, say) => {
        const { reader } = registry.database
        const projects = await projectsWithRules(reader)
        for (const [done, id] of projects.entries()) {
          say?.({ done, of: projects.length, what: 'projects' })
          const project = await findProjectById(reader, id)
          if (project === undefined || signal?.aborted === true) continue
          const attempt = { actor: jobActor('retention'), onFailure, signal }
          report('retention removed tags', await applyRules(registry, project, await listRules(reader, id), attempt))
        }
      },
    },
    {
      name: 'expiry',
      about: 'Removes tags whose time is over.',
      everyMs: EXPIRY_EVERY_MS,
      run: async (signal) => report('tags expired', await removeExpired(registry, { onFailure, signal })),
    },
  ]
}
