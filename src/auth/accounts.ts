import type { AccessCache } from '../access/access-cache.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Executor } from '../metadata/db.ts'
import type { SystemRole } from '../metadata/schema.ts'
import { findGroupsOf } from './group-store.ts'
import type { Principal } from './principal.ts'
import { findRobotById } from './robot-store.ts'
import { SCANNER } from './scanner-account.ts'
import { findUserById } from './user-store.ts'

/** A user or robot as it is now. */
export interface Account {
  /** The principal's id: `user:ID` or `robot:ID`. */
  readonly id: string
  readonly kind: 'user' | 'robot'
  readonly name: string
  readonly systemRole: SystemRole
  readonly disabled: boolean
  /** Undefined: never. */
  readonly expiresAt: Date | undefined
  /** Milliseconds since 1970; tokens made before are void. */
  readonly revokedBefore: number
  /** What grants are made to: the account itself and its groups. */
  readonly subjects: readonly string[]
  /** Names of its groups, in order. */
  readonly groups: readonly string[]
  /** Of a robot: whose rights bound it; undefined: nobody's. */
  readonly maker: string | undefined
}

/** Users and robots by the ids of principals, remembered until anything about them changes. */
export class Accounts {
  readonly #cache: AccessCache

  constructor(cache: AccessCache) {
    this.#cache = cache
  }

  /** Undefined when there is none any more. */
  find(id: string): MaybePromise<Account | undefined> {
    return this.#cache.remember(`account:${id}`, (executor) => findAccount(executor, id))
  }

  /** Undefined for whoever is gone, disabled or expired. */
  async findActive(id: string, now: Date): Promise<Account | undefined> {
    const account = await this.find(id)
    return account !== undefined && isActive(account, now) ? account : undefined
  }
}

export function isActive({ disabled, expiresAt }: Account, now: Date): boolean {
  return !disabled && (expiresAt === undefined || expiresAt.getTime() > now.getTime())
}

export function principalOf({ id, kind, name }: Account): Principal {
  return { id, kind, name }
}

/** Built in: it may pull anything, and a token of its own makes that one repository. */
const SCANNER_ACCOUNT: Account = {
  ...{ id: SCANNER.id, kind: 'robot', name: SCANNER.name, systemRole: 'auditor', disabled: false },
  ...{ expiresAt: undefined, revokedBefore: 0, subjects: [SCANNER.id], groups: [], maker: undefined },
}

export async function findAccount(executor: Executor, id: string): Promise<Account | undefined> {
  if (id.startsWith('user:')) return findUserAccount(executor, id)
  if (id.startsWith('robot:')) return findRobotAccount(executor, id)
  if (id === SCANNER.id) return SCANNER_ACCOUNT
  return undefined
}

async function findUserAccount(executor: Executor, id: string): Promise<Account | undefined> {
  const user = await findUserById(executor, id.slice('user:'.length))
  if (user === undefined) return undefined
  const groups = await findGroupsOf(executor, user.id)
  return {
    id,
    kind: 'user',
    name: user.name,
    systemRole: user.systemRole,
    disabled: user.disabled,
    expiresAt: undefined,
    revokedBefore: user.revokedBefore,
    subjects: [id, ...groups.map((group) => `group:${group.id}`)],
    groups: groups.map((group) => group.name),
    maker: undefined,
  }
}

async function findRobotAccount(executor: Executor, id: string): Promise<Account | undefined> {
  const robot = await findRobotById(executor, id.slice('robot:'.length))
  if (robot === undefined) return undefined
  return {
    id,
    kind: 'robot',
    name: robot.name,
    systemRole: 'none',
    disabled: robot.disabled,
    expiresAt: robot.expiresAt,
    revokedBefore: robot.revokedBefore,
    subjects: [id],
    groups: [],
    maker: robot.maker,
  }
}
