import type { App } from '../app.ts'
import type { Config } from '../config/schema.ts'
import { startServer } from '../http/server.ts'
import { systemClock } from '../lib/clock.ts'
import { createLog, type Log, type LogLevel } from '../observability/log.ts'

export interface Serving {
  readonly listening: Promise<{ readonly url: string }>
  /** Not ready any more, and at work still. */
  drain(): void
  stop(drainMs: number): Promise<void>
}

/** Serves in this very process. */
export function serveHere(app: App, config: Config, log: Log, shared = false): Serving {
  const { host, port } = config.listen
  const server = startServer({ host, port, tls: config.tls, shared, fetch: app.fetch, clock: systemClock, log })
  return {
    listening: Promise.resolve({ url: server.url }),
    drain: () => app.health.drain(),
    stop: (drainMs) => server.stop(drainMs),
  }
}

export function processLog(config: Config): Log {
  return createLog({
    level: config.log.level as LogLevel,
    access: config.log.access,
    now: () => systemClock.now(),
    write: (line) => void process.stdout.write(line),
  })
}

/** Nobody can know what is on the disk after a failed sync: end now, and be started again. */
export function exitOnBroken(log: Log): (error: Error) => void {
  return (error) => {
    log.error('stopping at once: writes are no longer durable', { error })
    process.exit(1)
  }
}
