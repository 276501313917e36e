import { Hono } from 'hono'
import { z } from 'zod'
import type { Management } from '../../access/management.ts'
import type { Authenticator } from '../../auth/authenticator.ts'
import { ANONYMOUS, type Principal } from '../../auth/principal.ts'
import { isSecret } from '../../auth/secrets.ts'
import type { SignIn } from '../../auth/sign-in.ts'
import type { Recorder } from '../../events/recorder.ts'
import { Problem } from '../../lib/problem.ts'
import { inSpan } from '../../observability/tracing.ts'
import { OciError } from '../../oci/errors.ts'
import { readSmallBody } from '../body.ts'
import { settleSources } from '../../registry/pull-through.ts'
import type { Registry } from '../../registry/registry.ts'
import type { Call } from '../call.ts'
import type { Subtree } from '../plain-routes.ts'
import type { RequestLimits } from '../rate-limit.ts'
import type { Reply } from '../reply.ts'
import { requireSameOrigin } from '../same-site.ts'
import {
  type ApiCaller,
  admitApi,
  admitToRepository,
  UnknownDeletion,
  UnknownProject,
  UnknownRepository,
} from './admit-api.ts'
import type { ApiRoute } from './api-route.ts'
import { taggedReply } from './etag.ts'
import { openApi } from './openapi.ts'
import { problemOf, problemReply, unauthenticated } from './problems.ts'

const PREFIX = '/api/v1'

/** Browsers that are signed in. */
export interface Sessions {
  find(browser: {
    readonly header: string | null
    readonly origin: string
  }): Promise<{ readonly principal: Principal; readonly csrf: string } | undefined>
}

export interface ApiParts {
  readonly m: Management
  readonly registry: Registry
  readonly authenticator: Authenticator
  readonly signIn: Pick<SignIn, 'signIn'>
  readonly sessions: Sessions
  /** Whose refresh token of `berth login` this is. @throws OciError UNAUTHORIZED */
  readonly terminal: (secret: string) => Promise<Principal>
  readonly limits: RequestLimits
  readonly recorder: Recorder
  readonly routes: readonly ApiRoute[]
  readonly version: string
  /** Whether images may be pulled without signing in, outside of projects too. */
  readonly isOpen: () => Promise<boolean>
}

/**
 * The administration API: sign in → judge → parse → handle, for every row of the table alike. What a handler returns is
 * parsed by the row's schema, so nothing leaves that the schema does not name.
 */
export function createApi(parts: ApiParts): Subtree {
  const app = new Hono<{ Bindings: { call: Call } }>()
  for (const route of parts.routes) {
    const path = `${PREFIX}${route.path.replaceAll(/\{([a-z]+)\}/g, ':$1')}`
    app.on(route.method, path, async (context) =>
      toResponse(await answer(parts, route, context.env.call, context.req.param())),
    )
  }
  const description = JSON.stringify(openApi(parts.routes, parts.version))
  app.get(`${PREFIX}/openapi.json`, (context) =>
    toResponse(taggedReply(description, context.req.header('if-none-match') ?? null)),
  )
  app.notFound(() => toResponse(problemReply(404, 'there is nothing at this address; see /api/v1/openapi.json')))
  app.onError((error) => {
    throw error
  })
  return {
    name: 'api',
    prefix: '/api/',
    answer: async (call) => fromResponse(await app.fetch(call.request, { call })),
  }
}

const JSON_TYPE = { 'content-type': 'application/json', 'cache-control': 'no-store' }

/** What the router passes on, which knows answers as responses only, and would make a stream of each text. */
const replies = new WeakMap<Response, Reply>()

function toResponse(reply: Reply): Response {
  const { status, headers } = reply
  const response = new Response(null, { status, ...(headers && { headers }) })
  replies.set(response, reply)
  return response
}

/** To HEAD the router answers by itself, with the headers. */
function fromResponse(response: Response): Reply {
  return replies.get(response) ?? { status: response.status, headers: Object.fromEntries(response.headers), body: null }
}

async function answer(
  parts: ApiParts,
  route: ApiRoute,
  call: Call,
  parameters: Readonly<Record<string, string>>,
): Promise<Reply> {
  let principal = ANONYMOUS
  try {
    call.learned({ route: `${PREFIX}${route.path}` })
    const caller = await identify(parts, call)
    principal = caller.principal
    call.learned({ principal })
    parts.limits.byPrincipal(principal)
    return await perform(parts, route, { call, caller, parameters })
  } catch (error) {
    const problem = problemOf(error, call.request)
    if (problem === undefined) throw error
    if (isRefusal(error)) await noteRefusal(parts, route, call, principal)
    return problem
  }
}

async function identify({ authenticator, sessions, terminal }: ApiParts, call: Call): Promise<ApiCaller> {
  const { headers } = call.request
  const authorization = headers.get('authorization')
  if (authorization !== null) {
    const secret = /^bearer +(\S+)$/i.exec(authorization)?.[1]
    if (secret !== undefined && isSecret(secret, 'refresh'))
      return { principal: await terminal(secret), by: 'credentials' }
    const principal = await authenticator.authenticate(authorization, () => call.signInContext('request'))
    // A registry token is for /v2/ only, whoever it was issued to (CVE-2026-123710).
    if (principal.tokenAccess !== undefined) throw unauthenticated()
    return { principal, by: principal === ANONYMOUS ? 'nothing' : 'credentials' }
  }
  const session = await sessions.find({ header: headers.get('cookie'), origin: call.origin })
  if (session === undefined) return { principal: ANONYMOUS, by: 'nothing' }
  requireOwnPage(call, session.csrf)
  return { principal: session.principal, by: 'session', csrf: session.csrf }
}

/** Signed out, or with a key that is gone, nobody is who he was. */
async function isSame(parts: ApiParts, call: Call, { id }: Principal): Promise<boolean> {
  try {
    return (await identify(parts, call)).principal.id === id
  } catch {
    return false
  }
}

/** A browser sends its cookie with whatever any page makes it send; only our own pages know the token. */
function requireOwnPage(call: Call, csrf: string): void {
  if (['GET', 'HEAD'].includes(call.request.method)) return
  requireSameOrigin(call)
  if (call.request.headers.get('x-csrf-token') === csrf) return
  throw new Problem('forbidden', 'the request did not come from a page of this registry (X-CSRF-Token)')
}

interface Incoming {
  readonly call: Call
  readonly caller: ApiCaller
  readonly parameters: Readonly<Record<string, string>>
}

async function perform(parts: ApiParts, route: ApiRoute, { call, caller, parameters }: Incoming): Promise<Reply> {
  const { m } = parts
  const { principal } = caller
  if (caller.by === 'nothing') await requireOpenTo(parts, route, call)
  const { project, repository } = await inSpan({ name: 'authorize' }, async () => ({
    project: await admitApi(m, caller, route.access, parameters.project),
    repository: await admitToRepository(m, caller, route.access, parameters.repository),
  }))
  if (repository !== undefined) await settleSources(parts.registry, repository)
  const result = await route.handle({
    m,
    principal,
    csrf: caller.csrf,
    account: await m.accounts.find(principal.id),
    actor: { ...call.actor, id: principal.id, name: principal.name },
    project,
    repository,
    registry: parts.registry,
    confirm: (password) => knowsPassword(parts, call, { principal, password }),
    isStillKnown: () => isSame(parts, call, principal),
    parameters: route.parameters.parse(parameters) as never,
    query: route.query.parse(Object.fromEntries(call.query)) as never,
    body: (await bodyOf(route, call)) as never,
    http: call,
  })
  if (route.mediaType !== undefined) return rawReply(result as Reply)
  if (route.response === undefined) return { status: route.status, headers: { 'cache-control': 'no-store' } }
  const body = JSON.stringify(sound(route.response, result))
  if (route.method === 'GET') return taggedReply(body, call.request.headers.get('if-none-match'))
  return { status: route.status, headers: JSON_TYPE, body }
}

/** What may be seen now is not kept for whoever asks next, unless the handler says so. */
function rawReply({ headers, ...reply }: Reply): Reply {
  return { ...reply, headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers } }
}

/** Without signing in there is what is public, and what an open registry lets anybody do: its own pages, not any page. */
async function requireOpenTo({ isOpen }: ApiParts, { access, method }: ApiRoute, call: Call): Promise<void> {
  const open = access === 'visible' ? await isOpen() : access === 'public' || access.startsWith('repository:')
  if (!open) throw unauthenticated()
  if (method !== 'GET') requireSameOrigin(call)
}

async function knowsPassword(
  { signIn }: ApiParts,
  call: Call,
  { principal, password }: { readonly principal: Principal; readonly password: string },
): Promise<boolean> {
  try {
    const proven = await signIn.signIn({ username: principal.name, password }, call.signInContext('browser'))
    return proven.id === principal.id && proven.key === undefined
  } catch (error) {
    if (error instanceof OciError && error.code === 'UNAUTHORIZED') return false
    throw error
  }
}

/** @throws Error, not the caller's fault, when a handler answers what its row does not say */
function sound(schema: z.ZodType, result: unknown): unknown {
  const checked = schema.safeParse(result)
  if (checked.success) return checked.data
  throw new Error(`the answer does not fit its schema: ${z.prettifyError(checked.error)}`)
}

async function bodyOf(route: ApiRoute, call: Call): Promise<unknown> {
  if (route.body === undefined) return undefined
  const bytes = await readSmallBody(call, {
    maxBytes: route.maxBodyBytes,
    tooLarge: () =>
      new OciError('UNSUPPORTED', { status: 413, message: `the body has at most ${route.maxBodyBytes} bytes` }),
  })
  return route.body.parse(parseJson(new TextDecoder().decode(bytes)))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text)
  } catch {
    throw new Problem('invalid', 'the body is not JSON')
  }
}

function isRefusal(error: unknown): boolean {
  if (error instanceof UnknownProject || error instanceof UnknownRepository || error instanceof UnknownDeletion)
    return true
  // What a guard refuses, whoever asks: an immutable tag, a quota.
  if (error instanceof OciError) return error.code === 'DENIED'
  return error instanceof Problem && error.kind === 'forbidden'
}

async function noteRefusal({ recorder }: ApiParts, route: ApiRoute, call: Call, principal: Principal): Promise<void> {
  if (route.method === 'GET' || principal.kind === 'anonymous') return
  await recorder.note({
    actor: { ...call.actor, id: principal.id, name: principal.name },
    action: route.id,
    target: call.path.slice(0, 600),
    outcome: 'refused',
  })
}
