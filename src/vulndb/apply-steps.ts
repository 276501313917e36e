import { buildApart } from './build-process.ts'
import type { BuildStep, StepResult } from './build-job.ts'
import type { Clock } from '../lib/clock.ts'
import { causesOf } from '../lib/causes.ts'
import type { VulndbPlace } from './place.ts'
import { saveTries } from './try-state.ts'

export interface EcosystemUpdate {
  readonly ecosystem: string
  readonly outcome: 'updated' | 'unchanged' | 'failed'
  /** That were read anew. */
  readonly records: number
  /** For people. */
  readonly problem?: string
}

export interface ApplyParts extends VulndbPlace {
  readonly clock: Clock
}

/** Builds data anew with these steps, and remembers how each of them went. @throws Error; the signal's reason */
export async function applySteps(
  parts: ApplyParts,
  steps: readonly BuildStep[],
  signal?: AbortSignal,
): Promise<readonly EcosystemUpdate[]> {
  if (steps.length === 0) return []
  const { data, clock } = parts
  const remember = (results: readonly Pick<StepResult, 'ecosystem' | 'problem'>[]) => {
    const at = clock.now().getTime()
    return saveTries(data, Object.fromEntries(results.map(({ ecosystem, problem }) => [ecosystem, { at, problem }])))
  }
  try {
    const { steps: results } = await buildApart(parts, { data, steps: [...steps] }, signal)
    await remember(results)
    return results.map(updateOf)
  } catch (error) {
    if (signal?.aborted !== true)
      await remember(steps.map(({ ecosystem }) => ({ ecosystem, problem: causesOf(error) }))).catch(() => undefined)
    throw error
  }
}

function updateOf({ ecosystem, records, problem }: StepResult): EcosystemUpdate {
  if (problem === undefined) return { ecosystem, outcome: 'updated', records }
  return { ecosystem, outcome: 'failed', records, problem }
}
