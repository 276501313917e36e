import { randomId } from '../lib/ids.ts'
import { hashPassword } from '../lib/password.ts'
import type { Executor, Transaction } from '../metadata/db.ts'
import { prepare } from '../metadata/prepared.ts'

export interface User {
  readonly id: string
  readonly name: string
  readonly passwordHash: string
  readonly administrator: boolean
}

const USERNAME = /^[a-z0-9][a-z0-9._-]{0,63}$/

/** @throws Error with a sentence for people */
export function parseUsername(text: string): string {
  if (USERNAME.test(text)) return text
  throw new Error(
    'a user name has 1 to 64 lower-case letters, digits, ".", "_" and "-", and starts with a letter or digit',
  )
}

interface UserRow {
  id: string
  name: string
  password_hash: string
  administrator: number
}

const find = prepare<{ name: string }, UserRow>((db, parameter) =>
  db.selectFrom('users').select(['id', 'name', 'password_hash', 'administrator']).where('name', '=', parameter('name')),
)

export async function findUser(executor: Executor, name: string): Promise<User | undefined> {
  const [row] = await find(executor, { name })
  return row && toUser(row)
}

export async function listUsers(executor: Executor): Promise<User[]> {
  const rows = await executor.db
    .selectFrom('users')
    .select(['id', 'name', 'password_hash', 'administrator'])
    .orderBy('name')
    .execute()
  return rows.map(toUser)
}

export async function hasUsers(executor: Executor): Promise<boolean> {
  return (await executor.db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined
}

export interface NewUser {
  readonly name: string
  readonly password: string
  readonly administrator: boolean
}

/** A row ready to be added: hashing takes long, so it happens before the transaction. */
export async function prepareUser({ name, password, administrator }: NewUser): Promise<User> {
  return { id: randomId(), name: parseUsername(name), passwordHash: await hashPassword(password), administrator }
}

/** @throws Error when the name is taken */
export async function addUser(tx: Transaction, user: User, now: Date): Promise<void> {
  if ((await findUser(tx, user.name)) !== undefined) throw new Error(`there is a user "${user.name}" already`)
  await tx.db
    .insertInto('users')
    .values({
      id: user.id,
      name: user.name,
      password_hash: user.passwordHash,
      administrator: user.administrator ? 1 : 0,
      created_at: now.getTime(),
    })
    .execute()
}

/** Returns whether there was such a user. */
export async function setPasswordHash(tx: Transaction, name: string, passwordHash: string): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable('users')
    .set({ password_hash: passwordHash })
    .where('name', '=', name)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Returns whether there was such a user. */
export async function removeUser(tx: Transaction, name: string): Promise<boolean> {
  const { numDeletedRows } = await tx.db.deleteFrom('users').where('name', '=', name).executeTakeFirst()
  return numDeletedRows > 0n
}

function toUser(row: UserRow): User {
  return { id: row.id, name: row.name, passwordHash: row.password_hash, administrator: row.administrator === 1 }
}
