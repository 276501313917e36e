import type { Action, Authorizer } from '../access/authorizer.ts'
import type { Clock } from '../lib/clock.ts'
import { randomId } from '../lib/ids.ts'
import { Lru } from '../lib/lru.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Principal } from './principal.ts'
import { type AccessEntry, isAccessList, type TokenAction } from './scope.ts'
import type { TokenKeys } from './token-keys.ts'

/** Who issues tokens and who accepts them: both are this registry, and a caller cannot choose (CVE-2026-123710). */
export const TOKEN_SERVICE = 'berth'

const LIFETIME_SECONDS = 300
const MAX_TOKEN_LENGTH = 8192
/** Some ten thousand ordinary tokens. */
const VERIFIED_CHARACTERS = 8 * 1024 * 1024

export interface IssuedToken {
  readonly token: string
  readonly expiresInSeconds: number
  readonly issuedAt: Date
  readonly access: readonly AccessEntry[]
}

interface TokenServiceOptions {
  readonly keys: TokenKeys
  readonly authorizer: Authorizer
  readonly clock: Clock
}

/** Issues and verifies the registry's own bearer tokens. */
export class TokenService {
  readonly #keys: TokenKeys
  readonly #authorizer: Authorizer
  readonly #clock: Clock
  /** Verified tokens until they expire: checking a signature costs more than a whole manifest pull. */
  readonly #verified = new Lru<string, { principal: Principal; expiresMs: number }>(VERIFIED_CHARACTERS)

  constructor({ keys, authorizer, clock }: TokenServiceOptions) {
    this.#keys = keys
    this.#authorizer = authorizer
    this.#clock = clock
  }

  /** Grants what the principal may do of what it asks for, which may be nothing; that is not an error. */
  async issue(principal: Principal, requested: readonly AccessEntry[]): Promise<IssuedToken> {
    const access: AccessEntry[] = []
    for (const entry of requested) access.push({ ...entry, actions: await this.#allowedActions(principal, entry) })
    const { id, key } = await this.#keys.signing()
    const issuedAt = this.#clock.now()
    const seconds = Math.floor(issuedAt.getTime() / 1000)
    const { SignJWT } = await import('jose')
    const token = await new SignJWT({ access, kind: principal.kind, name: principal.name })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: id })
      .setIssuer(TOKEN_SERVICE)
      .setAudience(TOKEN_SERVICE)
      .setSubject(principal.id)
      .setIssuedAt(seconds)
      .setNotBefore(seconds)
      .setExpirationTime(seconds + LIFETIME_SECONDS)
      .setJti(randomId())
      .sign(key)
    return { token, expiresInSeconds: LIFETIME_SECONDS, issuedAt, access }
  }

  /** @throws OciError UNAUTHORIZED for anything but a token that this registry issued and that is still good */
  async verify(token: string): Promise<Principal> {
    const now = this.#clock.now()
    const known = this.#verified.get(token)
    if (known !== undefined && known.expiresMs > now.getTime()) return known.principal
    if (token.length > MAX_TOKEN_LENGTH) throw invalidToken()
    const key = await this.#keyFor(token)
    const { principal, expiresMs } = await this.#decode(token, key, now)
    this.#verified.set(token, { principal, expiresMs }, token.length)
    return principal
  }

  async #decode(token: string, key: CryptoKey, now: Date): Promise<{ principal: Principal; expiresMs: number }> {
    const { jwtVerify } = await import('jose')
    const verified = jwtVerify(token, key, {
      algorithms: ['ES256'],
      issuer: TOKEN_SERVICE,
      audience: TOKEN_SERVICE,
      requiredClaims: ['sub', 'iat', 'nbf', 'exp', 'jti', 'access', 'kind', 'name'],
      clockTolerance: 5,
      currentDate: now,
    })
    const { payload } = await verified.catch(() => {
      throw invalidToken()
    })
    const { sub, exp, kind, name, access } = payload
    if (sub === undefined || exp === undefined || typeof name !== 'string' || !isAccessList(access))
      throw invalidToken()
    const principal: Principal = {
      kind: kind === 'user' ? 'user' : 'anonymous',
      id: sub,
      name,
      tokenAccess: access,
    }
    return { principal, expiresMs: exp * 1000 }
  }

  /** Only keys of our own, by their id: a key that travels in the token proves nothing (CVE-2025-24976). */
  async #keyFor(token: string): Promise<CryptoKey> {
    const header = await readHeader(token)
    const foreign = [header?.jwk, header?.jku, header?.x5c, header?.x5u].some((value) => value !== undefined)
    if (header?.kid === undefined || foreign) throw invalidToken()
    const key = await this.#keys.verifying(header.kid)
    if (key === undefined) throw invalidToken()
    return key
  }

  async #allowedActions(principal: Principal, { type, name, actions }: AccessEntry): Promise<TokenAction[]> {
    const allows = async (action: Action) =>
      (
        await this.#authorizer.allows(
          principal,
          action,
          type === 'registry' ? 'catalog' : { repository: name as RepositoryName },
        )
      ).allowed
    if (type === 'registry') return actions.includes('*') && (await allows('catalog')) ? ['*'] : []
    const wanted: readonly TokenAction[] = actions.includes('*') ? ['pull', 'push', 'delete'] : actions
    const granted: TokenAction[] = []
    for (const action of wanted) if (action !== '*' && (await allows(action))) granted.push(action)
    return granted
  }
}

async function readHeader(token: string) {
  const { decodeProtectedHeader } = await import('jose')
  try {
    return decodeProtectedHeader(token)
  } catch {
    return undefined
  }
}

function invalidToken(): OciError {
  return new OciError('UNAUTHORIZED', {
    message: 'the token is not valid or has expired; ask for a new one',
    detail: { token: 'invalid' },
  })
}
