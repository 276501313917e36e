import { createHmac, randomBytes } from 'node:crypto'
import { Lru } from '../lib/lru.ts'
import { Semaphore } from '../lib/semaphore.ts'
import { verifyPassword } from '../lib/password.ts'

/** A slow hash takes about 50 ms of a core: more at once would starve everything else. */
const MAX_CONCURRENT = 4
/** Clients send the same Basic credentials with every request; a good answer is remembered this long. */
const REMEMBER_MS = 60_000

/** Slow password checks, few at a time; good answers are remembered for a minute under a key made of both sides. */
export class PasswordCheck {
  readonly #slots = new Semaphore(MAX_CONCURRENT)
  readonly #good = new Lru<string, number>(10_000)
  readonly #secret = randomBytes(32)

  async matches(password: string, hash: string): Promise<boolean> {
    const key = createHmac('sha256', this.#secret)
      .update(JSON.stringify([hash, password]))
      .digest('base64')
    const until = this.#good.get(key)
    if (until !== undefined && until > performance.now()) return true
    const matches = await this.#slots.run(() => verifyPassword(password, hash))
    if (matches) this.#good.set(key, performance.now() + REMEMBER_MS)
    return matches
  }
}
