import type { AccessCache } from '../access/access-cache.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../observability/log.ts'
import type { Account, Accounts } from './accounts.ts'
import { listTrustRules, type TrustRule } from './robot-store.ts'

/** Checks tokens of CI jobs and clusters against their issuers' keys. */
export interface WorkloadVerifier {
  /** Cheap, and without looking at any key. */
  looksLikeToken(text: string): boolean
  /** Undefined for whatever is not provably good. @throws Error when the issuer cannot be reached */
  verify(token: string): Promise<VerifiedWorkload | undefined>
}

export interface VerifiedWorkload {
  /** The issuer's name in the configuration. */
  readonly issuer: string
  readonly claims: Readonly<Record<string, unknown>>
}

interface WorkloadsParts {
  readonly verifier: WorkloadVerifier
  readonly matches: (rule: TrustRule, claims: VerifiedWorkload['claims']) => boolean
  readonly cache: AccessCache
  readonly accounts: Accounts
  readonly clock: Clock
  readonly log: Log
}

/** CI jobs and pods that are robots because their own platform says who they are. */
export class Workloads {
  readonly #parts: WorkloadsParts

  constructor(parts: WorkloadsParts) {
    this.#parts = parts
  }

  looksLikeToken(text: string): boolean {
    return this.#parts.verifier.looksLikeToken(text)
  }

  /**
   * The robot that the token's claims make it. With the name of a robot, only that one will do; with any other name the
   * claims must fit exactly one, so that a job never gets rights it did not ask for.
   */
  async signIn(token: string, username: string): Promise<{ account: Account; issuer: string } | undefined> {
    const { verifier, cache, matches } = this.#parts
    const workload = await verifier.verify(token)
    if (workload === undefined) {
      this.#parts.log.info(
        'a workload token was refused: not signed by a known issuer, expired, or for somebody else',
        {
          username,
        },
      )
      return undefined
    }
    const { issuer, claims } = workload
    const rules = await cache.remember(`trust:${issuer}`, (executor) => listTrustRules(executor, { issuer }))
    const ids = new Set(rules.filter((rule) => matches(rule, claims)).map((rule) => rule.robotId))
    const accounts = await this.#active([...ids])
    const named = accounts.find((account) => account.name === username)
    const account = named ?? (accounts.length === 1 && !username.startsWith('robot.') ? accounts[0] : undefined)
    if (account !== undefined) return { account, issuer }
    this.#parts.log.info('a workload token is good, but it is no robot or several; see "berth robot trusts"', {
      ...{ username, issuer, claims: shown(claims) },
      fits: accounts.map(({ name }) => name),
    })
    return undefined
  }

  async #active(robotIds: readonly string[]): Promise<Account[]> {
    const now = this.#parts.clock.now()
    const accounts = robotIds.map((id) => this.#parts.accounts.findActive(`robot:${id}`, now))
    return (await Promise.all(accounts)).filter((account) => account !== undefined)
  }
}

const MAX_SHOWN = 40

/** What a rule could be written of; claims say who a job is and open nothing. */
function shown(claims: VerifiedWorkload['claims']): object {
  const entries = Object.entries(claims).slice(0, MAX_SHOWN)
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(0, 100), JSON.stringify(value)?.slice(0, 200)]))
}
