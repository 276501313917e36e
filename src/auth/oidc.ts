import { isEgressError } from '../client/egress.ts'
import type { OidcProviderConfig } from '../config/sign-in.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../observability/log.ts'
import { OciError } from '../oci/errors.ts'
import type { Identity } from './identity-provider.ts'
import { type ClaimSources, identityFrom, lacksClaims } from './oidc-claims.ts'
import { type OidcConnection, oidcConnection } from './oidc-connection.ts'

/** Where to send the browser, and what to remember until it comes back. */
export interface OidcStart {
  readonly url: URL
  readonly state: string
  readonly nonce: string
  /** Of PKCE. */
  readonly verifier: string
}

export interface OidcReturn {
  /** As the browser asked for it, with the provider's parameters. */
  readonly callbackUrl: URL
  /** The same that `begin` was given. */
  readonly redirectUri: string
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** An OpenID Connect provider, seen by a relying party. */
export interface OidcProvider {
  readonly name: string
  /** What the sign-in button says. */
  readonly label: string
  /** @throws Error when the provider cannot be asked at the moment */
  begin(redirectUri: string): Promise<OidcStart>
  /**
   * @throws OciError UNAUTHORIZED when the provider does not vouch for whoever came back
   * @throws Error when the provider cannot be asked at the moment
   */
  finish(returned: OidcReturn): Promise<Identity>
}

interface OidcProviderOptions {
  /** From the configuration. */
  readonly name: string
  readonly config: OidcProviderConfig
  readonly clock: Clock
  readonly log: Log
}

/** Authorization code flow with PKCE, state and nonce. @throws Error for a file of the configuration that is wrong */
export function oidcProvider({ name, config, clock, log }: OidcProviderOptions): OidcProvider {
  const connection = oidcConnection(config, clock)

  async function connect(): Promise<OidcConnection> {
    return connection.get().catch((error: unknown) => {
      throw unusable(name, error)
    })
  }

  return {
    name,
    label: config.label ?? name,
    begin: async (redirectUri) => begin(await connect(), redirectUri, config.scopes),
    finish: async (returned) => {
      const connected = await connect()
      try {
        return identityFrom(await redeem(connected, returned, config), name, config)
      } catch (error) {
        if (isEgressError(error)) throw unusable(name, error)
        log.warn('a sign-in was refused', { provider: name, reason: reasonOf(error) })
        throw new OciError('UNAUTHORIZED', {
          message: 'the sign-in was not completed; begin again',
          detail: { signIn: 'refused' },
        })
      }
    },
  }
}

async function begin(
  { library, configuration }: OidcConnection,
  redirectUri: string,
  scope: string,
): Promise<OidcStart> {
  const state = library.randomState()
  const nonce = library.randomNonce()
  const verifier = library.randomPKCECodeVerifier()
  const url = library.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    response_type: 'code',
    scope,
    state,
    nonce,
    code_challenge: await library.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  return { url, state, nonce, verifier }
}

async function redeem(
  { library, configuration }: OidcConnection,
  { callbackUrl, redirectUri, state, nonce, verifier }: OidcReturn,
  config: OidcProviderConfig,
): Promise<ClaimSources> {
  // Behind a proxy the request came to another address than the one the provider knows.
  const current = new URL(redirectUri)
  current.search = callbackUrl.search
  const tokens = await library.authorizationCodeGrant(configuration, current, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  })
  const idToken = tokens.claims()
  if (idToken === undefined) throw new Error('the provider sent no id token')
  const { userinfo_endpoint } = configuration.serverMetadata()
  if (userinfo_endpoint === undefined || !lacksClaims(idToken, config)) return { idToken }
  return { idToken, userInfo: await library.fetchUserInfo(configuration, tokens.access_token, idToken.sub) }
}

function unusable(name: string, cause: unknown): Error {
  return new Error(`the sign-in provider "${name}" cannot be used at the moment`, { cause })
}

/** What went wrong and why, without the parameters that libraries hang on their errors: a code may be among them. */
function reasonOf(error: unknown): string {
  const reasons: string[] = []
  for (let at = error; at instanceof Error && reasons.length < 4; at = at.cause) {
    const code = errorCodeOf(at)
    reasons.push(code === undefined ? at.message : `${at.message} (${code.slice(0, 100)})`)
  }
  return reasons.join(': ')
}

/** As the standards have it, `access_denied` for one: in the answer itself, or in its WWW-Authenticate header. */
function errorCodeOf(error: Error): string | undefined {
  if ('error' in error && typeof error.error === 'string') return error.error
  const challenges: readonly unknown[] = Array.isArray(error.cause) ? error.cause : []
  const [challenge] = challenges as readonly { parameters?: { error?: unknown } }[]
  const code = challenge?.parameters?.error
  return typeof code === 'string' ? code : undefined
}
