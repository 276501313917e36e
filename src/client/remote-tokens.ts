import type { Clock } from '../lib/clock.ts'
import { isObject, type JsonObject } from '../oci/strict-json.ts'
import { RemoteError } from '../registry/image-source.ts'
import { type Challenge, parseChallenge } from './challenge.ts'
import { FutileRequest } from './guarded-connection.ts'
import type { Answer, GuardedRequest } from './guarded-egress.ts'
import { mayHaveCredentials } from './realm-trust.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
}

interface TokenOptions {
  readonly origin: URL
  readonly credentials: Credentials | undefined
  /** In place of tokens that we would fetch: there is no other one. */
  readonly bearer?: string | undefined
  readonly trustedHosts: readonly string[]
  readonly clock: Clock
  /** Throws what is not an answer of a registry that is well. */
  readonly ask: (request: GuardedRequest) => Promise<Answer>
}

interface Token {
  readonly text: string
  readonly expiresMs: number
}

/** How the registry wants to be asked, as its last challenge said. */
type Scheme =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: URL; readonly service: string; readonly isPrivate: boolean }

/** ORAS reads as much; a header of ours carries less. */
const MAX_ANSWER_BYTES = 128 * 1024
const TOKEN = /^[\x21-\x7e]{1,65536}$/
/** distribution's token specification: what a lifetime is at least, and where none is said. */
const SHORTEST_MS = 60_000
const LONGEST_MS = 3_600_000
/** Clocks differ, and a request takes its time. */
const SPARE_MS = 10_000
const MAX_TOKENS = 10_000

/**
 * What we show the registry: nothing until it asks, then a password or a token, as it likes. Tokens are kept for all
 * users of one remote until shortly before they expire, and fetched once for all that wait.
 */
export class RemoteTokens {
  readonly #options: TokenOptions
  readonly #tokens = new Map<string, Token>()
  readonly #coming = new Map<string, Promise<string>>()
  #scheme: Scheme | undefined
  /** Whether our password was accepted when it was last shown; undefined: it was not yet. */
  signedIn: boolean | undefined

  constructor(options: TokenOptions) {
    this.#options = options
  }

  /** The `Authorization` to try first. @throws RemoteError */
  async authorization(scopes: readonly string[]): Promise<string | undefined> {
    const { bearer } = this.#options
    if (bearer !== undefined) return `Bearer ${bearer}`
    const scheme = this.#scheme
    if (scheme === undefined) return undefined
    if (scheme.scheme === 'basic') return this.#basic()
    return `Bearer ${await this.#token(scheme, scopes, scopes)}`
  }

  /** Another one, after a 401. @throws RemoteError refused when there is none */
  async afterChallenge(answer: Answer, scopes: readonly string[], used: string | undefined): Promise<string> {
    if (this.#options.bearer !== undefined) throw this.#refused('did not accept the token that we were given')
    const challenge = parseChallenge(answer.header('www-authenticate'))
    const scheme = this.#learn(challenge, answer)
    if (scheme.scheme === 'basic') {
      const basic = this.#basic()
      if (basic === undefined) throw this.#refused('asks for a password, and none is configured')
      if (basic === used) throw this.#refused('did not accept our password')
      return basic
    }
    const key = keyOf(scopes)
    if (used === `Bearer ${this.#tokens.get(key)?.text}`) this.#tokens.delete(key)
    const wanted = challenge?.scheme === 'bearer' ? [...new Set([...scopes, ...challenge.scopes])] : scopes
    return `Bearer ${await this.#token(scheme, scopes, wanted)}`
  }

  /** What became of a request. Whether a token was enough says nothing of the password. */
  noteAnswer(authorization: string | undefined, status: number): void {
    if (authorization?.startsWith('Basic ') === true) this.signedIn = status !== 401
  }

  #learn(challenge: Challenge | undefined, { url, isPrivate }: Answer): Scheme {
    if (challenge === undefined) throw this.#refused('refused us and did not say how to sign in')
    if (challenge.scheme === 'basic') this.#scheme = { scheme: 'basic' }
    else {
      const { realm, service } = challenge
      // A realm may be relative where somebody wrote a template; registries' are not, and clients differ on it.
      if (!URL.canParse(realm)) throw new FutileRequest('invalid', `${url.host} asks for tokens of no address`)
      this.#scheme = { scheme: 'bearer', realm: new URL(realm), service, isPrivate }
    }
    return this.#scheme
  }

  #basic(): string | undefined {
    const { credentials } = this.#options
    return credentials === undefined || isRefreshToken(credentials) ? undefined : basicOf(credentials)
  }

  #token(scheme: Scheme & { scheme: 'bearer' }, scopes: readonly string[], wanted: readonly string[]): Promise<string> {
    const key = keyOf(scopes)
    const kept = this.#tokens.get(key)
    if (kept !== undefined && this.#options.clock.now().getTime() < kept.expiresMs) return Promise.resolve(kept.text)
    const coming = this.#coming.get(key) ?? this.#fetch(scheme, wanted).then((token) => this.#keep(key, token))
    this.#coming.set(key, coming)
    const forget = () => {
      if (this.#coming.get(key) === coming) this.#coming.delete(key)
    }
    coming.then(forget, forget)
    return coming
  }

  #keep(key: string, token: Token): string {
    if (this.#tokens.size >= MAX_TOKENS) this.#tokens.clear()
    this.#tokens.set(key, token)
    return token.text
  }

  async #fetch(scheme: Scheme & { scheme: 'bearer' }, scopes: readonly string[]): Promise<Token> {
    const { origin, trustedHosts, ask, clock } = this.#options
    const { realm, service, isPrivate } = scheme
    if (origin.protocol === 'https:' && realm.protocol !== 'https:')
      throw this.#refused('wants tokens to be fetched without encryption')
    const isTrusted = mayHaveCredentials(realm, origin, trustedHosts)
    const proof = isTrusted ? this.#options.credentials : undefined
    // Only who is itself in a private network may send us to another address there.
    const answer = await ask({ ...tokenRequest(realm, { service, scopes, proof }), mayBePrivate: isPrivate })
    if (proof !== undefined) this.signedIn = answer.status < 300
    const sentAtMs = clock.now().getTime()
    if (answer.status >= 300) {
      await answer.discard()
      throw this.#refused(this.#whyNoToken(proof !== undefined, isTrusted))
    }
    return tokenIn(await answer.bytes(MAX_ANSWER_BYTES), sentAtMs) ?? this.#noToken()
  }

  #whyNoToken(wasShown: boolean, isTrusted: boolean): string {
    if (wasShown) return 'gives no token for our password'
    if (isTrusted || this.#options.credentials === undefined) return 'gives no token without a password'
    return 'wants our password to be sent to another host, which is not done unless that host is trusted'
  }

  #noToken(): never {
    throw new FutileRequest('invalid', `${this.#options.origin.host} answered with something that is not a token`)
  }

  #refused(why: string): RemoteError {
    return new RemoteError('refused', `${this.#options.origin.host} ${why}`)
  }
}

function basicOf({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** As docker's credential helpers say that the secret is one (what `berth login` keeps). */
function isRefreshToken({ username }: Credentials): boolean {
  return username === '<token>'
}

interface TokenRequest {
  readonly service: string
  readonly scopes: readonly string[]
  readonly proof: Credentials | undefined
}

/** distribution's token specification; with a refresh token its OAuth 2 variant. */
function tokenRequest(
  realm: URL,
  { service, scopes, proof }: TokenRequest,
): Pick<GuardedRequest, 'method' | 'url' | 'headers' | 'body'> {
  if (proof !== undefined && isRefreshToken(proof)) {
    const form = { grant_type: 'refresh_token', refresh_token: proof.password, client_id: 'berth', service }
    const body = new TextEncoder().encode(`${new URLSearchParams({ ...form, scope: scopes.join(' ') })}`)
    return { method: 'POST', url: realm, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }
  }
  const url = new URL(realm)
  if (service !== '') url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  return { method: 'GET', url, headers: proof === undefined ? {} : { authorization: basicOf(proof) } }
}

function keyOf(scopes: readonly string[]): string {
  return [...scopes].sort().join(' ')
}

function tokenIn(bytes: Uint8Array, nowMs: number): Token | undefined {
  const body = jsonObject(bytes)
  const text = [body?.access_token, body?.token].find((value) => typeof value === 'string' && TOKEN.test(value))
  if (typeof text !== 'string') return undefined
  const seconds = typeof body?.expires_in === 'number' ? body.expires_in : 0
  const lifetimeMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, seconds * 1000))
  return { text, expiresMs: nowMs + lifetimeMs - SPARE_MS }
}

/** Undefined: it is not one. */
export function jsonObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
