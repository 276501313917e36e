import { createApp } from '../app.ts'
import { environment } from '../config/environment.ts'
import type { Origins } from '../config/origins.ts'
import type { Config } from '../config/schema.ts'
import { adjustableClock } from '../lib/clock.ts'
import type { Metrics } from '../observability/metrics.ts'
import { exitOnBroken, processLog, serveHere } from './serving.ts'
import type { ProcessMetrics, ToParent, ToWorker } from './worker-messages.ts'

/** `berth worker`: started by `berth serve`, never by hand. */
export async function work(): Promise<void> {
  const config = JSON.parse(environment.BERTH_WORKER_CONFIG ?? '') as Config
  const instance = environment.BERTH_WORKER_INSTANCE ?? ''
  const log = processLog(config)
  const stop = stopMessage()
  const collector = metricsFromParent()
  const app = await createApp({
    config,
    clock: adjustableClock(),
    log,
    instance,
    startedAt: new Date(environment.BERTH_WORKER_STARTED ?? Date.now()),
    origins: JSON.parse(environment.BERTH_WORKER_ORIGINS ?? '{}') as Origins,
    metricsText: collector.text,
    onBroken: exitOnBroken(log),
  })
  collector.answerWith(app.metrics)
  process.on('message', (message: ToWorker) => {
    if (message.type === 'drain') app.health.drain()
  })
  const serving = serveHere(app, config, log, true)
  const { url } = await serving.listening
  send({ type: 'listening', url })
  process.on('disconnect', () => process.exit(1))
  await stop
  app.health.drain()
  await serving.stop(config.shutdown.drain)
  await app.close()
  process.disconnect?.()
}

function send(message: ToParent): void {
  process.send?.(message)
}

/**
 * Workers stop when their parent says so. A terminal sends its signals to the whole group, and the parent's own word
 * would come second, which elsewhere means "at once".
 */
function stopMessage(): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined)
  return new Promise((resolve) => {
    process.on('message', (message: ToWorker) => {
      if (message.type === 'stop') resolve()
    })
  })
}

/** /metrics must not depend on which worker answers, so the parent adds all of them up. */
function metricsFromParent() {
  const waiting = new Map<number, (text: string) => void>()
  let requests = 0
  return {
    text: () =>
      new Promise<string>((resolve) => {
        const request = requests++
        waiting.set(request, resolve)
        send({ type: 'collect', request })
      }),
    answerWith: (metrics: Metrics) => {
      process.on('message', async (message: ToWorker) => {
        if (message.type === 'report') {
          const values = await (await metrics.registry()).getMetricsAsJSON()
          send({ type: 'metrics', request: message.request, metrics: values as ProcessMetrics })
        } else if (message.type === 'collected') {
          waiting.get(message.request)?.(message.text)
          waiting.delete(message.request)
        }
      })
    },
  }
}
