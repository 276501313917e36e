import type { Authenticator } from '../auth/authenticator.ts'
import { DEVICE_GRANT } from '../auth/device-codes.ts'
import type { Principal } from '../auth/principal.ts'
import type { RefreshTokens } from '../auth/refresh-tokens.ts'
import { formatScope, parseScopes } from '../auth/scope.ts'
import type { SignIn } from '../auth/sign-in.ts'
import type { IssuedToken, TokenService } from '../auth/token-service.ts'
import { OciError } from '../oci/errors.ts'
import { readSmallBody } from './body.ts'
import type { Call } from './call.ts'
import { orOAuthRefusal } from './oauth-error.ts'
import { json, type Reply } from './reply.ts'

const MAX_FORM_BYTES = 64 * 1024
const FORM = {
  maxBytes: MAX_FORM_BYTES,
  tooLarge: () =>
    new OciError('UNSUPPORTED', { status: 413, message: `the form may have at most ${MAX_FORM_BYTES} bytes` }),
}

/** Turns a form into whoever it proves. One for each `grant_type`. */
export type Grant = (form: URLSearchParams, call: Call) => Promise<Principal>

export interface TokenEndpoint {
  readonly authenticator: Authenticator
  readonly signIn: SignIn
  readonly refreshTokens: RefreshTokens
  readonly tokens: TokenService
  /** Further grants, by their `grant_type`. */
  readonly grants: Readonly<Record<string, Grant>>
}

/** distribution "Token Authentication Specification": a token for what the asker may do of what it asks for. */
export async function getToken(endpoint: TokenEndpoint, call: Call): Promise<Reply> {
  const { query, request } = call
  const authorization = request.headers.get('authorization')
  const principal = await endpoint.authenticator.authenticate(authorization, () => call.signInContext('token'))
  call.learned({ principal })
  return answer(endpoint, withoutToken(principal), {
    scopes: query.getAll('scope'),
    client: query.get('client_id') ?? '',
    offline: query.get('offline_token') === 'true',
  })
}

/** distribution "OAuth2 Token Authentication", and RFC 8628, RFC 8693 where there is a grant for them. */
export async function postToken(endpoint: TokenEndpoint, call: Call): Promise<Reply> {
  const form = new URLSearchParams(new TextDecoder().decode(await readSmallBody(call, FORM)))
  const grants: Readonly<Record<string, Grant>> = {
    ...endpoint.grants,
    password: () => endpoint.signIn.signIn(credentialsOf(form), call.signInContext('token')),
    refresh_token: () => endpoint.refreshTokens.redeem(form.get('refresh_token') ?? ''),
  }
  const type = form.get('grant_type') ?? ''
  const grant = Object.hasOwn(grants, type) ? grants[type] : undefined
  if (grant === undefined)
    throw new OciError('UNSUPPORTED', {
      status: 400,
      message: `the grant_type must be one of ${Object.keys(grants).join(', ')}`,
    })
  const proof = async () => {
    const principal = await grant(form, call)
    call.learned({ principal })
    return principal
  }
  return orOAuthRefusal(redeem(endpoint, form, { type, proof: proof() }))
}

async function redeem(
  endpoint: TokenEndpoint,
  form: URLSearchParams,
  { type, proof }: { readonly type: string; readonly proof: Promise<Principal> },
): Promise<Reply> {
  // A device signs in to stay signed in.
  const offline = type === DEVICE_GRANT || (form.get('access_type') === 'offline' && type !== 'refresh_token')
  return answer(endpoint, await proof, {
    scopes: form.getAll('scope'),
    client: form.get('client_id') ?? '',
    offline,
    // Clients that redeem one keep the one they have.
    ...(type === 'refresh_token' ? { refreshToken: form.get('refresh_token') ?? '' } : {}),
  })
}

function credentialsOf(form: URLSearchParams) {
  return { username: form.get('username') ?? '', password: form.get('password') ?? '' }
}

/** A token is not exchanged for a fresh one: that would make it live for ever. */
function withoutToken(principal: Principal): Principal {
  if (principal.tokenAccess === undefined) return principal
  throw new OciError('UNAUTHORIZED', { message: 'ask for a token with a user name and password, not with a token' })
}

interface Asked {
  readonly scopes: readonly string[]
  /** What the client calls itself. */
  readonly client: string
  /** Whether it wants a refresh token. */
  readonly offline: boolean
  /** The one that it has. */
  readonly refreshToken?: string
}

async function answer(endpoint: TokenEndpoint, principal: Principal, asked: Asked): Promise<Reply> {
  const refreshToken = asked.offline ? await refreshTokenFor(endpoint, principal, asked.client) : undefined
  const owner = refreshToken === undefined ? principal : { ...principal, terminal: refreshToken.id }
  const issued = await endpoint.tokens.issue(owner, parseScopes(asked.scopes))
  const body = { ...tokenBody(issued), refresh_token: refreshToken?.secret ?? asked.refreshToken }
  return json(body, { 'cache-control': 'no-store' })
}

/** For people only: a robot's secret and a workload's own token are what their machines keep. */
async function refreshTokenFor(
  { refreshTokens }: TokenEndpoint,
  principal: Principal,
  client: string,
): Promise<{ secret: string; id: string } | undefined> {
  return principal.kind === 'user' ? refreshTokens.issue(principal, client) : undefined
}

/** Some clients read `token`, others `access_token`. */
function tokenBody({ token, expiresInSeconds, issuedAt, access }: IssuedToken): object {
  return {
    token,
    access_token: token,
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    issued_at: issuedAt.toISOString(),
    scope: access.map(formatScope).join(' '),
  }
}
