import { spawn } from 'node:child_process'
import { setPriority } from 'node:os'
import { z } from 'zod'
import type { App } from '../app.ts'
import { environment } from '../config/environment.ts'
import type { Config } from '../config/schema.ts'
import type { Job } from '../jobs/job.ts'
import { programWords } from '../lib/program-words.ts'
import type { Log } from '../observability/log.ts'
import { hasScanWork } from '../scanning/has-scan-work.ts'

export const SCAN_IMAGES = 'scan-images'

const LOOK_EVERY_MS = 1000
/** After a process that died: what killed it is not met again at once. */
const REST_MS = 30_000
/** Below those that serve. */
const NICE = 10

const progress = z.object({ scanned: z.int(), matched: z.int() })

/** Starts a process of its own for looking into images as often as there is something to do, so that this one goes on serving. */
export function scanJobs({ registry, metrics }: App, config: Config, log: Log): Job[] {
  if (!config.scanning.enabled) return []
  let restUntil = 0
  const onProgress = (message: unknown): number => {
    const { data } = progress.safeParse(message)
    if (data === undefined) return 0
    metrics.add('berth_scanned_images_total', data.scanned)
    metrics.add('berth_matched_packages_total', data.matched)
    return data.scanned
  }
  return [
    {
      name: 'scan',
      about: 'Looks into images that were pushed, and compares their packages with the vulnerability data.',
      everyMs: LOOK_EVERY_MS,
      run: async (signal, say) => {
        if (performance.now() < restUntil || !(await hasScanWork({ registry, config }))) return
        let images = 0
        const tell = (message: unknown) => {
          images += onProgress(message)
          say?.({ done: images, what: 'images' })
        }
        const code = await runToItsEnd(config, tell, signal)
        if (code === 0 || signal?.aborted === true) return
        restUntil = performance.now() + REST_MS
        log.error('the process that looks into images died, and is started again in half a minute', { code })
      },
    },
  ]
}

function runToItsEnd(
  config: Config,
  onProgress: (message: unknown) => void,
  signal: AbortSignal | undefined,
): Promise<number | null> {
  const child = spawn(process.execPath, [...programWords(), SCAN_IMAGES], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...environment, BERTH_WORKER_CONFIG: JSON.stringify(config) },
  })
  const stop = () => void child.kill('SIGTERM')
  signal?.addEventListener('abort', stop)
  return new Promise<number | null>((resolve, reject) => {
    child.on('spawn', () => lowerPriority(child.pid))
    child.on('message', onProgress)
    child.on('error', reject)
    child.on('exit', resolve)
  }).finally(() => signal?.removeEventListener('abort', stop))
}

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, NICE)
  } catch {
    // It has ended, or the system does not let us: it only takes a larger share then.
  }
}
