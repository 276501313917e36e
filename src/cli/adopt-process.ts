import { spawn } from 'node:child_process'
import { setPriority } from 'node:os'
import { hasWork } from '../adopt/index-places.ts'
import type { App } from '../app.ts'
import { environment } from '../config/environment.ts'
import type { Config } from '../config/schema.ts'
import type { Job } from '../jobs/job.ts'
import { openTrees } from '../storage/adopted/open-trees.ts'
import { programWords } from '../lib/program-words.ts'

const LOOK_EVERY_MS = 1000
/** After a run that did not come to its end: what it could not read is not read again at once. */
const REST_MS = 30_000
/** Below those that serve. */
const NICE = 5

/**
 * Reads what is adopted in a process of its own, `berth adopt run`, so that this one goes on serving. One that dies is
 * started again, and goes on where it was.
 */
export async function adoptJobs({ registry }: App, config: Config): Promise<Job[]> {
  const trees = await openTrees(config.adopt)
  if (trees.size === 0) return []
  let restUntil = 0
  return [
    {
      name: 'adopt',
      about: 'Reads what was adopted into the registry.',
      everyMs: LOOK_EVERY_MS,
      run: async (signal) => {
        if (performance.now() < restUntil || !(await hasWork({ registry, trees }))) return
        const ending = await runToItsEnd(config, signal)
        if (ending === 'unfinished') restUntil = performance.now() + REST_MS
      },
    },
  ]
}

/** `unfinished`: it said that something is left; `died`: it said nothing. */
function runToItsEnd(config: Config, signal: AbortSignal | undefined): Promise<'done' | 'unfinished' | 'died'> {
  const child = spawn(process.execPath, [...programWords(), 'adopt', 'run'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...environment, BERTH_WORKER_CONFIG: JSON.stringify(config) },
  })
  const stop = () => void child.kill('SIGTERM')
  signal?.addEventListener('abort', stop)
  return new Promise<'done' | 'unfinished' | 'died'>((resolve, reject) => {
    child.on('spawn', () => lowerPriority(child.pid))
    child.on('error', reject)
    child.on('exit', (code) => resolve(code === 0 ? 'done' : code === 1 ? 'unfinished' : 'died'))
  }).finally(() => signal?.removeEventListener('abort', stop))
}

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, NICE)
  } catch {
    // It has ended, or the system does not let us: it only takes a larger share then.
  }
}
