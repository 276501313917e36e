import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, createApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config/load.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/observability/log.ts'
import { ownDatabase } from '../support/postgres.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
}

export interface OpenedApp {
  readonly app: App
  /** Error lines of its log: what it did not expect. */
  readonly errors: readonly string[]
  send(method: string, path: string, body?: RequestBody, headers?: Record<string, string>): Promise<Answer>
  close(): Promise<void>
}

type RequestBody = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>

/** The whole registry in this process, on a folder of its own, without a socket. */
export async function openApp(): Promise<OpenedApp> {
  const data = await mkdtemp(join(tmpdir(), 'berth-app-'))
  const errors: string[] = []
  const log = createLog({ level: 'error', now: () => systemClock.now(), write: (line) => void errors.push(line) })
  const app = await createApp({
    config: parseConfig({ data, ...(await ownDatabase(data)) }),
    clock: systemClock,
    log,
    instance: 'test',
    onBroken: (error) => {
      throw error
    },
  })
  const connection = { scheme: 'http', peer: () => '127.0.0.1', takeTheTime: () => undefined }
  return {
    app,
    errors,
    send: async (method, path, body, headers = {}) => {
      const url = new URL(path, 'http://localhost')
      const init = body === undefined ? { method, headers } : { method, headers, body }
      const response = await app.fetch(new Request(url.href, init), connection)
      return { status: response.status, headers: response.headers, bytes: await response.bytes() }
    },
    close: async () => {
      await app.close()
      await rm(data, { recursive: true, force: true })
    },
  }
}

export function digestOf(bytes: Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}
