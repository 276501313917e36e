import { findProjectById } from '../access/project-store.ts'
import type { Job } from '../jobs/job.ts'
import { Breaths } from '../lib/breaths.ts'
import { removeVerdictsOfGone } from '../metadata/policy-verdicts.ts'
import { repositoriesOf, taggedImages } from './images.ts'
import type { Judge, JudgeParts } from './judge.ts'
import type { PolicySettings } from './settings.ts'
import { projectsWithRules } from './rules-exist-store.ts'

interface PolicyJobParts extends JudgeParts {
  readonly settings: PolicySettings
  readonly judge: () => Promise<Judge>
}

const EVERY_MS = 10 * 60_000
const GONE_AT_ONCE = 500

/** Verdicts of tagged images are found before somebody waits for them. */
export function policyJobs(parts: PolicyJobParts): Job[] {
  return [
    {
      name: 'policy',
      about: 'Judges tagged images before somebody waits for it.',
      everyMs: EVERY_MS,
      run: async (signal, say) => {
        const { reader } = parts.database
        const projects = await projectsWithRules(reader)
        for (const [done, id] of projects.entries()) {
          say?.({ done, of: projects.length, what: 'projects' })
          const project = await findProjectById(reader, id)
          if (project === undefined) continue
          for await (const spot of repositoriesOf(parts.database, project)) {
            if (signal?.aborted === true) return
            await judgeRepository(parts, spot, signal)
          }
        }
        await forgetGone(parts, signal)
      },
    },
  ]
}

async function judgeRepository(
  { database, settings, judge, log }: PolicyJobParts,
  spot: Parameters<typeof taggedImages>[1],
  signal: AbortSignal | undefined,
): Promise<void> {
  const here = await settings.here(spot.repository)
  if (here === undefined) return
  const breaths = new Breaths()
  for await (const { head } of taggedImages(database, spot)) {
    if (signal?.aborted === true) return
    try {
      await (await judge()).verdictOf({ spot, here }, head)
    } catch (error) {
      log.warn('an image could not be judged', { repository: spot.repository, digest: head.digest, error })
    }
    await breaths.take()
  }
}

async function forgetGone({ database }: PolicyJobParts, signal: AbortSignal | undefined): Promise<void> {
  for (let removed = GONE_AT_ONCE; removed === GONE_AT_ONCE && signal?.aborted !== true;)
    removed = await database.writeQuietly((tx) => removeVerdictsOfGone(tx, GONE_AT_ONCE))
}
