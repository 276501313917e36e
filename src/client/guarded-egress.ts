import type { ClientRequest, IncomingMessage } from 'node:http'
import { RemoteError } from '../registry/image-source.ts'
import { asking, tracedTo } from './asking.ts'
import { type Patiently, SourceFailed, type SentStream, streamBody, watchdog, writeBody } from './guarded-body.ts'
import { type ConnectionRules, FutileRequest, guardedConnect } from './guarded-connection.ts'

export interface EgressTimes {
  /** From the first try to connect to the headers of the answer, the time to send a body not counted. */
  readonly headersMs: number
  /** Until an upload that was sent whole is answered: the other side may have to read it again. */
  readonly commitMs: number
  /** Without any byte of a body. A body that is streamed may take as long as it likes. */
  readonly stallMs: number
  /** For a body that is read whole: it is small, and somebody waits for all of it. */
  readonly wholeMs: number
  /** For a place among the requests at a time. */
  readonly queueMs: number
}

export const EGRESS_TIMES: EgressTimes = {
  headersMs: 10_000,
  commitMs: 300_000,
  stallMs: 30_000,
  wholeMs: 60_000,
  queueMs: 30_000,
}

export interface GuardedRequest {
  readonly method: 'DELETE' | 'GET' | 'HEAD' | 'PATCH' | 'POST' | 'PUT'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: SentStream | Uint8Array | undefined
  /** Whether this destination may be a private address, if the operator allows any. */
  readonly mayBePrivate: boolean
  /** False: a redirect is an answer like others, and leads nowhere. */
  readonly followsRedirects?: boolean
  readonly signal?: AbortSignal | undefined
}

/** An answer whose body has to be read, or discarded. */
export interface Answer {
  readonly status: number
  /** A header, several of the same name joined by commas. */
  header(name: string): string | undefined
  /** Who answered in the end, after redirects. */
  readonly url: URL
  readonly isPrivate: boolean
  readonly body: ReadableStream<Uint8Array>
  /** The whole body. @throws RemoteError when it is larger */
  bytes(maxBytes: number): Promise<Uint8Array<ArrayBuffer>>
  /** When it ends soon the connection can be used again. */
  discard(): Promise<void>
  /** Calls back once, when the body has been read or given up. */
  onEnd(listener: (problem?: Error) => void): void
}

/** @throws RemoteError; SourceFailed; the signal's reason */
export type GuardedEgress = (request: GuardedRequest) => Promise<Answer>

const MAX_HOPS = 5
/** A body that is not wanted and ends soon is read, to keep the connection. */
const DRAINED_BYTES = 64 * 1024
const DRAINED_MS = 1000
const SECRET_HEADERS = new Set(['authorization', 'proxy-authorization', 'cookie'])

/**
 * The way out to addresses that users choose. Where `createEgress` trusts what an operator wrote, this one checks each
 * address when it connects (`guardedConnect`), follows redirects of reads by the same rules, and hands out bodies as
 * they come. What goes wrong is a `RemoteError` that says nothing of what the other side said.
 */
export function createGuardedEgress(rules: ConnectionRules, times: EgressTimes): GuardedEgress {
  const connect = guardedConnect(rules)

  async function once(request: GuardedRequest): Promise<Answer> {
    const sent = connect(request.url, headOf(request), request.mayBePrivate && rules.allowPrivate)
    const message = await answerOf(sent, request, times)
    const answer = openAnswer(message, request, { times, isPrivate: isPrivate(message, rules) })
    if ((message.headers['content-encoding'] ?? 'identity') === 'identity') return answer
    message.destroy()
    throw new RemoteError('invalid', `${request.url.host} answered in an encoding that was not asked for`)
  }

  async function follow(request: GuardedRequest): Promise<Answer> {
    let asked = request
    for (let hop = 0; hop <= MAX_HOPS; hop++) {
      const answer = await once(asked)
      const location = answer.header('location')
      if (!isRedirect(answer.status) || !mayFollow(request)) return answer
      await answer.discard()
      if (location === undefined) break
      asked = nextHop(asked, location, answer.isPrivate)
    }
    throw new FutileRequest('invalid', `${request.url.host} sends us from one address to the next without an end`)
  }

  return (request) => asking(request.method, request.url, () => follow(request))
}

function mayFollow({ method, followsRedirects = true }: GuardedRequest): boolean {
  return followsRedirects && (method === 'GET' || method === 'HEAD')
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status)
}

/** Whoever answered from a public address does not send us into a private network. @throws FutileRequest */
function nextHop(asked: GuardedRequest, location: string, wasPrivate: boolean): GuardedRequest {
  if (!URL.canParse(location, asked.url.href))
    throw new FutileRequest('invalid', `${asked.url.host} sends us to something that is no address`)
  const url = new URL(location, asked.url)
  if (asked.url.protocol === 'https:' && url.protocol !== 'https:')
    throw new FutileRequest('invalid', `${asked.url.host} sends us from https to an address without encryption`)
  const headers = Object.entries(asked.headers ?? {})
  const kept = url.origin === asked.url.origin ? headers : headers.filter(([name]) => !isSecret(name))
  return { ...asked, url, headers: Object.fromEntries(kept), mayBePrivate: asked.mayBePrivate && wasPrivate }
}

function isSecret(header: string): boolean {
  return SECRET_HEADERS.has(header.toLowerCase())
}

function headOf({ method, headers, body, url }: GuardedRequest): { method: string; headers: Record<string, string> } {
  const sizeBytes = body instanceof Uint8Array ? body.byteLength : body?.sizeBytes
  const hasLength = sizeBytes !== undefined || method === 'POST' || method === 'PUT' || method === 'PATCH'
  const length = hasLength ? { 'content-length': String(sizeBytes ?? 0) } : {}
  const ours = { ...tracedTo(url), 'accept-encoding': 'identity', 'user-agent': 'berth' }
  return { method, headers: { ...headers, ...length, ...ours } }
}

async function answerOf(sent: ClientRequest, request: GuardedRequest, times: EgressTimes): Promise<IncomingMessage> {
  const { body, signal, url } = request
  const abort = () => sent.destroy(new Error('aborted'))
  const message = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve)
    // Stays: what happens to the socket later must not be an uncaught error.
    sent.on('error', reject)
    sent.once('close', () => reject(new Error('closed')))
  })
  message.catch(() => undefined)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  const inTime = <T>(work: Promise<T>, ms: number) => withinMs(work, sent, ms)
  try {
    const sending = send(sent, body, (wait) => inTime(wait, times.stallMs))
    sending.catch(() => sent.destroy(new Error('nothing to send')))
    const first = await Promise.race([message, sending])
    return closing(first ?? (await inTime(message, patience(body, times))), signal)
  } catch (error) {
    if (error instanceof SourceFailed) throw error
    signal?.throwIfAborted()
    throw explained(error, url, error instanceof TooLate)
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

function patience(body: GuardedRequest['body'], { headersMs, commitMs, stallMs }: EgressTimes): number {
  if (body === undefined) return headersMs
  return body instanceof Uint8Array ? stallMs : commitMs
}

class TooLate extends Error {}

async function withinMs<T>(work: Promise<T>, sent: ClientRequest, ms: number): Promise<T> {
  let late: Error | undefined
  const watch = watchdog(ms, () => {
    late = new TooLate()
    sent.destroy(late)
  })
  try {
    return await work
  } catch (error) {
    throw late ?? error
  } finally {
    watch.end()
  }
}

/** The signal goes on to end what comes after the headers. */
function closing(message: IncomingMessage, signal: AbortSignal | undefined): IncomingMessage {
  if (signal !== undefined) {
    const destroy = () => message.destroy(new Error('aborted'))
    if (signal.aborted) destroy()
    signal.addEventListener('abort', destroy, { once: true })
    message.once('close', () => signal.removeEventListener('abort', destroy))
  }
  return message
}

async function send(sent: ClientRequest, body: GuardedRequest['body'], patiently: Patiently): Promise<undefined> {
  if (body === undefined || body instanceof Uint8Array) sent.end(body)
  else await writeBody(sent, body, patiently)
}

/** Where it is not known, nobody is sent into a private network by it. */
function isPrivate({ socket }: IncomingMessage, { kindOf }: ConnectionRules): boolean {
  return socket.remoteAddress !== undefined && kindOf(socket.remoteAddress) !== 'public'
}

interface Opened {
  readonly times: EgressTimes
  readonly isPrivate: boolean
}

function openAnswer(message: IncomingMessage, { url, signal }: GuardedRequest, { times, isPrivate }: Opened): Answer {
  const listeners: ((problem?: Error) => void)[] = []
  let ended: { readonly problem: Error | undefined } | undefined
  const onEnd = (problem?: Error) => {
    if (ended !== undefined) return
    ended = { problem }
    for (const listener of listeners) listener(problem)
  }
  let isLate = false
  const explain = (error: unknown, isStalled: boolean): Error => {
    if (signal?.aborted && signal.reason instanceof Error) return signal.reason
    return explained(error, url, isStalled || isLate)
  }
  const body = streamBody(message, { stallMs: times.stallMs, explain, onEnd })
  const within = <T>(ms: number, work: Promise<T>, late: () => void): Promise<T> => {
    const watch = watchdog(ms, () => {
      late()
      message.destroy(new Error('late'))
    })
    return work.finally(() => watch.end())
  }
  return {
    status: message.statusCode ?? 0,
    header: (name) => {
      const value = message.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    url,
    isPrivate,
    body,
    bytes: (maxBytes) =>
      within(times.wholeMs, readWhole(body, maxBytes, url), () => {
        isLate = true
      }),
    // That what nobody wants does not come in time is nobody's problem.
    discard: () => within(DRAINED_MS, discard(body), onEnd),
    onEnd: (listener) => {
      if (ended === undefined) listeners.push(listener)
      else listener(ended.problem)
    },
  }
}

async function readWhole(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  url: URL,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength
    // Leaving the loop ends the connection.
    if (sizeBytes > maxBytes) throw new RemoteError('invalid', `${url.host} answered with more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function discard(body: ReadableStream<Uint8Array>): Promise<void> {
  let sizeBytes = 0
  try {
    for await (const chunk of body) {
      sizeBytes += chunk.byteLength
      if (sizeBytes > DRAINED_BYTES) break
    }
  } catch {
    // Nobody wants it.
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'has no address in the DNS',
  EAI_AGAIN: 'has no address, because the DNS does not answer',
  ECONNREFUSED: 'refuses connections',
  ECONNRESET: 'broke the connection',
}

/** Codes are the runtime's; messages may have something of the other side in them. */
function explained(error: unknown, { host }: URL, isLate: boolean): RemoteError {
  if (error instanceof RemoteError) return error
  if (isLate) return new RemoteError('timeout', `${host} did not answer in time`)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known = /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : ''
  const reason = REASONS[known]
  if (reason !== undefined) return new RemoteError('unreachable', `${host} ${reason}`)
  if (/CERT|SIGNATURE|TLS|SSL/.test(known))
    return new FutileRequest('unreachable', `${host} has a certificate that is not trusted for it (${known})`)
  if (known.startsWith('HPE_')) return new RemoteError('invalid', `${host} does not speak HTTP as it must (${known})`)
  return new RemoteError('unreachable', `${host} cannot be reached${known === '' ? '' : ` (${known})`}`)
}
