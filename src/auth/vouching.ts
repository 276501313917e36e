import type { Clock } from '../lib/clock.ts'
import { Recent } from '../lib/recent.ts'
import type { Database } from '../metadata/db.ts'
import type { Account } from './accounts.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { type IdentityKey, listIdentities } from './identity-store.ts'
import type { People } from './people.ts'
import { findUserById } from './user-store.ts'

interface VouchingParts {
  readonly database: Database
  readonly people: People
  readonly providers: readonly IdentityProvider[]
  readonly clock: Clock
  /** Told of a provider that could not be asked. */
  readonly onOutage: (provider: string, error: unknown) => void
}

/** `unaskable`: only providers vouched that cannot be asked again without the person. */
export type Vouched = 'yes' | 'no' | 'unaskable'

const REMEMBER_MS = 60_000
const REMEMBERED = 20_000

/**
 * Whether those who vouched for somebody once do so still: asked when a key, a refresh token or a browser session is
 * used, because whoever left the directory goes on using those and never shows a password. It brings the groups up to
 * date too. While a provider is down, what it said last holds.
 */
export class Vouching {
  readonly #parts: VouchingParts
  readonly #known = new Recent<string, { readonly vouched: Vouched; readonly until: number }>(REMEMBERED)

  constructor(parts: VouchingParts) {
    this.#parts = parts
  }

  async ask(account: Account): Promise<Vouched> {
    if (account.kind === 'robot') return 'yes'
    const now = this.#parts.clock.now().getTime()
    const known = this.#known.get(account.id)
    if (known !== undefined && known.until > now) return known.vouched
    const vouched = await this.#askAll(account.id.slice('user:'.length))
    this.#known.set(account.id, { vouched, until: now + REMEMBER_MS })
    return vouched
  }

  async #askAll(userId: string): Promise<Vouched> {
    const { reader } = this.#parts.database
    const identities = await listIdentities(reader, userId)
    const answers = await Promise.all(identities.map((identity) => this.#askOne(userId, identity)))
    if ((await findUserById(reader, userId))?.passwordHash !== undefined || answers.includes('yes')) return 'yes'
    return answers.includes('no') && !answers.includes('unaskable') ? 'no' : 'unaskable'
  }

  async #askOne(userId: string, { provider: name, subject }: IdentityKey): Promise<Vouched> {
    const provider = this.#parts.providers.find((each) => each.name === name)
    if (provider?.refresh === undefined) return 'unaskable'
    try {
      const identity = await provider.refresh(subject)
      if (identity === undefined) await this.#parts.people.dropGroups(userId, name)
      else await this.#parts.people.admit(identity)
      return identity === undefined ? 'no' : 'yes'
    } catch (error) {
      this.#parts.onOutage(name, error)
      return 'yes'
    }
  }
}
