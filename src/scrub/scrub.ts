import type { SayProgress } from '../jobs/job.ts'
import { jobActor } from '../lib/actor.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Registry } from '../registry/registry.ts'
import { scrubBlobs, type Step } from './pass.ts'
import { readScrubState, type ScrubState, writeScrubState } from './state.ts'

export interface ScrubOptions {
  readonly registry: Registry
  readonly log: Log
  readonly metrics: Metrics
  /** Bytes a second. */
  readonly rate: number
  readonly signal: AbortSignal | undefined
  readonly say?: SayProgress | undefined
}

const SCRUB = jobActor('scrub')
/** From the start of one pass to the start of the next, at least. */
export const PASS_EVERY_MS = 24 * 3_600_000
/** How much is read again after a restart, at most. */
const SAVE_EVERY_MS = 30_000

type Pass = NonNullable<ScrubState['pass']>

/** Goes on with the pass that was begun, or begins one when it is time. Ends when the pass does, or the signal says so. */
export async function scrub(options: ScrubOptions): Promise<void> {
  const { database, clock } = options.registry
  const { pass: begun, lastPass } = await readScrubState(database.reader)
  const now = clock.now().getTime()
  if (begun === undefined && lastPass !== undefined && now - lastPass.startedAt < PASS_EVERY_MS) return
  const start: Pass = begun ?? { cursor: '', startedAt: now, blobs: 0, bytes: 0, damaged: 0 }
  const { pass, ended } = await goOn(options, start, (pass) => save(options, { pass, lastPass }))
  if (!ended) return save(options, { pass, lastPass })
  const { cursor: _, ...counts } = pass
  await save(options, { lastPass: { ...counts, endedAt: clock.now().getTime() } })
  options.log.info('all stored blobs were read again', counts)
}

async function goOn(
  options: ScrubOptions,
  start: Pass,
  saved: (pass: Pass) => Promise<void>,
): Promise<{ pass: Pass; ended: boolean }> {
  const { registry, rate, signal } = options
  const pace = new Pace(registry.clock, rate, signal)
  let pass = start
  const away = new Set<string>()
  let savedAt = registry.clock.now().getTime()
  for await (const step of scrubBlobs(registry, SCRUB, start.cursor)) {
    if (signal?.aborted) return { pass, ended: false }
    if (step.type === 'read') {
      options.metrics.add('berth_scrub_bytes_total', step.bytes)
      await pace.spend(step.bytes)
      continue
    }
    pass = counted(pass, step)
    options.say?.({ done: pass.blobs, what: 'blobs' })
    report(options, step, away)
    const now = registry.clock.now().getTime()
    if (now - savedAt < SAVE_EVERY_MS) continue
    await saved(pass)
    savedAt = now
  }
  return { pass, ended: true }
}

function counted(pass: Pass, { blob, type }: Exclude<Step, { type: 'read' }>): Pass {
  if (type === 'away') return { ...pass, cursor: blob.digest }
  return {
    ...pass,
    cursor: blob.digest,
    blobs: pass.blobs + 1,
    bytes: pass.bytes + blob.sizeBytes,
    damaged: pass.damaged + (type === 'damaged' ? 1 : 0),
  }
}

/** `away`: places that were told of. */
function report({ log, metrics }: ScrubOptions, step: Exclude<Step, { type: 'read' }>, away: Set<string>): void {
  const { digest } = step.blob
  if (step.type === 'away') {
    if (!away.has(step.problem)) log.warn('adopted blobs cannot be read at the moment', { problem: step.problem })
    away.add(step.problem)
    return
  }
  if (step.type === 'sound') {
    if (step.healed) log.info('the stored bytes of a blob are right again: it is served again', { digest })
    return
  }
  if (!step.isNew) return
  metrics.add('berth_scrub_damaged_blobs_total')
  log.error('the stored bytes of a blob are damaged: it is not served until it is pushed again', {
    ...step.blob,
    found: step.found,
  })
}

async function save({ registry: { database, clock } }: ScrubOptions, state: ScrubState): Promise<void> {
  await database.writeQuietly((tx) => writeScrubState(tx, state, clock.now()))
}

/** Spreads reading over time, and lets everybody else run in between. */
class Pace {
  readonly #clock: Clock
  readonly #rate: number
  readonly #signal: AbortSignal | undefined
  #bytes = 0

  constructor(clock: Clock, rate: number, signal: AbortSignal | undefined) {
    this.#clock = clock
    this.#rate = rate
    this.#signal = signal
  }

  /** Waits as long as these bytes may take; what takes less than a timer can measure is gathered. */
  async spend(bytes: number): Promise<void> {
    this.#bytes += bytes
    const ms = (this.#bytes / this.#rate) * 1000
    if (ms < 20) return new Promise((resolve) => setImmediate(resolve))
    this.#bytes = 0
    await this.#clock.sleep(ms, this.#signal)
  }
}
