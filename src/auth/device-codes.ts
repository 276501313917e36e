import type { Recorder } from '../events/recorder.ts'
import type { Clock } from '../lib/clock.ts'
import { networkOf } from '../lib/networks.ts'
import type { Database } from '../metadata/db.ts'
import { type Account, type Accounts, principalOf } from './accounts.ts'
import {
  type DeviceCode,
  deleteDeviceCode,
  deleteExpiredDeviceCodes,
  findDeviceCode,
  deleteOldestDeviceCode,
  findOpenDeviceCode,
  insertDeviceCode,
  judgeDeviceCode,
  listWaitingAddresses,
  setDevicePolled,
} from './device-code-store.ts'
import type { FailedSignIns } from './failed-sign-ins.ts'
import { OAuthError } from './oauth-error.ts'
import type { Principal } from './principal.ts'
import { hashSecret, isSecret, newSecret } from './secrets.ts'
import { newUserCode, parseUserCode } from './user-code.ts'

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
export const DEVICE_LIFETIME_MS = 10 * 60_000
export const POLL_INTERVAL_MS = 5000
/** A poll may come a little early: clocks differ, and so do networks. */
const EARLY_MS = 1000
const MAX_OPEN = 1000
const MAX_OPEN_PER_NETWORK = 10

interface DeviceParts {
  readonly database: Database
  readonly accounts: Accounts
  readonly failed: FailedSignIns
  readonly recorder: Recorder
  readonly clock: Clock
}

/** Who looks at a code, with a browser that is signed in. */
export interface Judge {
  readonly principal: Principal
  readonly address: string
  readonly network: string
}

/** RFC 8628: a device without a browser signs in with somebody's browser elsewhere. */
export class DeviceCodes {
  readonly #parts: DeviceParts

  constructor(parts: DeviceParts) {
    this.#parts = parts
  }

  /** RFC 8628 §3.1. @throws OAuthError temporarily_unavailable when too many wait already */
  async begin(client: string, address: string): Promise<{ deviceCode: string; userCode: string }> {
    const { database, clock } = this.#parts
    const [deviceCode, userCode, now] = [newSecret('device'), newUserCode(), clock.now()]
    await database.writeQuietly(async (tx) => {
      const waiting = await listWaitingAddresses(tx, now, MAX_OPEN)
      const here = waiting.filter((other) => networkOf(other) === networkOf(address)).length
      if (here >= MAX_OPEN_PER_NETWORK)
        throw new OAuthError('temporarily_unavailable', 'too many sign-ins wait for approval; try again in a while')
      // The oldest makes room: nobody can keep others from beginning.
      if (waiting.length >= MAX_OPEN) await deleteOldestDeviceCode(tx)
      await insertDeviceCode(tx, {
        deviceHash: hashSecret(deviceCode),
        userCode,
        client: soundClient(client),
        address,
        userId: undefined,
        refused: false,
        polledAt: 0,
        expiresAt: now.getTime() + DEVICE_LIFETIME_MS,
      })
    })
    return { deviceCode, userCode }
  }

  /**
   * What waits for a verdict under a code that somebody typed. Undefined when nothing does, which counts as a guess.
   * @throws OciError TOOMANYREQUESTS after many guesses
   */
  async look(typed: string, judge: Judge): Promise<DeviceCode | undefined> {
    const attempt = attemptOf(judge)
    this.#parts.failed.check(attempt)
    const userCode = parseUserCode(typed)
    const { database, clock } = this.#parts
    const found = userCode === undefined ? undefined : await findOpenDeviceCode(database.reader, userCode, clock.now())
    if (found === undefined) this.#parts.failed.failed(attempt)
    return found
  }

  /** The first verdict stays. Undefined when there is nothing to judge (any more). @throws as `look` */
  async judge(typed: string, approved: boolean, judge: Judge): Promise<DeviceCode | undefined> {
    const code = await this.look(typed, judge)
    if (code === undefined) return undefined
    const { database, recorder, clock } = this.#parts
    const { principal, address } = judge
    const judged = await database.write(async (tx) => {
      const approvedBy = approved ? principal.id.slice('user:'.length) : undefined
      if (!(await judgeDeviceCode(tx, { userCode: code.userCode, approvedBy, now: clock.now() }))) return false
      await recorder.record(tx, {
        actor: { id: principal.id, name: principal.name, address },
        action: approved ? 'device.approved' : 'device.refused',
        target: 'registry',
        outcome: 'done',
        detail: { client: code.client, address: code.address },
      })
      return true
    })
    return judged ? code : undefined
  }

  /** RFC 8628 §3.4 and §3.5: a poll. Once approved and fetched, the code is gone. @throws OAuthError */
  async redeem(deviceCode: string, client: string, address: string): Promise<Principal> {
    const { database, clock, recorder } = this.#parts
    const now = clock.now()
    const hash = hashSecret(deviceCode)
    const code = isSecret(deviceCode, 'device') ? await findDeviceCode(database.reader, hash) : undefined
    if (code === undefined || code.client !== soundClient(client)) throw notGood()
    if (code.expiresAt <= now.getTime())
      throw new OAuthError('expired_token', 'nobody approved the sign-in in time; begin again')
    if (code.userId === undefined && !code.refused) return this.#wait(code, now)
    if (!(await database.write((tx) => deleteDeviceCode(tx, hash)))) throw notGood()
    const account = code.userId === undefined ? undefined : await this.#accountOf(code, code.userId, now)
    if (account === undefined) throw new OAuthError('access_denied', 'the sign-in was refused')
    await recorder.note({
      actor: { id: account.id, name: account.name, address },
      action: 'sign-in',
      target: 'registry',
      outcome: 'done',
      detail: { via: 'device', for: 'token' },
    })
    return principalOf(account)
  }

  async removeExpired(): Promise<void> {
    await this.#parts.database.writeRelaxed((tx) => deleteExpiredDeviceCodes(tx, this.#parts.clock.now()))
  }

  async #wait(code: DeviceCode, now: Date): Promise<never> {
    await this.#parts.database.writeQuietly((tx) => setDevicePolled(tx, code.deviceHash, now))
    if (now.getTime() - code.polledAt < POLL_INTERVAL_MS - EARLY_MS)
      throw new OAuthError('slow_down', 'this device asks too often')
    throw new OAuthError('authorization_pending', 'nobody has approved the sign-in yet')
  }

  /** Whatever voids the tokens of an account voids what it approved before, too. */
  async #accountOf(code: DeviceCode, userId: string, now: Date): Promise<Account | undefined> {
    const account = await this.#parts.accounts.findActive(`user:${userId}`, now)
    const begunAt = code.expiresAt - DEVICE_LIFETIME_MS
    return account !== undefined && begunAt >= account.revokedBefore ? account : undefined
  }
}

/** Guesses count for the person who is signed in, apart from wrong passwords. */
function attemptOf({ principal, network }: Judge) {
  return { username: `device code by ${principal.id}`, network }
}

/** A name that a program gives itself. Shown to people, so without anything that moves letters about. */
function soundClient(text: string): string {
  const name = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').trim()
  return [...name].slice(0, 100).join('') || 'a program'
}

function notGood(): OAuthError {
  return new OAuthError('invalid_grant', 'the device code is not good, or was used already; begin again')
}
