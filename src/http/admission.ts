import type { Action, Authorizer, Decision } from '../access/authorizer.ts'
import { type Challenge, formatChallenge } from '../auth/challenge.ts'
import type { Principal } from '../auth/principal.ts'
import type { AccessEntry } from '../auth/scope.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { RouteAction } from './oci-routes.ts'

/** What a request wants, for the decision and for the challenge that tells how to get it. */
export interface Wanted {
  readonly action: RouteAction
  readonly name: RepositoryName | undefined
  /** The token endpoint's address. */
  readonly realm: string
}

/** Lets a request through or throws: 401 with a challenge when signing in could help, 403 when it cannot. */
export async function admit(authorizer: Authorizer, principal: Principal, wanted: Wanted): Promise<void> {
  const { action, name } = wanted
  if (action === 'any') return admitAnyone(authorizer, principal, wanted)
  const decision = await authorizer.allows(principal, action, name === undefined ? 'catalog' : { repository: name })
  if (!decision.allowed) throw refusalOf(principal, decision, { ...wanted, action })
}

/**
 * The ping. Clients learn here whether they must sign in at all, so it asks for it whenever anything might need it:
 * after a 200 they would never send credentials (moby, containers/image).
 */
async function admitAnyone(authorizer: Authorizer, principal: Principal, { realm }: Wanted): Promise<void> {
  if (principal.kind === 'user' || principal.tokenAccess !== undefined) return
  const anonymousMayPush = await authorizer.allows(principal, 'push', ANY_REPOSITORY)
  if (!anonymousMayPush.allowed) throw unauthorized({ realm })
}

const ANY_REPOSITORY = { repository: 'any' as RepositoryName }

function refusalOf(principal: Principal, decision: Decision, wanted: Wanted & { action: Action }): OciError {
  const { realm } = wanted
  if (principal.kind === 'user' && !decision.tokenTooNarrow)
    return new OciError('DENIED', { message: `refused: ${decision.rule}`, detail: { rule: decision.rule } })
  const scope = scopeOf(wanted)
  // A token for less than was asked is a 401 too: on a 403 clients never ask for a wider one.
  return unauthorized(
    principal.tokenAccess === undefined ? { realm, scope } : { realm, scope, error: 'insufficient_scope' },
  )
}

function scopeOf({ action, name }: Wanted): AccessEntry {
  if (name === undefined) return { type: 'registry', name: 'catalog', actions: ['*'] }
  const actions = action === 'push' ? (['pull', 'push'] as const) : ([action === 'delete' ? 'delete' : 'pull'] as const)
  return { type: 'repository', name, actions }
}

export function unauthorized(challenge: Challenge): OciError {
  const message =
    challenge.error === 'insufficient_scope'
      ? 'the token was issued for less; ask for one with the scope in the WWW-Authenticate header'
      : 'sign in first: "docker login", or a token from the address in the WWW-Authenticate header'
  return new OciError('UNAUTHORIZED', { message, headers: { 'www-authenticate': formatChallenge(challenge) } })
}
