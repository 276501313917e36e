import type { AccessCache } from '../access/access-cache.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { type ApiKey, findApiKey } from './api-key-store.ts'
import type { KeyLimits } from './principal.ts'
import { hasRefreshToken } from './refresh-token-store.ts'

/** API keys and refresh tokens by their ids, remembered until anything about them changes. */
export class KeyUse {
  readonly #cache: AccessCache

  constructor(cache: AccessCache) {
    this.#cache = cache
  }

  /** Undefined when the key is gone or has expired. */
  async limitsOf(id: string, now: Date): Promise<KeyLimits | undefined> {
    const key = await this.#cache.remember(`key:${id}`, (executor) => findApiKey(executor, id))
    return key !== undefined && key.expiresAt.getTime() > now.getTime() ? toLimits(key) : undefined
  }

  /** Whether a terminal is signed in still. */
  isSignedIn(refreshTokenId: string): MaybePromise<boolean> {
    return this.#cache.remember(`terminal:${refreshTokenId}`, (executor) => hasRefreshToken(executor, refreshTokenId))
  }
}

export function toLimits({ id, scopes }: ApiKey): KeyLimits {
  return { id, scopes }
}
