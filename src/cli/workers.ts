import { type ChildProcess, spawn } from 'node:child_process'
import { type App, workerCount } from '../app.ts'
import { environment } from '../config/environment.ts'
import type { Origins } from '../config/origins.ts'
import type { Config } from '../config/schema.ts'
import { systemClock } from '../lib/clock.ts'
import type { Log } from '../observability/log.ts'
import { recoverUploads } from '../registry/recover-uploads.ts'
import { programWords } from '../lib/program-words.ts'
import type { Serving } from './serving.ts'
import type { ProcessMetrics, ToParent, ToWorker } from './worker-messages.ts'

/** A worker that dies is started again, but not faster than this. */
const RESTART_DELAY_MS = 500
const METRICS_TIMEOUT_MS = 2000
/** What a worker may take beyond the drain before it is killed. */
const STOP_MARGIN_MS = 2000

export interface WorkersOptions {
  readonly app: App
  readonly config: Config
  readonly log: Log
  /** Names this start of the server; workers are named after it. */
  readonly instance: string
  readonly startedAt: Date
  readonly origins: Origins
}

interface Worker {
  readonly process: ChildProcess
  readonly instance: string
}

/**
 * Processes that share the port and the data. This one serves nothing itself: it starts the others, frees what a dead
 * one held, and adds their metrics up.
 */
export function startWorkers({ app, config, log, ...own }: WorkersOptions): Serving {
  const workers = new Set<Worker>()
  const listening = new Map<Worker, (url: string) => void>()
  const pending = new Map<number, { reports: ProcessMetrics[]; missing: number; done: () => void }>()
  let port = config.listen.port
  let stopping = false
  /** All of them have listened once; one that ends from now on is started again. */
  let ready = false
  let started = 0
  let requests = 0

  function start(): Promise<string> {
    const instance = `${own.instance}.${started++}`
    const child = spawn(process.execPath, [...programWords(), 'worker'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: {
        ...environment,
        BERTH_WORKER_INSTANCE: instance,
        BERTH_WORKER_STARTED: own.startedAt.toISOString(),
        BERTH_WORKER_ORIGINS: JSON.stringify(own.origins),
        BERTH_WORKER_CONFIG: JSON.stringify({ ...config, listen: { ...config.listen, port } }),
      },
    })
    const worker = { process: child, instance }
    workers.add(worker)
    child.on('message', (message) =>
      receive(worker, message as ToParent).catch((error: unknown) =>
        log.error('a worker was not answered', { instance, error }),
      ),
    )
    child.on('error', (error) => log.error('a worker cannot be reached', { instance, error }))
    const died = new Promise<never>((_, reject) =>
      child.on('exit', (code, signal) => {
        reject(new Error(`a worker ended before it listened (${code ?? signal}); its reason is in the log`))
        void ended(worker, code ?? signal)
      }),
    )
    died.catch(() => undefined)
    return Promise.race([new Promise<string>((resolve) => listening.set(worker, resolve)), died])
  }

  async function receive(worker: Worker, message: ToParent): Promise<void> {
    if (message.type === 'listening') listening.get(worker)?.(message.url)
    else if (message.type === 'collect') await collect(worker, message.request)
    else report(message.request, message.metrics)
  }

  async function ended(worker: Worker, reason: unknown): Promise<void> {
    workers.delete(worker)
    listening.delete(worker)
    for (const waiting of pending.values()) waiting.done()
    if (stopping || !ready) return
    log.error('a worker ended and is started again', { instance: worker.instance, reason: String(reason) })
    await freeUploads(worker.instance)
    await systemClock.sleep(RESTART_DELAY_MS)
    if (stopping) return
    await start().catch((error: unknown) => log.error('a worker could not be started again', { error }))
  }

  /** Tried again until it succeeds: the database may be busy or full for a while, which must not end the service. */
  async function freeUploads(instance: string): Promise<void> {
    while (!stopping) {
      try {
        await recoverUploads(app.registry, (writer) => writer === instance)
        // It may have died between a commit and telling the others of it: this commit tells them.
        await app.database.writeRelaxed(async () => undefined)
        return
      } catch (error) {
        log.error('uploads of a dead worker could not be freed yet', { instance, error })
        await systemClock.sleep(RESTART_DELAY_MS)
      }
    }
  }

  async function collect(asker: Worker, request: number): Promise<void> {
    const id = requests++
    const asked = [...workers]
    const answered = new AbortController()
    pending.set(id, { reports: [], missing: asked.length, done: () => answered.abort() })
    for (const other of asked) tell(other, { type: 'report', request: id })
    await systemClock.sleep(METRICS_TIMEOUT_MS, answered.signal)
    const reports = pending.get(id)?.reports ?? []
    pending.delete(id)
    const own = (await (await app.metrics.registry()).getMetricsAsJSON()) as ProcessMetrics
    const { AggregatorRegistry } = await import('prom-client')
    const text = await AggregatorRegistry.aggregate([own, ...reports]).metrics()
    tell(asker, { type: 'collected', request, text })
  }

  function report(request: number, metrics: ProcessMetrics): void {
    const waiting = pending.get(request)
    if (waiting === undefined) return
    waiting.reports.push(metrics)
    if (--waiting.missing === 0) waiting.done()
  }

  async function startAll(): Promise<{ url: string }> {
    // The first one settles the port where any free one was asked for.
    const url = await start()
    port = Number(new URL(url).port)
    await Promise.all(Array.from({ length: workerCount(config) - 1 }, start))
    ready = true
    return { url }
  }

  return {
    listening: startAll(),
    drain: () => {
      app.health.drain()
      for (const worker of workers) tell(worker, { type: 'drain' })
    },
    stop: async (drainMs) => {
      stopping = true
      const ends = [...workers].map(({ process: child }) => new Promise((resolve) => child.on('exit', resolve)))
      for (const worker of workers) tell(worker, { type: 'stop' })
      const ended = new AbortController()
      await Promise.race([Promise.all(ends), systemClock.sleep(drainMs + STOP_MARGIN_MS, ended.signal)])
      ended.abort()
      for (const { process: child } of workers) child.kill('SIGKILL')
      await Promise.all(ends)
    },
  }
}

/** A worker may have died, or be about to; that is noticed elsewhere. */
function tell(worker: Worker, message: ToWorker): void {
  if (worker.process.connected) worker.process.send(message, () => undefined)
}
