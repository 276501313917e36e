import { actionsOf, parseAllows } from '../access/actions.ts'
import { type By, change, type Management, requireFound } from '../access/management.ts'
import { parsePattern } from '../access/pattern.ts'
import { randomId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import { deleteApiKey, insertApiKey, listApiKeys } from './api-key-store.ts'
import type { KeyScope } from './principal.ts'
import { hashSecret, newSecret } from './secrets.ts'
import type { User } from './user-store.ts'

const NAME = /^[^\p{Cc}]{1,60}$/u
const DAY_MS = 24 * 60 * 60_000
export const KEY_DAYS = 90
const MAX_KEY_DAYS = 366
const MAX_KEYS = 100

export interface KeyInput {
  readonly name: string
  /** Undefined: 90 days. */
  readonly expiresInDays?: number | undefined
  /** Undefined: everything its owner may do. */
  readonly scopes?: readonly { readonly pattern: string; readonly allows: string }[] | undefined
}

export interface MadeKey {
  readonly id: string
  /** Shown this once. */
  readonly secret: string
  readonly expiresAt: Date
}

/** @throws Problem */
export async function createKey(m: Management, by: By, owner: User, input: KeyInput): Promise<MadeKey> {
  if (!NAME.test(input.name)) throw new Problem('invalid', 'a key’s name has 1 to 60 characters')
  const days = input.expiresInDays ?? KEY_DAYS
  if (days < 1 || days > MAX_KEY_DAYS) throw new Problem('invalid', `a key is good for 1 to ${MAX_KEY_DAYS} days`)
  const scopes = input.scopes?.map(parseScope)
  const now = m.clock.now()
  const secret = newSecret('key')
  const id = randomId()
  const expiresAt = new Date(now.getTime() + days * DAY_MS)
  const detail = { name: input.name, expires: expiresAt.toISOString(), scopes: scopes ?? 'all' }
  await change(m, by, { action: 'key.created', target: `user:${owner.name}`, detail }, async (tx) => {
    const others = await listApiKeys(tx, owner.id)
    if (others.length >= MAX_KEYS) throw new Problem('conflict', `a user has at most ${MAX_KEYS} keys`)
    if (others.some((key) => key.name === input.name))
      throw new Problem('conflict', `there is a key "${input.name}" already`)
    const key = { id, userId: owner.id, name: input.name, scopes, expiresAt, createdAt: now }
    await insertApiKey(tx, key, hashSecret(secret))
  })
  return { id, secret, expiresAt }
}

function parseScope({ pattern, allows }: { readonly pattern: string; readonly allows: string }): KeyScope {
  return {
    pattern: parsePattern(pattern),
    actions: actionsOf(parseAllows(allows)).filter((action) => action !== 'manage'),
  }
}

/** It, and every token made with it, is void at once. @throws Problem */
export async function removeKey(m: Management, by: By, owner: User, id: string): Promise<void> {
  await change(m, by, { action: 'key.removed', target: `user:${owner.name}`, detail: { key: id } }, async (tx) => {
    if (!(await deleteApiKey(tx, owner.id, id))) requireFound(undefined, `key ${id.slice(0, 40)}`)
  })
}
