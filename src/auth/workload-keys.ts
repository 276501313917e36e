import type { JWTVerifyGetKey } from 'jose'
import { createEgress, type Egress, EgressError, getJson } from '../client/egress.ts'
import type { WorkloadIssuerConfig } from '../config/sign-in.ts'
import type { Clock } from '../lib/clock.ts'
import { type Remembered, remember } from '../lib/remember.ts'
import type { Log } from '../observability/log.ts'
import { readSecretFile, readTextFile } from './secret-file.ts'

const FRESH_MS = 10 * 60 * 1000
/** A token with a key that is not known may be nonsense: that many may ask the issuer, not every one. */
const RENEW_MS = 30 * 1000
const FAIL_FAST_MS = 5000

interface KeySource {
  readonly name: string
  readonly issuer: string
  readonly config: WorkloadIssuerConfig
  readonly clock: Clock
  readonly log: Log
}

/** The keys that an issuer signs with, from its file or from itself. */
export function workloadKeys({ name, issuer, config, clock, log }: KeySource): Remembered<JWTVerifyGetKey> {
  const load = async () => {
    try {
      return await keySet(await loadKeys(issuer, config))
    } catch (error) {
      // Here, where it is rare: anybody may send tokens that need these keys.
      log.warn('the keys of a workload issuer cannot be had', { issuer: name, error })
      throw error
    }
  }
  return remember(load, { clock, freshMs: FRESH_MS, failFastMs: FAIL_FAST_MS, renewMs: RENEW_MS })
}

async function loadKeys(issuer: string, config: WorkloadIssuerConfig): Promise<unknown> {
  if (config.jwksFile !== undefined) return JSON.parse(readTextFile(config.jwksFile))
  const ca = config.ca === undefined ? undefined : readTextFile(config.ca)
  const egress = withToken(createEgress({ origin: issuer, ca }), config.tokenFile)
  return getJson(egress, await discoverKeys(egress, issuer, config.preset))
}

/** An API server shows its keys only to whoever it knows; the file is read each time, because such tokens are renewed. */
function withToken(egress: Egress, tokenFile: string | undefined): Egress {
  if (tokenFile === undefined) return egress
  return (url, init = {}) =>
    egress(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${readSecretFile(tokenFile)}` } })
}

async function keySet(keys: unknown): Promise<JWTVerifyGetKey> {
  const { createLocalJWKSet } = await import('jose')
  return createLocalJWKSet(keys as Parameters<typeof createLocalJWKSet>[0])
}

async function discoverKeys(egress: Egress, issuer: string, preset: WorkloadIssuerConfig['preset']): Promise<URL> {
  const { host, origin } = new URL(issuer)
  const document = await getJson(egress, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  if (document.issuer !== issuer) {
    const said = String(document.issuer).slice(0, 200)
    throw new EgressError(host, `says in its discovery document that it is another issuer, "${said}"`)
  }
  const { jwks_uri } = document
  if (typeof jwks_uri !== 'string' || !URL.canParse(jwks_uri))
    throw new EgressError(host, 'does not say where its keys are')
  const url = new URL(jwks_uri)
  if (url.origin === origin) return url
  // An API server calls itself by its name within the cluster here, and by its address there.
  if (preset === 'kubernetes') return new URL('/openid/v1/jwks', origin)
  throw new EgressError(host, `says that its keys are on another host, ${url.host}`)
}
