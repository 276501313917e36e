import type { Authorizer } from '../../access/authorizer.ts'
import type { Authenticator } from '../../auth/authenticator.ts'
import { readSmallBody } from '../../http/body.ts'
import type { Call } from '../../http/call.ts'
import { problemOf, unauthenticated } from '../../http/api/problems.ts'
import type { Subtree } from '../../http/plain-routes.ts'
import type { RequestLimits } from '../../http/rate-limit.ts'
import type { Reply } from '../../http/reply.ts'
import { Problem } from '../../lib/problem.ts'
import type { Principal } from '../../auth/principal.ts'
import { OciError } from '../../oci/errors.ts'
import { ADAPTER_BODY_BYTES, answerAdapter } from '../external/adapter.ts'
import { type BackendParts, createBackend } from './backend.ts'

interface SubtreeParts extends BackendParts {
  readonly authenticator: Authenticator
  readonly authorizer: Authorizer
  readonly limits: RequestLimits
}

const PREFIX = '/scanner/'

/** Our scanner for other registries: for administrators, and for whoever the configuration names. */
export function scannerSubtree(parts: SubtreeParts): Subtree {
  return {
    name: 'scanner',
    prefix: PREFIX,
    answer: async (call) => {
      try {
        const principal = await admitted(parts, call)
        call.learned({ principal })
        parts.limits.byPrincipal(principal)
        return toReply(await ask(parts, call, principal))
      } catch (error) {
        const problem = problemOf(error, call.request)
        if (problem === undefined) throw error
        return problem
      }
    },
  }
}

/** @throws OciError UNAUTHORIZED, Problem */
async function admitted({ authenticator, authorizer, config }: SubtreeParts, call: Call): Promise<Principal> {
  const authorization = call.request.headers.get('authorization')
  const principal = await authenticator.authenticate(authorization, () => call.signInContext('request'))
  // A registry token is for /v2/ only, whoever it was issued to.
  if (principal.kind === 'anonymous' || principal.tokenAccess !== undefined) throw unauthenticated()
  const isNamed = config.scanning.adapterAccounts.includes(principal.name) && principal.key?.scopes === undefined
  if (isNamed || (await authorizer.allows(principal, 'administer', 'registry')).allowed) return principal
  throw new Problem('forbidden', 'this account may not use the scanner: scanning.adapterAccounts names those that may')
}

function ask(parts: SubtreeParts, call: Call, { id }: Principal): Promise<Response> {
  const { request, path, query } = call
  return answerAdapter(createBackend(parts, id), {
    ...{ method: request.method, path: path.slice(PREFIX.length - 1), query },
    accept: request.headers.get('accept') ?? undefined,
    body: () =>
      readSmallBody(call, {
        maxBytes: ADAPTER_BODY_BYTES,
        tooLarge: () => new OciError('SIZE_INVALID', { message: `a request has at most ${ADAPTER_BODY_BYTES} bytes` }),
      }),
  })
}

function toReply(response: Response): Reply {
  return { status: response.status, headers: Object.fromEntries(response.headers), body: response.body }
}
