import type { Authenticator } from '../auth/authenticator.ts'
import type { TokenAccess } from '../auth/scope.ts'
import { methodNotAllowed, routeNotFound } from '../http/errors.ts'
import type { Call } from '../http/call.ts'
import type { Subtree } from '../http/plain-routes.ts'
import type { RequestLimits } from '../http/rate-limit.ts'
import { json, type Reply } from '../http/reply.ts'
import { OciError } from '../oci/errors.ts'
import { MAX_QUERY_LENGTH } from './query.ts'
import type { Sights } from './sight.ts'

interface Parts {
  readonly authenticator: Authenticator
  readonly sights: Sights
  readonly limits: RequestLimits
}

/** Docker's first API, of which its search is all that lives. */
export function dockerSearch(parts: Parts): Subtree {
  return {
    name: 'docker-search',
    prefix: '/v1/',
    answer: async (call) => {
      const handle = call.path === '/v1/search' ? answerSearch : call.path === '/v1/_ping' ? ping : undefined
      if (handle === undefined) return routeNotFound()
      if (call.request.method !== 'GET') return methodNotAllowed(['GET'])
      return handle(parts, call)
    },
  }
}

/** Over TLS docker sends a password with what follows only where it reads here that the registry knows users itself. */
async function ping(): Promise<Reply> {
  return json(true, { 'x-docker-registry-version': '0.6', 'x-docker-registry-standalone': 'true' })
}

const DEFAULT_PAGE = 25
const MAX_PAGE = 100

async function answerSearch({ authenticator, sights, limits }: Parts, call: Call): Promise<Reply> {
  const authorization = call.request.headers.get('authorization')
  const { tokenAccess, ...principal } = await authenticator.authenticate(authorization, () =>
    call.signInContext('request'),
  )
  if (tokenAccess !== undefined && !isForSearch(tokenAccess)) throw signInFirst()
  // Podman asks without its password, and asks for the catalog with it when it gets nothing here. Docker says who it is.
  if (principal.kind === 'anonymous' && !call.request.headers.has('x-docker-token')) throw signInFirst()
  call.learned({ route: call.path, principal })
  limits.byPrincipal(principal)
  const { query } = call
  const part = (query.get('q') ?? '').slice(0, MAX_QUERY_LENGTH)
  const pageSize = numberOf(query.get('n'), DEFAULT_PAGE, MAX_PAGE)
  const page = numberOf(query.get('page'), 1, Number.MAX_SAFE_INTEGER)
  const { repositories } = await sights.of(principal)
  const found = repositories.filter(({ name }) => name.includes(part.toLowerCase()))
  const shown = found.slice((page - 1) * pageSize, page * pageSize)
  return json({
    ...{ num_results: found.length, query: part },
    ...{ page, page_size: pageSize, num_pages: Math.ceil(found.length / pageSize) },
    results: shown.map(({ name }) => ({
      ...{ name, description: '', star_count: 0, is_official: false, is_automated: false },
    })),
  })
}

/** Docker gets itself a token, `registry:catalog:search`, after "docker login": with it its owner sees what he may pull. */
function isForSearch(access: readonly TokenAccess[]): boolean {
  return access.some(
    ({ type, actions }) => type === 'registry' && (actions.includes('search') || actions.includes('*')),
  )
}

function numberOf(text: string | null, otherwise: number, max: number): number {
  const value = Number(text)
  return text !== null && Number.isSafeInteger(value) && value >= 1 ? Math.min(value, max) : otherwise
}

function signInFirst(): OciError {
  return new OciError('UNAUTHORIZED', {
    message: 'sign in with a user name and a password or API key',
    headers: { 'www-authenticate': 'Basic realm="berth", charset="UTF-8"' },
  })
}
