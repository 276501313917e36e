import type { Access } from '../access/access.ts'
import type { Authorizer } from '../access/authorizer.ts'
import type { Clock } from '../lib/clock.ts'
import { randomId } from '../lib/ids.ts'
import { after, type MaybePromise } from '../lib/maybe-promise.ts'
import { Recent } from '../lib/recent.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'
import { type Accounts, isActive } from './accounts.ts'
import type { KeyUse } from './key-use.ts'
import { ANONYMOUS, type KeyLimits, type Principal } from './principal.ts'
import { type AccessEntry, isAccessList, type TokenAccess, type TokenAction } from './scope.ts'
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
  readonly access: readonly TokenAccess[]
}

interface TokenServiceOptions {
  readonly keys: TokenKeys
  readonly authorizer: Authorizer
  readonly accounts: Accounts
  readonly access: Access
  readonly apiKeys: KeyUse
  readonly clock: Clock
}

/** What a good token says. Whether its owner still is who he was is asked at each use. */
interface Verified {
  readonly subject: string
  readonly access: readonly TokenAccess[]
  readonly issuedMs: number
  readonly expiresMs: number
  /** The API key that it was issued for. */
  readonly key: string | undefined
  /** The refresh token that it was issued for. */
  readonly terminal: string | undefined
}

/** Issues and verifies the registry's own bearer tokens. */
export class TokenService {
  readonly #parts: TokenServiceOptions
  /** Verified tokens until they expire: checking a signature costs more than a whole manifest pull. */
  readonly #verified = new Recent<string, Verified>(VERIFIED_CHARACTERS)

  constructor(parts: TokenServiceOptions) {
    this.#parts = parts
  }

  /** Grants what the principal may do of what it asks for, which may be nothing; that is not an error. */
  async issue(principal: Principal, requested: readonly AccessEntry[]): Promise<IssuedToken> {
    const access: TokenAccess[] = []
    for (const entry of requested) access.push(await this.#grant(principal, entry))
    const { id, key } = await this.#parts.keys.signing()
    const issuedAt = this.#parts.clock.now()
    const seconds = Math.floor(issuedAt.getTime() / 1000)
    const { SignJWT } = await import('jose')
    const { key: apiKey, terminal } = principal
    const token = await new SignJWT({ access, at: issuedAt.getTime(), key: apiKey?.id, terminal })
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
  verify(token: string): MaybePromise<Principal> {
    const now = this.#parts.clock.now()
    const known = this.#verified.get(token)
    if (known !== undefined && known.expiresMs > now.getTime()) return this.#ownerOf(known, now)
    return this.#verifyAnew(token, now)
  }

  async #verifyAnew(token: string, now: Date): Promise<Principal> {
    if (token.length > MAX_TOKEN_LENGTH) throw invalidToken()
    const verified = await this.#decode(token, await this.#keyFor(token), now)
    this.#verified.set(token, verified, token.length)
    return this.#ownerOf(verified, now)
  }

  /** Disabling, revoking and expiring end a token at once, however long it would have been good. */
  #ownerOf(verified: Verified, now: Date): MaybePromise<Principal> {
    const { subject, access, issuedMs } = verified
    if (subject === ANONYMOUS.id) return { ...ANONYMOUS, tokenAccess: access }
    return after(this.#parts.accounts.find(subject), (account) => {
      if (account === undefined || !isActive(account, now) || issuedMs < account.revokedBefore) throw invalidToken()
      const { id, kind, name } = account
      return this.#withinLimits(verified, { id, kind, name, tokenAccess: access }, now)
    })
  }

  /** Of the session and the key that the token was issued for. */
  #withinLimits({ key, terminal }: Verified, owner: Principal, now: Date): MaybePromise<Principal> {
    if (terminal === undefined && key === undefined) return owner
    return after(terminal === undefined || this.#parts.apiKeys.isSignedIn(terminal), async (isSignedIn) => {
      if (!isSignedIn) throw invalidToken()
      return key === undefined ? owner : { ...owner, key: await this.#keyLimits(key, now) }
    })
  }

  async #keyLimits(id: string, now: Date): Promise<KeyLimits> {
    const limits = await this.#parts.apiKeys.limitsOf(id, now)
    if (limits === undefined) throw invalidToken()
    return limits
  }

  async #decode(token: string, key: CryptoKey, now: Date): Promise<Verified> {
    const { jwtVerify } = await import('jose')
    const verified = jwtVerify(token, key, {
      algorithms: ['ES256'],
      issuer: TOKEN_SERVICE,
      audience: TOKEN_SERVICE,
      requiredClaims: ['sub', 'iat', 'nbf', 'exp', 'jti', 'access', 'at'],
      clockTolerance: 5,
      currentDate: now,
    })
    const { payload } = await verified.catch(() => {
      throw invalidToken()
    })
    const { sub, exp, at, access, key: apiKey, terminal } = payload
    const sound = typeof sub === 'string' && exp !== undefined && typeof at === 'number' && isAccessList(access)
    if (!sound || !isOptionalText(apiKey) || !isOptionalText(terminal)) throw invalidToken()
    return { subject: sub, access, issuedMs: at, expiresMs: exp * 1000, key: apiKey, terminal }
  }

  /** Only keys of our own, by their id: a key that travels in the token proves nothing (CVE-2025-24976). */
  async #keyFor(token: string): Promise<CryptoKey> {
    const header = await readHeader(token)
    const foreign = [header?.jwk, header?.jku, header?.x5c, header?.x5u].some((value) => value !== undefined)
    if (header?.kid === undefined || foreign) throw invalidToken()
    const key = await this.#parts.keys.verifying(header.kid)
    if (key === undefined) throw invalidToken()
    return key
  }

  async #grant(principal: Principal, entry: AccessEntry): Promise<TokenAccess> {
    const { type, name, actions } = entry
    if (type === 'registry') {
      const listed = actions.filter((action) => action === '*' || action === 'search')
      const isAllowed = listed.length > 0 && (await this.#allows(principal, 'catalog', 'registry'))
      return { ...entry, actions: isAllowed ? listed : [], project: null }
    }
    const repository = name as RepositoryName
    const wanted: readonly TokenAction[] = actions.includes('*') ? ['pull', 'push', 'delete'] : actions
    const granted: TokenAction[] = []
    for (const action of wanted)
      if (action !== '*' && action !== 'search' && (await this.#allows(principal, action, { repository })))
        granted.push(action)
    return { ...entry, actions: granted, project: (await this.#parts.access.projectOf(repository))?.id ?? null }
  }

  async #allows(...question: Parameters<Authorizer['allows']>): Promise<boolean> {
    return (await this.#parts.authorizer.allows(...question)).allowed
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

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

function invalidToken(): OciError {
  return new OciError('UNAUTHORIZED', {
    message: 'the token is not valid or has expired; ask for a new one',
    detail: { token: 'invalid' },
  })
}
