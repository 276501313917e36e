import { createHmac, randomBytes } from 'node:crypto'
import { Lru } from '../lib/lru.ts'
import { verifyPassword } from '../lib/password.ts'
import { Semaphore } from '../lib/semaphore.ts'
import { OciError } from '../oci/errors.ts'

/** A slow hash takes about 50 ms of a core: more at once would starve everything else. */
const MAX_CONCURRENT = 2
/** More would wait longer than any client does. */
const MAX_WAITING = 64
/** Clients send the same Basic credentials with every request; a good answer is remembered this long. */
const REMEMBER_MS = 60_000
/** Time that wrong passwords may take: 3 s at once, then a tenth of a core, so that a flood of them slows nothing down. */
const WASTE_MS = 3000
const WASTE_PER_MS = 0.1
/** Of nothing that anybody knows, so that an unknown name takes as long as a wrong password. */
const DUMMY_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$tYhy0ySDH0aQSkXrQpN5fLhGhk7L6L1lY1GdjJqKDXo$FRHgGC8tPq2TrNe7ZnKmO5x5Wr4i7d4jBkDfQk2b3Hk'

export interface PasswordGuess {
  readonly password: string
  /** Undefined: there is no such user, which takes as long to find out. */
  readonly hash: string | undefined
  /** Looked at anew although it was right a moment ago: of somebody who is not let in, it must not be told apart. */
  readonly anew?: boolean
}

/** Slow password checks, few at a time; good answers are remembered for a minute under a key made of both sides. */
export class PasswordCheck {
  readonly #slots = new Semaphore(MAX_CONCURRENT)
  readonly #good = new Lru<string, number>(10_000)
  readonly #secret = randomBytes(32)
  #wasteLeftMs = WASTE_MS
  #wasteAt = performance.now()

  /** @throws OciError TOOMANYREQUESTS when too many wait already */
  async matches({ password, hash = DUMMY_HASH, anew = false }: PasswordGuess): Promise<boolean> {
    const key = this.#keyOf(password, hash)
    if (!anew && (this.#good.get(key) ?? 0) > performance.now()) return true
    if (this.#slots.waiting >= MAX_WAITING) throw tooManySignIns()
    const matches = await this.#slots.run(() => this.#verify(password, hash))
    if (matches) this.#good.set(key, performance.now() + REMEMBER_MS)
    return matches
  }

  async #verify(password: string, hash: string): Promise<boolean> {
    const startedAt = performance.now()
    const matches = await verifyPassword(password, hash)
    if (!matches) this.#wasteLeftMs -= performance.now() - startedAt
    return matches
  }

  /**
   * To be asked before anybody’s password is looked at, known or not. @throws OciError TOOMANYREQUESTS when wrong
   * passwords have used up the time there is for them
   */
  requireCapacity(): void {
    const now = performance.now()
    this.#wasteLeftMs = Math.min(WASTE_MS, this.#wasteLeftMs + (now - this.#wasteAt) * WASTE_PER_MS)
    this.#wasteAt = now
    if (this.#wasteLeftMs < 0) throw tooManySignIns()
  }

  #keyOf(password: string, hash: string): string {
    return createHmac('sha256', this.#secret)
      .update(JSON.stringify([hash, password]))
      .digest('base64')
  }
}

function tooManySignIns(): OciError {
  return new OciError('TOOMANYREQUESTS', {
    message: 'too many people are signing in at once; try again in a few seconds',
    headers: { 'retry-after': '5' },
  })
}
