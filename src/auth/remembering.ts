import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import { Lru } from '../lib/lru.ts'
import type { Identity, IdentityProvider } from './identity-provider.ts'

/** Short, because a password that was changed there is good here for as long. */
const REMEMBER_MS = 30_000

/** Spares a provider elsewhere the same question with every request of a client that sends Basic credentials. */
export function remembering(provider: IdentityProvider, clock: Clock): IdentityProvider {
  const known = new Lru<string, { readonly identity: Identity; readonly until: number }>(10_000)
  const secret = randomBytes(32)
  return {
    ...provider,
    verify: async (username, password) => {
      const key = createHmac('sha256', secret)
        .update(JSON.stringify([username, password]))
        .digest('base64')
      const now = clock.now().getTime()
      const hit = known.get(key)
      if (hit !== undefined && hit.until > now) return hit.identity
      const identity = await provider.verify(username, password)
      if (identity !== undefined) known.set(key, { identity, until: now + REMEMBER_MS })
      return identity
    },
  }
}
