import type { JWTPayload, JWTVerifyGetKey } from 'jose'
import { requireSecure } from '../client/egress.ts'
import type { WorkloadIssuerConfig } from '../config/sign-in.ts'
import type { Clock } from '../lib/clock.ts'
import type { Remembered } from '../lib/remember.ts'
import type { Log } from '../observability/log.ts'
import { readTextFile } from './secret-file.ts'
import { workloadKeys } from './workload-keys.ts'
import { WORKLOAD_PRESETS } from './workload-presets.ts'

/** What an issuer vouches for. Whose token it is, is decided by the rules of that issuer. */
export interface WorkloadToken {
  /** Its name in the configuration. */
  readonly issuer: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly expiresAt: Date
}

export interface WorkloadIssuers {
  /** Whether it may be worth verifying. Cheap, and asks nobody. */
  looksLikeToken(text: string): boolean
  /**
   * Undefined for anything but a good token of a configured issuer.
   * @throws Error when the issuer cannot be asked for its keys at the moment
   */
  verify(token: string): Promise<WorkloadToken | undefined>
}

interface WorkloadOptions {
  readonly issuers: Readonly<Record<string, WorkloadIssuerConfig>>
  /** The external address, for issuers whose configuration names no audience. */
  readonly defaultAudience: string | undefined
  readonly clock: Clock
  readonly log: Log
}

interface Issuer {
  readonly name: string
  readonly url: string
  readonly audience: string
  readonly keys: Remembered<JWTVerifyGetKey>
}

const MAX_TOKEN_LENGTH = 8192
const TOKEN = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/
const CLOCK_TOLERANCE_SECONDS = 60
/** All asymmetric: with an HMAC, whoever knows the public key could sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
/** Keys that travel with a token prove nothing (CVE-2025-24976). */
const FOREIGN_KEYS = ['jwk', 'jku', 'x5u', 'x5c'] as const

/** @throws Error with a sentence for people when the configuration cannot work */
export function createWorkloadIssuers({ issuers, defaultAudience, clock, log }: WorkloadOptions): WorkloadIssuers {
  const configured = Object.entries(issuers).map(([name, config]) =>
    openIssuer(name, config, { defaultAudience, clock, log }),
  )
  const looksLikeToken = (text: string) => text.length <= MAX_TOKEN_LENGTH && TOKEN.test(text)
  return {
    looksLikeToken,
    verify: async (token) => {
      const claimed = looksLikeToken(token) ? await claimedIssuer(token) : undefined
      // Clusters often call themselves the same; then the keys tell them apart.
      const candidates = configured.filter(({ url }) => url === claimed)
      let unreachable: unknown
      for (const issuer of candidates) {
        try {
          const verified = await verifyBy(issuer, token, clock.now())
          if (verified !== undefined) return verified
        } catch (error) {
          unreachable = new Error(`the workload issuer "${issuer.name}" cannot be asked at the moment`, {
            cause: error,
          })
        }
      }
      if (unreachable !== undefined) throw unreachable
      return undefined
    },
  }
}

function openIssuer(
  name: string,
  config: WorkloadIssuerConfig,
  { defaultAudience, clock, log }: Pick<WorkloadOptions, 'defaultAudience' | 'clock' | 'log'>,
): Issuer {
  const url = config.issuer ?? WORKLOAD_PRESETS[config.preset].issuer
  if (url === undefined) throw new Error(`auth.workload.${name} needs "issuer", the "iss" of its tokens`)
  const audience = config.audience ?? defaultAudience
  if (audience === undefined)
    throw new Error(`auth.workload.${name} needs "audience", because the external address is not set`)
  // What is wrong with a file is said now rather than to the first job.
  for (const file of [config.jwksFile, config.ca]) if (file !== undefined) readTextFile(file)
  if (config.jwksFile === undefined) requireSecure(new URL(url))
  return { name, url, audience, keys: workloadKeys({ name, issuer: url, config, clock, log }) }
}

/** Who it says it is from, without any proof; undefined when its header alone makes it bad. */
async function claimedIssuer(token: string): Promise<string | undefined> {
  const { decodeJwt, decodeProtectedHeader } = await import('jose')
  try {
    const header = decodeProtectedHeader(token)
    const foreign = FOREIGN_KEYS.some((name) => header[name] !== undefined)
    if (foreign || header.alg === undefined || !ALGORITHMS.includes(header.alg)) return undefined
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

/** @throws what kept the keys from being had */
async function verifyBy(issuer: Issuer, token: string, now: Date): Promise<WorkloadToken | undefined> {
  const { errors } = await import('jose')
  let claims = await check(issuer, token, { keys: await issuer.keys.get(), now })
  // The key may be newer than what is known of the issuer.
  if (claims instanceof errors.JWKSNoMatchingKey)
    claims = await check(issuer, token, { keys: await issuer.keys.renew(), now })
  if (claims instanceof Error) return undefined
  const { exp, iat } = claims
  if (exp === undefined || iat === undefined || iat > now.getTime() / 1000 + CLOCK_TOLERANCE_SECONDS) return undefined
  return { issuer: issuer.name, claims, expiresAt: new Date(exp * 1000) }
}

async function check(
  { url, audience }: Issuer,
  token: string,
  { keys, now }: { keys: JWTVerifyGetKey; now: Date },
): Promise<JWTPayload | Error> {
  const { jwtVerify } = await import('jose')
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ALGORITHMS,
      issuer: url,
      audience,
      requiredClaims: ['exp', 'iat'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: now,
    })
    return payload
  } catch (error) {
    return error instanceof Error ? error : new Error('the token is not good', { cause: error })
  }
}
