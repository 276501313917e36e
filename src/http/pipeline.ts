import type { BlockList } from 'node:net'
import type { Authenticator } from '../auth/authenticator.ts'
import { formatChallenge } from '../auth/challenge.ts'
import { ANONYMOUS, type Principal } from '../auth/principal.ts'
import type { SignInContext } from '../auth/sign-in.ts'
import type { Actor } from '../lib/actor.ts'
import type { Recorder } from '../events/recorder.ts'
import { isLoopback } from '../lib/addresses.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { clientAddress, networkOf } from '../lib/networks.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import { inSpan, type TraceSpan, type Tracing, within } from '../observability/tracing.ts'
import { OciError } from '../oci/errors.ts'
import { parseRepositoryName, type RepositoryName } from '../oci/name.ts'
import { RemoteError } from '../registry/image-source.ts'
import { admit, type Doorkeeper } from './admission.ts'
import type { Call, Learned } from './call.ts'
import {
  badHost,
  failure,
  foreignHost,
  isDisconnect,
  methodNotAllowed,
  outageCode,
  refusal,
  remoteFailure,
} from './errors.ts'
import { isPull, type Locate, type Located, namespaceHeader } from './locate.ts'
import { outageLog } from './outage-log.ts'
import { OCI_ROUTES, type OciPath, parseOciPath } from './oci-path.ts'
import type { OciRoute, OciRoutes } from './oci-routes.ts'
import type { PlainRoutes } from './plain-routes.ts'
import type { RequestLimits } from './rate-limit.ts'
import { type Reply, sizeOf } from './reply.ts'
import { endRequestSpan } from './request-span.ts'
import { type RequestTarget, requestHost, requestTarget } from './request-target.ts'

/** What the socket's owner lends a request. */
export interface Connection {
  /** `http` or `https`. */
  readonly scheme: string
  /** The peer's address. */
  readonly peer: () => string
  readonly takeTheTime: () => void
}

export interface PipelineParts {
  readonly routes: OciRoutes
  readonly locate: Locate
  /** Brings what is remembered up to date, as the handler needs it. */
  readonly refresh: (handler: string) => Promise<void> | undefined
  readonly plain: PlainRoutes
  readonly authenticator: Authenticator
  readonly door: Doorkeeper
  readonly recorder: Recorder
  readonly limits: RequestLimits
  /** Proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: BlockList
  /** Whether answers come from memory, because the database is away. */
  readonly isStale: () => boolean
  /** Whether the process is about to end: connections are given up with the next answer, before they are cut. */
  readonly isStopping: () => boolean
  /** Whether a client that reached us under this Host name may go on. */
  readonly isHostWelcome: (host: string) => MaybePromise<boolean>
  /** The address that clients use, when it is not the one in their requests. */
  readonly externalOrigin: string | undefined
  readonly log: Log
  readonly metrics: Metrics
  /** Undefined: no traces are made. */
  readonly tracing: Tracing | undefined
}

/** RFC 7234 §5.5.1; caches may keep such an answer out. */
const STALE = { warning: '110 berth "the database is away; this is as of a moment ago"' }

/** RFC 9112 §9.6: whoever gets this sends the next request elsewhere, instead of into a connection that we close. */
const LAST_ANSWER = { connection: 'close' }

interface Pipeline extends PipelineParts {
  readonly admit: typeof admit
  readonly noteOutage: ReturnType<typeof outageLog>
  readonly noteRemote: ReturnType<typeof outageLog>
}

interface Answered {
  readonly reply: Reply
  /** Which endpoint answered, for metrics: one of a fixed set. */
  readonly handler: string
}

const MAX_LOGGED = 1024
/** What JSON leaves as it is, and a terminal does not: delete, C1, separators and marks of direction. */
const UNPRINTABLE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Text of a client, for a line that people read. */
function printable(text: string): string {
  return text
    .slice(0, MAX_LOGGED)
    .replaceAll(UNPRINTABLE, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/**
 * accept → route (404, 405) → parse (400) → authenticate (401) → authorize (401, 403) → handle → answer.
 * ARCHITECTURE.md draws it. Every error becomes an answer here and nowhere else.
 */
export function createPipeline(given: PipelineParts): (request: Request, connection: Connection) => Promise<Response> {
  const parts: Pipeline = {
    ...given,
    admit:
      given.tracing === undefined ? admit : (...judged) => inSpan({ name: 'authorize' }, async () => admit(...judged)),
    noteOutage: outageLog(given.log, 'requests are refused: the registry has run out of something'),
    noteRemote: outageLog(given.log, 'requests are refused: another registry is of no use at the moment'),
  }
  const nextId = requestIds()

  async function respond(request: Request, connection: Connection, span: TraceSpan | undefined): Promise<Response> {
    const startedAt = performance.now()
    const id = nextId()
    parts.metrics.requests.begin()
    const target = requestTarget(request.url)
    const seen: Seen = { principal: ANONYMOUS, receivedBytes: 0 }
    const incoming: Incoming = { request, id, target, connection, seen, span }
    const { reply, handler } = await answer(parts, incoming)
    const response = new Response(reply.body ?? null, {
      status: reply.status,
      headers: headersOf(parts, id, reply),
    })
    const seconds = (performance.now() - startedAt) / 1000
    const bytes = request.method === 'HEAD' ? 0 : sizeOf(reply)
    parts.metrics.requests.sentBytes += bytes
    parts.metrics.requests.end(handler, request.method, { status: reply.status, seconds })
    parts.log.access?.({
      id,
      method: request.method,
      path: printable(target.path),
      status: reply.status,
      bytes,
      received: seen.receivedBytes,
      ms: Math.round(seconds * 1e6) / 1e3,
      principal: seen.principal.name,
      address: addressOf(parts, incoming),
      agent: printable(request.headers.get('user-agent') ?? ''),
      trace: span?.traceId,
    })
    if (span !== undefined) endRequestSpan(span, { request, id, status: reply.status, ...seen })
    return response
  }

  const { tracing } = given
  if (tracing === undefined) return (request, connection) => respond(request, connection, undefined)
  return (request, connection) => {
    const span = tracing.request(request.headers.get('traceparent'))
    if (span === undefined) return respond(request, connection, undefined)
    return within(span, () => respond(request, connection, span))
  }
}

/** Each spread costs a hundredth of a small answer: hardly any has more than one. */
function headersOf({ isStale, isStopping }: PipelineParts, id: string, reply: Reply): Record<string, string> {
  const headers = { 'docker-distribution-api-version': 'registry/2.0', 'x-request-id': id, ...reply.headers }
  if (!isStale() && !isStopping()) return headers
  return { ...(isStale() ? STALE : {}), ...(isStopping() ? LAST_ANSWER : {}), ...headers }
}

/** What was found out of a request while it was answered. */
interface Seen {
  principal: Pick<Principal, 'name'>
  /** Of its body, as far as it was read. */
  receivedBytes: number
  route?: string
  repository?: RepositoryName
}

interface Incoming {
  readonly request: Request
  readonly id: string
  readonly target: RequestTarget
  readonly connection: Connection
  readonly seen: Seen
  readonly span: TraceSpan | undefined
}

async function answer(parts: Pipeline, incoming: Incoming): Promise<Answered> {
  const path = parseOciPath(incoming.target.path)
  if (path !== undefined) incoming.seen.route = OCI_ROUTES[path.kind]
  const handler = path?.kind ?? parts.plain.nameOf(incoming.target.path)
  const caller: Caller = { principal: ANONYMOUS }
  try {
    const fresh = parts.refresh(handler)
    if (fresh !== undefined) await fresh
    const host = requestHost(incoming.request)
    if (host === undefined) return { handler: 'none', reply: badHost() }
    const isWelcome = parts.isHostWelcome(host)
    if (!(isWelcome instanceof Promise ? await isWelcome : isWelcome))
      return { handler: 'none', reply: foreignHost(host) }
    parts.limits.byAddress(() => addressOf(parts, incoming))
    if (path !== undefined) return { handler, reply: await answerOci(parts, incoming, { path, caller }) }
    return { handler, reply: await parts.plain.answer(new IncomingCall(parts, incoming, { principal: ANONYMOUS })) }
  } catch (error) {
    await noteRefusal(parts, incoming, { error, principal: caller.principal })
    return { handler, reply: errorReply(parts, incoming, error) }
  }
}

/** Who is asking, as soon as it is known: an error that comes later is his. */
interface Caller {
  principal: Principal
}

async function answerOci(
  parts: Pipeline,
  incoming: Incoming,
  { path, caller }: { path: OciPath; caller: Caller },
): Promise<Reply> {
  const methods: Readonly<Record<string, OciRoute<never>>> = parts.routes[path.kind]
  const route = methods[incoming.request.method]
  if (route === undefined) return methodNotAllowed(Object.keys(methods))
  const located = 'name' in path ? locate(parts, incoming, path) : undefined
  const place = located instanceof Promise ? await located : located
  const name = place?.name
  if (name !== undefined) incoming.seen.repository = name
  const authorization = incoming.request.headers.get('authorization')
  const asked = parts.authenticator.authenticate(authorization, () => contextOf(parts, incoming, 'request'))
  const principal = asked instanceof Promise ? await asked : asked
  caller.principal = principal
  incoming.seen.principal = principal
  parts.limits.byPrincipal(principal)
  const reference = 'reference' in path ? path.reference : ''
  const judge = () =>
    parts.admit(parts.door, principal, { action: route.action, name, realm: () => call.realm, actor: () => call.actor })
  const call: IncomingCall = new IncomingCall(parts, incoming, { principal, name, reference, judge })
  const judged = judge()
  if (judged !== undefined) await judged
  // The kind of a path decides which calls its routes take: `parts.routes` pairs them, which the union here forgets.
  const handled = route.handle(call as never)
  const reply = handled instanceof Promise ? await handled : handled
  return place?.namespace === undefined ? reply : { ...reply, headers: { ...reply.headers, ...namespaceHeader(place) } }
}

function locate(
  parts: PipelineParts,
  { request, target }: Incoming,
  path: Extract<OciPath, { readonly name: string }>,
): Located | Promise<Located> {
  const name = parseRepositoryName(path.name)
  const namespace = target.query === '' ? undefined : (new URLSearchParams(target.query).get('ns') ?? undefined)
  return parts.locate({ name, isPull: isPull(path.kind, request.method), namespace, host: requestHost(request) })
}

/** What somebody who signed in was refused to change goes into the audit, like what was changed. */
async function noteRefusal(
  parts: PipelineParts,
  incoming: Incoming,
  { error, principal }: { error: unknown; principal: Principal },
): Promise<void> {
  const { request, target } = incoming
  const isChange = request.method !== 'GET' && request.method !== 'HEAD'
  if (!isChange || principal.kind === 'anonymous' || !(error instanceof OciError) || error.code !== 'DENIED') return
  const path = parseOciPath(target.path)
  // Cancelling an upload is part of pushing.
  const isDeletion = request.method === 'DELETE' && path?.kind !== 'upload'
  await parts.recorder.note({
    actor: { id: principal.id, name: principal.name, address: addressOf(parts, incoming) },
    action: `${WHAT[path?.kind ?? ''] ?? 'request'}.${isDeletion ? 'deleted' : 'pushed'}`,
    target: path !== undefined && 'name' in path ? `repository:${path.name}` : target.path.slice(0, 600),
    outcome: 'refused',
    detail: { message: error.message, path: target.path.slice(0, 600) },
  })
}

/** In the words of the rows that say it was done. */
const WHAT: Readonly<Record<string, string>> = {
  manifest: 'manifest',
  blob: 'blob',
  uploads: 'blob',
  upload: 'blob',
}

function addressOf({ trustedProxies }: PipelineParts, { request, connection }: Incoming): string {
  return clientAddress(connection.peer(), request.headers.get('x-forwarded-for'), trustedProxies)
}

function contextOf(parts: PipelineParts, incoming: Incoming, purpose: SignInContext['purpose']): SignInContext {
  const address = addressOf(parts, incoming)
  return { address, network: networkOf(address), purpose }
}

interface Judged {
  readonly principal: Principal
  readonly name?: RepositoryName | undefined
  readonly reference?: string
  readonly judge?: () => MaybePromise<void>
}

/** A call whose costlier parts are made only when a handler asks for them. */
class IncomingCall implements Call {
  readonly request: Request
  readonly id: string
  readonly path: string
  readonly principal: Principal
  readonly name: RepositoryName | undefined
  readonly reference: string
  readonly #parts: PipelineParts
  readonly #incoming: Incoming
  readonly #judge: (() => MaybePromise<void>) | undefined

  constructor(parts: PipelineParts, incoming: Incoming, judged: Judged) {
    this.#parts = parts
    this.#incoming = incoming
    this.request = incoming.request
    this.id = incoming.id
    this.path = incoming.target.path
    this.principal = judged.principal
    this.name = judged.name
    this.reference = judged.reference ?? ''
    this.#judge = judged.judge
  }

  get query(): URLSearchParams {
    return new URLSearchParams(this.#incoming.target.query)
  }

  get origin(): string {
    return originOf(this.#parts, this.request, this.#incoming.connection)
  }

  get realm(): string {
    return `${this.origin}/token`
  }

  get actor(): Actor {
    const { id, name } = this.principal
    return { id, name, address: addressOf(this.#parts, this.#incoming) }
  }

  signInContext(purpose: SignInContext['purpose']): SignInContext {
    return contextOf(this.#parts, this.#incoming, purpose)
  }

  get fromLoopback(): boolean {
    return isLoopback(this.#incoming.connection.peer())
  }

  async stillAllowed(): Promise<void> {
    await this.#judge?.()
  }

  takeTheTime(): void {
    this.#incoming.connection.takeTheTime()
  }

  received(bytes: number): void {
    this.#parts.metrics.requests.receivedBytes += bytes
    this.#incoming.seen.receivedBytes += bytes
  }

  learned(what: Learned): void {
    Object.assign(this.#incoming.seen, what)
  }
}

function originOf(parts: PipelineParts, request: Request, { scheme }: Connection): string {
  return parts.externalOrigin ?? `${scheme}://${requestHost(request) ?? 'localhost'}`
}

function errorReply(parts: Pipeline, incoming: Incoming, error: unknown): Reply {
  if (error instanceof OciError) return challenged(parts, incoming, error)
  const { id, request, target, span } = incoming
  const failed = { id, trace: span?.traceId, method: request.method, path: target.path, error }
  const outage = outageCode(error)
  if (error instanceof RemoteError) {
    parts.noteRemote(error.kind, failed)
    return remoteFailure(error)
  }
  if (isDisconnect(error)) parts.log.debug('client went away', { id })
  else if (outage !== undefined) parts.noteOutage(outage, failed)
  else parts.log.error('request failed', failed)
  return failure(error, { requestId: id, traceId: span?.traceId })
}

/** Credentials that prove nothing are answered with the challenge too, so that the client knows where to get better ones. */
function challenged(parts: PipelineParts, { request, connection }: Incoming, error: OciError): Reply {
  const reply = refusal(error)
  if (error.code !== 'UNAUTHORIZED' || reply.headers?.['www-authenticate'] !== undefined) return reply
  const realm = `${originOf(parts, request, connection)}/token`
  return {
    ...reply,
    headers: { ...reply.headers, 'www-authenticate': formatChallenge({ realm, error: 'invalid_token' }) },
  }
}

/** Unique within and across processes, and cheap: a random start and a count. */
function requestIds(): () => string {
  const start = Math.random().toString(36).slice(2, 10)
  let count = 0
  return () => `${start}-${(count++).toString(36)}`
}
