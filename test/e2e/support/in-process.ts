import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, createApp } from '../../../src/app.ts'
import { parseConfig } from '../../../src/config/load.ts'
import { startServer } from '../../../src/http/server.ts'
import { type Clock, systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/observability/log.ts'
import type { Evidence } from '../../../src/policy/evidence.ts'
import type { Guard } from '../../../src/registry/operation.ts'
import type { Registry } from '../../conformance/support/client.ts'
import { ownDatabase } from '../../support/postgres.ts'
import { type Headers, registryAt } from './server.ts'

/** A clock that stands still until it is told to go on. */
export class TestClock implements Clock {
  #now = Date.UTC(2030, 0, 1)

  now(): Date {
    return new Date(this.#now)
  }

  async sleep(ms: number): Promise<void> {
    await Bun.sleep(Math.min(ms, 20))
  }

  advance(ms: number): void {
    this.#now += ms
  }
}

export interface InProcess extends Registry {
  readonly app: App
  readonly clock: TestClock
  readonly dataDir: string
  readonly url: string
  /** What was logged as an error. */
  readonly errors: () => string
  /** What was logged as a warning. */
  readonly warnings: () => string
  runJob(name: string): Promise<void>
  /** The same registry asked with more headers. */
  with(headers: Headers): Registry
  close(): Promise<void>
}

export interface InProcessOptions {
  readonly config?: Readonly<Record<string, unknown>>
  readonly guards?: readonly Guard[]
  /** What policy judges by. */
  readonly evidence?: Partial<Evidence>
}

/** The whole registry in this very process, with a clock and guards of the test. */
export async function openInProcess({ config = {}, guards = [], evidence }: InProcessOptions = {}): Promise<InProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'berth-test-'))
  const clock = new TestClock()
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  const log = createLog({ level: 'warn', now: () => clock.now(), write })
  const app = await createApp({
    config: parseConfig({ listen: '127.0.0.1:0', data: dataDir, ...(await ownDatabase(dataDir)), ...config }),
    clock,
    log,
    instance: 'test',
    guards,
    evidence,
    onBroken: (error) => log.error('broken', { error }),
  })
  const server = startServer({
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    shared: false,
    fetch: app.fetch,
    clock: systemClock,
    log,
  })
  return {
    ...registryAt(server.url),
    app,
    clock,
    dataDir,
    url: server.url,
    errors: () => lines.filter((line) => line.includes('"level":"error"')).join(''),
    warnings: () => lines.filter((line) => line.includes('"level":"warn"')).join(''),
    with: (headers) => registryAt(server.url, headers),
    runJob: async (name) => {
      const job = (await app.jobs()).find((candidate) => candidate.name === name)
      if (job === undefined) throw new Error(`there is no job ${name}`)
      await job.run()
    },
    close: async () => {
      await server.stop(0)
      await app.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
