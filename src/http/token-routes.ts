import type { Authenticator } from '../auth/authenticator.ts'
import { type Credentials, signIn } from '../auth/basic.ts'
import type { IdentityProvider } from '../auth/identity-provider.ts'
import type { PasswordCheck } from '../auth/password-check.ts'
import type { Principal } from '../auth/principal.ts'
import { formatScope, parseScopes } from '../auth/scope.ts'
import type { IssuedToken, TokenService } from '../auth/token-service.ts'
import { OciError } from '../oci/errors.ts'
import { readSmallBody } from './body.ts'
import { json, type Reply } from './reply.ts'

const MAX_FORM_BYTES = 64 * 1024
const FORM = {
  maxBytes: MAX_FORM_BYTES,
  tooLarge: () =>
    new OciError('UNSUPPORTED', { status: 413, message: `the form may have at most ${MAX_FORM_BYTES} bytes` }),
}

export interface TokenEndpoint {
  readonly authenticator: Authenticator
  readonly providers: readonly IdentityProvider[]
  readonly passwords: PasswordCheck
  readonly tokens: TokenService
}

/** distribution "Token Authentication Specification": a token for what the asker may do of what it asks for. */
export async function getToken(endpoint: TokenEndpoint, request: Request, query: URLSearchParams): Promise<Reply> {
  const principal = await endpoint.authenticator.authenticate(request.headers.get('authorization'))
  return issue(endpoint, withoutToken(principal), query.getAll('scope'))
}

/** distribution "OAuth2 Token Authentication", password grant. */
export async function postToken(endpoint: TokenEndpoint, request: Request): Promise<Reply> {
  const form = new URLSearchParams(new TextDecoder().decode(await readSmallBody(request, FORM)))
  if (form.get('grant_type') !== 'password')
    throw new OciError('UNSUPPORTED', { status: 400, message: 'the grant_type known here is "password"' })
  const principal = await signIn(credentialsOf(form), endpoint.providers, endpoint.passwords)
  return issue(endpoint, principal, form.getAll('scope'))
}

function credentialsOf(form: URLSearchParams): Credentials {
  return { username: form.get('username') ?? '', password: form.get('password') ?? '' }
}

/** A token is not exchanged for a fresh one: that would make it live for ever. */
function withoutToken(principal: Principal): Principal {
  if (principal.tokenAccess === undefined) return principal
  throw new OciError('UNAUTHORIZED', { message: 'ask for a token with a user name and password, not with a token' })
}

async function issue({ tokens }: TokenEndpoint, principal: Principal, scopes: readonly string[]): Promise<Reply> {
  const issued = await tokens.issue(principal, parseScopes(scopes))
  return json(tokenBody(issued), { 'cache-control': 'no-store' })
}

/** Some clients read `token`, others `access_token`. */
function tokenBody({ token, expiresInSeconds, issuedAt, access }: IssuedToken): object {
  return {
    token,
    access_token: token,
    expires_in: expiresInSeconds,
    issued_at: issuedAt.toISOString(),
    scope: access.map(formatScope).join(' '),
  }
}
