import type { Action } from '../access/actions.ts'
import type { Authorizer, Decision, Resource } from '../access/authorizer.ts'
import { type Challenge, formatChallenge } from '../auth/challenge.ts'
import type { Principal } from '../auth/principal.ts'
import type { AccessEntry } from '../auth/scope.ts'
import type { Actor } from '../lib/actor.ts'
import { after, type MaybePromise } from '../lib/maybe-promise.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { RepositoryCall } from './call.ts'
import type { RouteAction } from './oci-routes.ts'

/** What a request wants, for the decision and for the challenge that tells how to get it. */
export interface Wanted {
  readonly action: RouteAction
  readonly name: RepositoryName | undefined
  /** For the audit, should the request change who may do what. */
  readonly actor: () => Actor
  /** The token endpoint's address. */
  readonly realm: () => string
}

export interface Doorkeeper {
  readonly authorizer: Authorizer
  /** Makes the project that a first push goes to. */
  readonly createProject: (name: string, by: { readonly principal: Principal; readonly actor: Actor }) => Promise<void>
}

/** Lets a request through or throws: 401 with a challenge when signing in could help, 403 when it cannot. */
export function admit(door: Doorkeeper, principal: Principal, wanted: Wanted): MaybePromise<void> {
  const { action, name } = wanted
  if (action === 'any') return admitAnyone(door, principal, wanted)
  if (action === 'catalog' && isUnproven(principal)) return admitToCatalog(door, principal, wanted)
  return after(door.authorizer.allows(principal, action, resourceOf(name)), (decision) => {
    if (!decision.allowed) return refuse(door, principal, { decision, wanted: { ...wanted, action } })
    if (decision.creates === undefined) return undefined
    return door.createProject(decision.creates, { principal, actor: wanted.actor() })
  })
}

async function refuse(door: Doorkeeper, principal: Principal, refused: Refused): Promise<never> {
  throw await refusalOf(door, principal, refused)
}

function resourceOf(name: RepositoryName | undefined): Resource {
  return name === undefined ? 'registry' : { repository: name }
}

/** Somebody who has not even asked for a token yet. */
function isUnproven({ kind, tokenAccess }: Principal): boolean {
  return kind === 'anonymous' && tokenAccess === undefined
}

/**
 * The ping. Clients learn here whether they must sign in at all, so it asks for it whenever anything might need it:
 * after a 200 they would never send credentials (moby, containers/image).
 */
async function admitAnyone(door: Doorkeeper, principal: Principal, { realm }: Wanted): Promise<void> {
  if (!isUnproven(principal)) return
  if (!(await isOpen(door, principal))) throw unauthorized({ realm: realm() })
}

/** For the same reason: whoever has credentials sees more than whoever has none. */
async function admitToCatalog(door: Doorkeeper, principal: Principal, { realm }: Wanted): Promise<void> {
  if (!(await isOpen(door, principal)))
    throw unauthorized({ realm: realm(), scope: { type: 'registry', name: 'catalog', actions: ['*'] } })
}

/** Whether everything may be done without signing in. */
async function isOpen({ authorizer }: Doorkeeper, principal: Principal): Promise<boolean> {
  return (await authorizer.allows(principal, 'push', ANY_REPOSITORY)).allowed
}

const ANY_REPOSITORY = { repository: 'any' as RepositoryName }

interface Refused {
  readonly decision: Decision
  readonly wanted: Wanted & { readonly action: Action }
}

async function refusalOf(door: Doorkeeper, principal: Principal, { decision, wanted }: Refused): Promise<OciError> {
  const { action, name } = wanted
  if (principal.kind !== 'anonymous' && !decision.tokenTooNarrow)
    return denied(door, principal, { decision, action, name })
  const scope = scopeOf(wanted)
  const realm = wanted.realm()
  // A token for less than was asked is a 401 too: on a 403 clients never ask for a wider one.
  if (isUnproven(principal)) return unauthorized({ realm, scope })
  return unauthorized(
    { realm, scope, error: 'insufficient_scope' },
    principal.kind === 'anonymous' ? SIGN_IN : undefined,
  )
}

/** Whether what a client learns here may keep it from pushing. */
export async function mayPush(authorizer: Authorizer, { principal, name }: RepositoryCall): Promise<boolean> {
  return (await authorizer.allows(principal, 'push', { repository: name })).allowed
}

interface Denial {
  readonly decision: Decision
  readonly action: Action
  readonly name: RepositoryName | undefined
}

const NEW_PROJECTS = ' (whose push makes a new project: projects.create)'

/** Which rule refused is told to those who may see the repository; to others it would say whether there is one. */
export async function denied(
  { authorizer }: Pick<Doorkeeper, 'authorizer'>,
  principal: Principal,
  { decision, action, name }: Denial,
): Promise<OciError> {
  const visible = name === undefined || (await authorizer.allows(principal, 'pull', { repository: name })).allowed
  const rule = visible
    ? decision.rule
    : `it does not exist, or nothing gives you ${action} there${action === 'push' ? NEW_PROJECTS : ''}`
  return new OciError('DENIED', {
    message: `refused: ${rule}; whoever runs the registry can ask "berth access explain"`,
    detail: { action, rule },
  })
}

function scopeOf({ action, name }: Wanted): AccessEntry {
  if (name === undefined) return { type: 'registry', name: 'catalog', actions: ['*'] }
  const actions = action === 'push' ? (['pull', 'push'] as const) : ([action === 'delete' ? 'delete' : 'pull'] as const)
  return { type: 'repository', name, actions }
}

const SIGN_IN = 'sign in first: "docker login", or a token from the address in the WWW-Authenticate header'
const TOO_NARROW = 'the token was issued for less; ask for one with the scope in the WWW-Authenticate header'

export function unauthorized(
  challenge: Challenge,
  message = challenge.error === 'insufficient_scope' ? TOO_NARROW : SIGN_IN,
): OciError {
  return new OciError('UNAUTHORIZED', { message, headers: { 'www-authenticate': formatChallenge(challenge) } })
}
