import { createHmac, randomBytes } from 'node:crypto'
import { Lru } from '../lib/lru.ts'
import { Semaphore } from '../lib/semaphore.ts'
import { verifyPassword } from '../lib/password.ts'
import { OciError } from '../oci/errors.ts'

/** A slow hash takes about 50 ms of a core: more at once would starve everything else. */
const MAX_CONCURRENT = 4
/** More would wait longer than any client does. */
const MAX_WAITING = 64
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
    if (this.#slots.waiting >= MAX_WAITING) throw tooManySignIns()
    const matches = await this.#slots.run(() => verifyPassword(password, hash))
    if (matches) this.#good.set(key, performance.now() + REMEMBER_MS)
    return matches
  }
}

function tooManySignIns(): OciError {
  return new OciError('TOOMANYREQUESTS', {
    message: 'too many people are signing in at once; try again in a few seconds',
    headers: { 'retry-after': '5' },
  })
}
