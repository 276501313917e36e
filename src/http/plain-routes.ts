import type { Authenticator } from '../auth/authenticator.ts'
import type { Health } from '../observability/health.ts'
import { unauthorized } from './admission.ts'
import type { Call } from './call.ts'
import { methodNotAllowed, routeNotFound } from './errors.ts'
import type { Reply } from './reply.ts'
import { getToken, postToken, type TokenEndpoint } from './token-routes.ts'

/** Routes outside the OCI API: each stands at one path, and says who may use it. */
export interface PlainRoutes {
  /** The name for metrics of whatever answers a path. */
  nameOf(path: string): string
  answer(call: Call): Promise<Reply>
}

/** Everything below a path, which judges its callers by a table of its own. */
export interface Subtree {
  readonly name: string
  /** Ends with a slash; `/`, and what ends without one, is that page alone. */
  readonly prefix: string
  readonly answer: (call: Call) => Promise<Reply>
}

export interface PlainRoute {
  readonly name: string
  /**
   * `public`: anybody, because it says nothing about content. `credentials`: it checks them itself. `operate`: whoever
   * is signed in or sits on the same machine.
   */
  readonly action: 'public' | 'credentials' | 'operate'
  readonly methods: Readonly<Record<string, (call: Call) => Promise<Reply>>>
}

interface PlainParts {
  readonly health: Health
  readonly authenticator: Authenticator
  readonly token: TokenEndpoint
  /** The text of /metrics. */
  readonly metricsText: () => Promise<string>
  /** Whether anybody may read /metrics. */
  readonly publicMetrics: boolean
  /** Whether a peer on loopback is on this machine; behind a proxy everybody seems to be. */
  readonly loopbackIsLocal: boolean
  readonly subtrees: readonly Subtree[]
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8' }

/** The table: path, who may, methods. */
export function plainRouteTable({
  health,
  token,
  metricsText,
  publicMetrics,
}: PlainParts): Readonly<Record<string, PlainRoute>> {
  const alive = async () => ({ status: 200, headers: TEXT, body: 'ok\n' })
  const ready = async () => readiness(await health.problems())
  const metrics = async () => ({
    status: 200,
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    body: await metricsText(),
  })
  return {
    '/healthz': { name: 'healthz', action: 'public', methods: { GET: alive, HEAD: alive } },
    '/readyz': { name: 'readyz', action: 'public', methods: { GET: ready, HEAD: ready } },
    '/metrics': { name: 'metrics', action: publicMetrics ? 'public' : 'operate', methods: { GET: metrics } },
    '/token': {
      name: 'token',
      action: 'credentials',
      methods: { GET: (call) => getToken(token, call), POST: (call) => postToken(token, call) },
    },
  }
}

export function plainRoutes(parts: PlainParts): PlainRoutes {
  const routes = plainRouteTable(parts)
  const find = (path: string) => (Object.hasOwn(routes, path) ? routes[path] : undefined)
  const subtreeOf = (path: string) =>
    parts.subtrees.find(({ prefix }) => (isPage(prefix) ? path === prefix : path.startsWith(prefix)))
  return {
    nameOf: (path) => find(path)?.name ?? subtreeOf(path)?.name ?? 'none',
    answer: async (call) => {
      const route = find(call.path)
      if (route === undefined) return (await subtreeOf(call.path)?.answer(call)) ?? routeNotFound()
      call.learned({ route: call.path })
      const handle = Object.hasOwn(route.methods, call.request.method) ? route.methods[call.request.method] : undefined
      if (handle === undefined) return methodNotAllowed(Object.keys(route.methods))
      if (route.action === 'operate') await requireOperator(parts, call)
      return handle(call)
    },
  }
}

async function requireOperator({ authenticator, loopbackIsLocal }: PlainParts, call: Call): Promise<void> {
  const authorization = call.request.headers.get('authorization')
  const principal = await authenticator.authenticate(authorization, () => call.signInContext('request'))
  const forwarded = call.request.headers.has('x-forwarded-for') || call.request.headers.has('forwarded')
  const local = loopbackIsLocal && call.fromLoopback && !forwarded
  call.learned({ principal })
  // A registry token is for /v2/: whatever else it was issued for, it is not for this.
  const signedIn = principal.kind !== 'anonymous' && principal.tokenAccess === undefined
  if (!signedIn && !local) throw unauthorized({ realm: call.realm })
}

function readiness(problems: readonly string[]): Reply {
  if (problems.length === 0) return { status: 200, headers: TEXT, body: 'ok\n' }
  return { status: 503, headers: TEXT, body: `${problems.join('\n')}\n` }
}

function isPage(prefix: string): boolean {
  return prefix === '/' || !prefix.endsWith('/')
}
