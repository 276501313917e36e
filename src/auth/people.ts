import { changeAccess } from '../access/access-cache.ts'
import type { AccessCache } from '../access/access-cache.ts'
import { type Actor, OPERATOR } from '../lib/actor.ts'
import type { Recorder } from '../events/recorder.ts'
import type { Clock } from '../lib/clock.ts'
import { randomId } from '../lib/ids.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Database, Transaction } from '../metadata/db.ts'
import { findSourceGroups, replaceSourceGroups } from './group-store.ts'
import type { Identity } from './identity-provider.ts'
import { addIdentity, findIdentityUser } from './identity-store.ts'
import { addUser, findUser, findUserByEmail, parseEmail, parseUsername, type User } from './user-store.ts'

interface PeopleParts {
  readonly database: Database
  readonly cache: AccessCache
  readonly recorder: Recorder
  readonly clock: Clock
}

const MAX_GROUPS = 1000

/**
 * Which user an identity is. Somebody new gets a user; whoever has the same verified address as a user is that user;
 * groups become exactly those that the provider names now.
 */
export class People {
  readonly #parts: PeopleParts

  constructor(parts: PeopleParts) {
    this.#parts = parts
  }

  /** The principal's id. */
  async admit(identity: Identity): Promise<string> {
    if (identity.provider === 'local') return `user:${identity.subject}`
    const known = await this.#findKnown(identity)
    if (known?.groups === groupsOf(identity)) return `user:${known.id}`
    return changeAccess(this.#parts.database, async (tx) => `user:${await this.#learn(tx, identity)}`)
  }

  /** A provider that knows somebody no more puts him into no group. */
  async dropGroups(userId: string, provider: string): Promise<void> {
    const { database, clock } = this.#parts
    if ((await findSourceGroups(database.reader, userId, provider)).length === 0) return
    await changeAccess(database, (tx) => replaceSourceGroups(tx, { userId, source: provider }, [], clock.now()))
  }

  /** Reads no rows when the person signed in before and nothing changed. */
  #findKnown(identity: Identity): MaybePromise<{ id: string; groups: string } | undefined> {
    const key = JSON.stringify(['identity', identity.provider, identity.subject])
    return this.#parts.cache.remember(key, async (executor) => {
      const id = await findIdentityUser(executor, identity)
      if (id === undefined) return undefined
      return { id, groups: JSON.stringify(await findSourceGroups(executor, id, identity.provider)) }
    })
  }

  async #learn(tx: Transaction, identity: Identity): Promise<string> {
    const now = this.#parts.clock.now()
    const id = (await findIdentityUser(tx, identity)) ?? (await this.#introduce(tx, identity, now))
    const names = JSON.parse(groupsOf(identity)) as string[]
    await replaceSourceGroups(tx, { userId: id, source: identity.provider }, names, now)
    return id
  }

  async #introduce(tx: Transaction, identity: Identity, now: Date): Promise<string> {
    const email = soundEmail(identity.email)
    const existing = email === undefined ? undefined : await findLinkable(tx, email)
    const free = email !== undefined && (await findUserByEmail(tx, email)) === undefined ? email : undefined
    const user = existing ?? (await addNewcomer(tx, identity, { email: free, now }))
    await addIdentity(tx, identity, user.id, now)
    await this.#parts.recorder.record(tx, {
      actor: actorOf(user),
      action: existing === undefined ? 'user.created' : 'identity.linked',
      target: `user:${user.name}`,
      outcome: 'done',
      detail: { provider: identity.provider },
    })
    return user.id
  }
}

/**
 * Whoever has the same address is the same person, but for administrators and auditors: a directory in which people edit
 * their own address must not make them that. The newcomer gets an account of his own then, without the address.
 */
async function findLinkable(tx: Transaction, email: string): Promise<User | undefined> {
  const user = await findUserByEmail(tx, email)
  return user?.systemRole === 'none' ? user : undefined
}

/** Nobody asked for this but the person signing in; where from is in the row of the sign-in. */
function actorOf(user: User): Actor {
  return { ...OPERATOR, id: `user:${user.id}`, name: user.name }
}

async function addNewcomer(
  tx: Transaction,
  identity: Identity,
  { email, now }: { email: string | undefined; now: Date },
): Promise<User> {
  const user: User = {
    id: randomId(),
    name: await freeName(tx, identity),
    passwordHash: undefined,
    email,
    systemRole: 'none',
    disabled: false,
    revokedBefore: 0,
    createdAt: now,
  }
  await addUser(tx, user)
  return user
}

/** The provider's groups as ours are named, as text to compare. */
function groupsOf({ provider, groups = [] }: Identity): string {
  const names = groups.slice(0, MAX_GROUPS).map((group) => `${provider}:${group}`)
  return JSON.stringify([...new Set(names)].sort(byBytes))
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function soundEmail(email: string | undefined): string | undefined {
  try {
    return email === undefined ? undefined : parseEmail(email)
  } catch {
    return undefined
  }
}

/** `Alice.Smith@corp` becomes `alice.smith`; when somebody has that name, the provider's is added: never their account. */
async function freeName(tx: Transaction, { name, provider }: Identity): Promise<string> {
  const base = soundName(name)
  const candidates = [base, `${base}.${provider}`.slice(0, 64)]
  for (const candidate of candidates) if ((await findUser(tx, candidate)) === undefined) return candidate
  return `${base.slice(0, 47)}-${randomId().slice(0, 16)}`
}

function soundName(text: string): string {
  const name = (text.split('@')[0] ?? '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 40)
  try {
    return parseUsername(name)
  } catch {
    return 'user'
  }
}
