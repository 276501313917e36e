import type { AdminClient } from '../../client/admin/admin-client.ts'
import { createAdminClient } from '../../client/admin/admin-client.ts'
import type { Management } from '../../access/management.ts'
import { apiRoutes } from '../../api-routes.ts'
import type { Principal } from '../../auth/principal.ts'
import { createApi } from '../../http/api/api.ts'
import type { Call } from '../../http/call.ts'
import { OPERATOR } from '../../lib/actor.ts'
import { systemClock } from '../../lib/clock.ts'
import { randomId } from '../../lib/ids.ts'
import { endStandingProcesses } from '../../lib/standing.ts'
import { VERSION } from '../../lib/version.ts'
import { createLog } from '../../observability/log.ts'
import { createHealth } from '../../observability/health.ts'
import { createRemotes } from '../../remotes/open-remotes.ts'
import type { ServerFacts } from '../../system/facts.ts'
import { offlineOf } from '../flags.ts'
import { withRegistry } from '../offline.ts'
import type { Flags } from './spec.ts'

/** Nobody else has an id without a colon: what it may do is not looked up, and its audit says "operator". */
const OPERATOR_PRINCIPAL: Principal = { kind: 'user', id: OPERATOR.id, name: OPERATOR.name }
const ORIGIN = 'http://localhost'

/** The API itself, in this process and on the data of this machine, as its operator. */
export async function withOperatorClient<T>(flags: Flags, work: (client: AdminClient) => Promise<T>): Promise<T> {
  // --insecure-http is about something else where there is no server.
  const { insecureHttp: _, ...rest } = flags
  const offline = await offlineOf(rest)
  return withRegistry(offline, async (registry, management, contents) => {
    const { config, origins = {} } = offline
    const { recorder, database, blobs } = registry
    // What is said besides the answer must not stand in the middle of it.
    const write = (line: string) => void process.stderr.write(line)
    const log = createLog({ level: 'warn', access: 'off', now: () => systemClock.now(), write })
    const instance = `command-${randomId()}`
    const remotes = createRemotes({ config, database, log, clock: systemClock, instance })
    const m = { ...management, authorizer: allowingOperator(management) }
    try {
      const facts: ServerFacts = {
        ...{ config, origins, health: createHealth(database, blobs), startedAt: systemClock.now() },
        // No server: this command alone.
        ...{ boot: instance, workers: 0 },
      }
      const routes = await apiRoutes({ remotes, contents, facts, isStopping: () => false })
      const api = createApi({ m, registry, recorder, routes, version: VERSION, ...asOperator() })
      const send = async (request: Request) => {
        const { status, headers, body } = await api.answer(callOf(request))
        return new Response(body ?? null, { status, ...(headers && { headers }) })
      }
      return await work(createAdminClient({ origin: ORIGIN, headers: { authorization: 'operator' }, fetch: send }))
    } finally {
      await remotes.close()
      endStandingProcesses()
    }
  })
}

/** Of others it says what it always says. */
function allowingOperator({ authorizer }: Management): Management['authorizer'] {
  return {
    allows: async (who, action, on) =>
      who.id === OPERATOR.id
        ? { allowed: true, rule: 'whoever runs commands on this machine may do everything' }
        : authorizer.allows(who, action, on),
    allowedIn: async (who, action, names) =>
      who.id === OPERATOR.id ? new Set(names) : authorizer.allowedIn(who, action, names),
  }
}

function asOperator() {
  const nobody = async () => {
    throw new Error('the operator signs in nowhere')
  }
  return {
    authenticator: { authenticate: async () => OPERATOR_PRINCIPAL },
    signIn: { signIn: nobody },
    terminal: nobody,
    isOpen: async () => true,
    sessions: { find: async () => undefined },
    limits: { byAddress: () => undefined, byPrincipal: () => undefined },
  }
}

function callOf(request: Request): Call {
  const url = new URL(request.url)
  return {
    ...{ request, id: randomId(), path: url.pathname, origin: ORIGIN, realm: `${ORIGIN}/token` },
    get query() {
      return new URL(request.url).searchParams
    },
    ...{ principal: OPERATOR_PRINCIPAL, actor: OPERATOR, fromLoopback: true },
    signInContext: (purpose) => ({ address: '', network: '', purpose }),
    stillAllowed: async () => undefined,
    takeTheTime: () => undefined,
    received: () => undefined,
    learned: () => undefined,
  }
}
