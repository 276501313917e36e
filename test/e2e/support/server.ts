import { afterAll, beforeAll } from 'bun:test'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Answer, Ask, Registry } from '../../conformance/support/client.ts'
import { type RunningRegistry, type StartOptions, startRegistry } from '../../support/registry.ts'
import { ON_POSTGRES } from '../../support/postgres.ts'

export type Headers = Readonly<Record<string, string>>

/** A registry at an address, asked with the same headers (a sign-in, for example) every time. */
export function registryAt(url: string | (() => string), always: Headers = {}): Registry {
  const base = typeof url === 'string' ? () => url : url
  return {
    send: (method, path, ask = {}) =>
      send(method, urlOf(base(), path, ask.query), { ...ask, headers: { ...always, ...ask.headers } }),
    repository: (label) => `e2e/${label}`.toLowerCase(),
    get host() {
      return new URL(base()).host
    },
  }
}

/** A shared disk may take seconds for one fsync, and PostgreSQL many round trips; a test that hangs is still found out. */
export const PATIENCE_MS = ON_POSTGRES ? 120_000 : 30_000

export interface Server extends Registry {
  readonly url: string
  readonly running: RunningRegistry
  /** The same server asked with more headers. */
  with(headers: Headers): Registry
}

/** A server process of ours for the whole file. */
export function useServer(options: StartOptions | (() => Promise<StartOptions>) = {}): Server {
  let running: RunningRegistry | undefined
  const started = () => {
    if (running === undefined) throw new Error('the server has not been started yet')
    return running
  }
  beforeAll(async () => {
    running = await startRegistry(typeof options === 'function' ? await options() : options)
  }, PATIENCE_MS)
  afterAll(() => running?.close(), PATIENCE_MS)
  const plain = registryAt(() => started().url)
  return {
    send: plain.send,
    repository: plain.repository,
    with: (headers) => registryAt(() => started().url, headers),
    get host() {
      return plain.host
    },
    get url() {
      return started().url
    },
    get running() {
      return started()
    },
  }
}

/** Bytes that unfinished uploads hold. */
export async function uploadBytes(dataDir: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(join(dataDir, 'uploads'))) {
    const found = await stat(join(dataDir, 'uploads', name)).catch(() => undefined)
    bytes += found?.size ?? 0
  }
  return bytes
}

export async function uploadFiles(dataDir: string): Promise<string[]> {
  const names = await readdir(join(dataDir, 'uploads'))
  return names.filter((name) => name !== '.probe')
}

function urlOf(base: string, path: string, query: Ask['query']): URL {
  const url = new URL(path, base)
  for (const [key, value] of Object.entries(query ?? {})) {
    for (const one of typeof value === 'string' ? [value] : value) url.searchParams.append(key, one)
  }
  return url
}

async function send(method: string, url: URL, ask: Ask): Promise<Answer> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: ask.headers ?? {},
    ...(ask.body === undefined ? {} : { body: ask.body }),
  })
  return answerOf(`${method} ${url.pathname}${url.search}`, response)
}

export async function answerOf(asked: string, response: Response): Promise<Answer> {
  const bytes = await response.bytes()
  const { status, headers } = response
  return { asked, status, headers, bytes, text: new TextDecoder().decode(bytes) }
}

export function basic(name: string, password: string): Headers {
  return { Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` }
}

export function bearer(token: string): Headers {
  return { Authorization: `Bearer ${token}` }
}
