import type { Configuration, ServerMetadata } from 'openid-client'
import { createEgress, type Egress, EgressError, requireSecure } from '../client/egress.ts'
import type { OidcProviderConfig } from '../config/sign-in.ts'
import type { Clock } from '../lib/clock.ts'
import { type Remembered, remember } from '../lib/remember.ts'
import { readSecretFile, readTextFile } from './secret-file.ts'

/** Also how soon a new secret or certificate is read from its file. */
const FRESH_MS = 10 * 60 * 1000
/** While a provider is down, people who press the button do not wait for it one after the other. */
const FAIL_FAST_MS = 5000
const CLOCK_TOLERANCE_SECONDS = 30
/** Never HS256, whose key would be the client's secret, and never "none". */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

export interface OidcConnection {
  readonly library: typeof import('openid-client')
  readonly configuration: Configuration
}

/** What the provider says of itself, asked when somebody signs in. @throws Error at once for a file that is wrong */
export function oidcConnection(config: OidcProviderConfig, clock: Clock): Remembered<OidcConnection> {
  requireSecure(new URL(config.issuer))
  readFiles(config)
  return remember(() => connect(config), { clock, freshMs: FRESH_MS, failFastMs: FAIL_FAST_MS, renewMs: FAIL_FAST_MS })
}

function readFiles({ ca, clientSecretFile }: OidcProviderConfig) {
  return {
    ca: ca === undefined ? undefined : readTextFile(ca),
    secret: clientSecretFile === undefined ? undefined : readSecretFile(clientSecretFile),
  }
}

async function connect(config: OidcProviderConfig): Promise<OidcConnection> {
  const library = await import('openid-client')
  const { ca, secret } = readFiles(config)
  const issuer = new URL(config.issuer)
  const execute = issuer.protocol === 'http:' ? [library.allowInsecureRequests] : []
  const discovering = library.discovery(issuer, config.clientId, undefined, undefined, {
    [library.customFetch]: answering(createEgress({ origin: issuer.origin, ca })),
    execute,
  })
  const discovered = await discovering.catch((error: unknown) => {
    throw otherIssuer(error, issuer)
  })
  const server = asymmetricOnly(discovered.serverMetadata())
  requireSameIssuer(server.issuer, issuer)
  const configuration = new library.Configuration(
    server,
    config.clientId,
    { [library.clockTolerance]: CLOCK_TOLERANCE_SECONDS },
    clientAuthentication(library, server, secret),
  )
  configuration[library.customFetch] = answering(
    createEgress({ origin: issuer.origin, origins: endpoints(server), ca }),
  )
  for (const extend of execute) extend(configuration)
  // Without this the id token is believed because of the connection it came through.
  library.enableNonRepudiationChecks(configuration)
  return { library, configuration }
}

/** The library makes exceptions for Microsoft's issuers that stand for any tenant; whoever has one may not sign in. */
function requireSameIssuer(said: string, expected: URL): void {
  if (new URL(said).href !== expected.href) throw notTheIssuer(expected, said)
}

/** The library's error does not say what is wrong, which most often is a slash at the end. */
function otherIssuer(error: unknown, expected: URL): unknown {
  const cause = error instanceof Error ? error.cause : undefined
  const { attribute, body } = (cause ?? {}) as { attribute?: unknown; body?: { issuer?: unknown } }
  return attribute === 'issuer' && typeof body?.issuer === 'string' ? notTheIssuer(expected, body.issuer) : error
}

function notTheIssuer({ host }: URL, said: string): EgressError {
  return new EgressError(host, `says in its discovery document that it is another issuer, "${said.slice(0, 200)}"`)
}

/** What the issuer itself calls its endpoints gets the credentials that are meant for it, wherever it is. */
function endpoints({ token_endpoint, userinfo_endpoint }: ServerMetadata): string[] {
  return [token_endpoint, userinfo_endpoint].filter((url) => url !== undefined)
}

function asymmetricOnly(server: Readonly<ServerMetadata>): ServerMetadata {
  const offered = server.id_token_signing_alg_values_supported ?? ['RS256']
  return { ...server, id_token_signing_alg_values_supported: offered.filter((name) => ALGORITHMS.includes(name)) }
}

/** The secret goes into the header, as every provider must support, unless this one says that it reads the body only. */
function clientAuthentication(library: OidcConnection['library'], server: ServerMetadata, secret: string | undefined) {
  if (secret === undefined) return library.None()
  const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  const bodyOnly = methods.includes('client_secret_post') && !methods.includes('client_secret_basic')
  return bodyOnly ? library.ClientSecretPost(secret) : library.ClientSecretBasic(secret)
}

/** A provider that is broken is not a sign-in that is wrong. */
function answering(egress: Egress): Egress {
  return async (url, init) => {
    const response = await egress(url, init)
    if (response.status < 500) return response
    throw new EgressError(new URL(url).host, `answered with status ${response.status}`)
  }
}
