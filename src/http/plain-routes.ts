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

interface PlainRoute {
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
  readonly token: TokenEndpoint
  /** The text of /metrics. */
  readonly metricsText: () => Promise<string>
  /** Whether anybody may read /metrics. */
  readonly publicMetrics: boolean
  /** Whether a peer on loopback is on this machine; behind a proxy everybody seems to be. */
  readonly loopbackIsLocal: boolean
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8' }

export function plainRoutes({ health, token, metricsText, publicMetrics, loopbackIsLocal }: PlainParts): PlainRoutes {
  const alive = async () => ({ status: 200, headers: TEXT, body: 'ok\n' })
  const ready = async () => readiness(await health.problems())
  const metrics = async () => ({
    status: 200,
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    body: await metricsText(),
  })
  const routes: Readonly<Record<string, PlainRoute>> = {
    '/healthz': { name: 'healthz', action: 'public', methods: { GET: alive, HEAD: alive } },
    '/readyz': { name: 'readyz', action: 'public', methods: { GET: ready, HEAD: ready } },
    '/metrics': { name: 'metrics', action: publicMetrics ? 'public' : 'operate', methods: { GET: metrics } },
    '/token': {
      name: 'token',
      action: 'credentials',
      methods: {
        GET: (call) => getToken(token, call.request, call.query),
        POST: (call) => postToken(token, call.request),
      },
    },
  }
  const find = (path: string) => (Object.hasOwn(routes, path) ? routes[path] : undefined)
  return {
    nameOf: (path) => find(path)?.name ?? 'none',
    answer: async (call) => {
      const route = find(call.path)
      if (route === undefined) return routeNotFound()
      const handle = Object.hasOwn(route.methods, call.request.method) ? route.methods[call.request.method] : undefined
      if (handle === undefined) return methodNotAllowed(Object.keys(route.methods))
      if (route.action === 'operate') await requireOperator(token, call, loopbackIsLocal)
      return handle(call)
    },
  }
}

async function requireOperator({ authenticator }: TokenEndpoint, call: Call, loopbackIsLocal: boolean): Promise<void> {
  const principal = await authenticator.authenticate(call.request.headers.get('authorization'))
  const forwarded = call.request.headers.has('x-forwarded-for') || call.request.headers.has('forwarded')
  const local = loopbackIsLocal && call.fromLoopback && !forwarded
  if (principal.kind !== 'user' && !local) throw unauthorized({ realm: call.realm })
}

function readiness(problems: readonly string[]): Reply {
  if (problems.length === 0) return { status: 200, headers: TEXT, body: 'ok\n' }
  return { status: 503, headers: TEXT, body: `${problems.join('\n')}\n` }
}
