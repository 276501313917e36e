import { isLoopback } from '../lib/addresses.ts'
import { asking, tracedTo } from './asking.ts'

export interface EgressOptions {
  /** Where requests with credentials or a body may go. */
  readonly origin: string
  /** Where else they may go. */
  readonly origins?: readonly string[]
  /** The authorities that certificates must come from, PEM, instead of the system's. */
  readonly ca?: string | undefined
  /** Of the whole exchange, the body included. */
  readonly timeoutMs?: number
  readonly maxBodyBytes?: number
}

export interface EgressInit {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: ArrayBuffer | ReadableStream | string | Uint8Array | URLSearchParams | null | undefined
  readonly signal?: AbortSignal | undefined
  /** How long the head of the answer may take; its body has what is left of all the time. */
  readonly headTimeoutMs?: number | undefined
}

export type Egress = (url: string | URL, init?: EgressInit) => Promise<Response>

/** The other side could not be asked, or did not answer as it must. Names the host and never what it said. */
export class EgressError extends Error {
  constructor(host: string, what: string, cause?: unknown) {
    super(`${host} ${what}`, cause === undefined ? {} : { cause })
    this.name = 'EgressError'
  }
}

const TIMEOUT_MS = 10_000
const MAX_BODY_BYTES = 1024 * 1024
const CREDENTIALS = ['authorization', 'proxy-authorization', 'cookie']

/**
 * The only way out: no other file calls `fetch`. Every answer comes whole, and a redirect is an error, because whoever
 * answers could otherwise choose whom we ask next (CVE-2026-49478).
 *
 * For destinations that an operator wrote in the configuration, which may well be private addresses. Those that users
 * choose (webhooks, upstreams) need addresses resolved once, checked against the private ranges and pinned; this
 * function does none of that and must not be given them.
 */
export function createEgress(options: EgressOptions): Egress {
  const { timeoutMs = TIMEOUT_MS, maxBodyBytes = MAX_BODY_BYTES } = options
  const trusted = new Set([options.origin, ...(options.origins ?? [])].map((text) => new URL(text).origin))
  return async (destination, init = {}) => {
    const url = new URL(destination)
    checkDestination(url, init, trusted)
    const timeout = AbortSignal.timeout(timeoutMs)
    const signals = init.signal === undefined ? [timeout] : [timeout, init.signal]
    const ask = (late: AbortSignal) =>
      fetch(url, { ...requestFor(url, init, options.ca), signal: AbortSignal.any([...signals, late]) })
    try {
      return await asking(init.method ?? 'GET', url, async () =>
        buffered(url, await headWithin(init.headTimeoutMs, url, ask), maxBodyBytes),
      )
    } catch (error) {
      if (error instanceof EgressError) throw error
      if (timeout.aborted) throw new EgressError(url.host, `did not answer within ${timeoutMs / 1000} s`)
      throw new EgressError(url.host, 'cannot be reached', error)
    }
  }
}

/** @throws EgressError when it did not begin in time */
export async function headWithin(
  ms: number | undefined,
  url: URL,
  ask: (late: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const late = new AbortController()
  const timer = ms === undefined ? undefined : setTimeout(() => late.abort(), ms)
  try {
    return await ask(late.signal)
  } catch (error) {
    if (late.signal.aborted) throw new EgressError(url.host, `did not answer within ${(ms ?? 0) / 1000} s`)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function requestFor(url: URL, init: EgressInit, ca: string | undefined): BunFetchRequestInit {
  const headers = new Headers({ ...init.headers, ...tracedTo(url) })
  headers.set('accept-encoding', 'identity')
  return {
    method: init.method ?? 'GET',
    headers,
    body: init.body ?? null,
    redirect: 'manual',
    decompress: false,
    ...(ca === undefined ? {} : { tls: { ca } }),
    // A proxy that the environment names has another loopback than we.
    ...(isLoopback(hostOf(url)) ? { proxy: false } : {}),
  }
}

/** The JSON object at an address. @throws EgressError when there is none */
export async function getJson(egress: Egress, url: string | URL): Promise<Readonly<Record<string, unknown>>> {
  const response = await egress(url, { headers: { accept: 'application/json' } })
  const { host } = new URL(url)
  if (!response.ok) throw new EgressError(host, `answered with status ${response.status}`)
  const value: unknown = await response.json().catch(() => undefined)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new EgressError(host, 'did not answer with a JSON object')
}

/** Whether it went wrong on the way, at any depth: libraries wrap what a fetch throws. */
export function isEgressError(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++)
    if (at instanceof EgressError) return true
  return false
}

/** @throws Error unless requests to the address are safe from being read on the way */
export function requireSecure(url: URL): void {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(hostOf(url)))) return
  throw new EgressError(url.host, 'is not asked: only https is, except on loopback')
}

function checkDestination(url: URL, init: EgressInit, trusted: ReadonlySet<string>): void {
  requireSecure(url)
  if (url.username !== '' || url.password !== '')
    throw new EgressError(url.host, 'is not asked: its address has a password in it')
  const names = Object.keys(init.headers ?? {}).map((name) => name.toLowerCase())
  // A body counts: a client's secret may stand in it, and a code that is as good as a password always does.
  const secret = names.some((name) => CREDENTIALS.includes(name)) || (init.body !== undefined && init.body !== null)
  if (secret && !trusted.has(url.origin)) throw new EgressError(url.host, 'is not where these credentials belong')
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

async function buffered(url: URL, response: Response, maxBytes: number): Promise<Response> {
  const { status, headers } = response
  const problem = problemWith(response)
  if (problem !== undefined) {
    await response.body?.cancel()
    throw new EgressError(url.host, problem)
  }
  const body = await readCapped(response, maxBytes)
  if (body === undefined) throw new EgressError(url.host, `answered with more than ${maxBytes} bytes`)
  return new Response(body.byteLength === 0 ? null : body, { status, headers })
}

function problemWith({ status, headers }: Response): string | undefined {
  if (status >= 300 && status < 400) return 'answered with a redirect, which is not followed'
  const encoding = headers.get('content-encoding') ?? 'identity'
  return encoding === 'identity' ? undefined : 'answered in an encoding that was not asked for'
}

async function readCapped({ body }: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.byteLength
    // Leaving the loop ends the connection.
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
