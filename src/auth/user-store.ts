import { Problem } from '../lib/problem.ts'
import { randomId } from '../lib/ids.ts'
import { hashPassword } from '../lib/password.ts'
import type { Executor, Transaction } from '../metadata/db.ts'
import { nameContains } from '../metadata/name-contains.ts'
import { prepare } from '../metadata/prepared.ts'
import type { SystemRole } from '../metadata/schema.ts'

export type { SystemRole } from '../metadata/schema.ts'

export interface User {
  readonly id: string
  readonly name: string
  /** Undefined for people who sign in elsewhere only. */
  readonly passwordHash: string | undefined
  /** Lower case. Whoever vouches for the same address is the same person. */
  readonly email: string | undefined
  readonly systemRole: SystemRole
  readonly disabled: boolean
  /** Tokens, sessions and refresh tokens made before are void. */
  readonly revokedBefore: number
  readonly createdAt: Date
}

const USERNAME = /^[a-z0-9][a-z0-9._-]{0,63}$/
/** Robots sign in with names that begin like this, so people may not. */
export const ROBOT_PREFIX = 'robot.'

/** @throws Problem */
export function parseUsername(text: string): string {
  if (text.startsWith(ROBOT_PREFIX))
    throw new Problem('invalid', `names that begin with "${ROBOT_PREFIX}" are for robot accounts`)
  if (USERNAME.test(text)) return text
  throw new Problem(
    'invalid',
    'a user name has 1 to 64 lower-case letters, digits, ".", "_" and "-", and starts with a letter or digit',
  )
}

/** ASCII only: other alphabets have letters that look like, and in lower case are, other people's. */
const EMAIL = /^[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]{1,64}@[A-Za-z0-9.-]{1,190}$/

/** In lower case. @throws Problem */
export function parseEmail(text: string): string {
  if (EMAIL.test(text)) return text.toLowerCase()
  throw new Problem('invalid', `"${text.slice(0, 100)}" is not an e-mail address`)
}

interface UserRow {
  id: string
  name: string
  password_hash: string | null
  email: string | null
  system_role: SystemRole
  disabled: number
  revoked_before: number
  created_at: number
}

function toUser(row: UserRow): User {
  return {
    id: row.id,
    name: row.name,
    passwordHash: row.password_hash ?? undefined,
    email: row.email ?? undefined,
    systemRole: row.system_role,
    disabled: row.disabled === 1,
    revokedBefore: row.revoked_before,
    createdAt: new Date(row.created_at),
  }
}

const byName = prepare<{ name: string }, UserRow>((db, parameter) =>
  db.selectFrom('users').selectAll().where('name', '=', parameter('name')),
)

const byId = prepare<{ id: string }, UserRow>((db, parameter) =>
  db.selectFrom('users').selectAll().where('id', '=', parameter('id')),
)

export async function findUser(executor: Executor, name: string): Promise<User | undefined> {
  const [row] = await byName(executor, { name })
  return row && toUser(row)
}

export async function findUserById(executor: Executor, id: string): Promise<User | undefined> {
  const [row] = await byId(executor, { id })
  return row && toUser(row)
}

export async function findUserByEmail(executor: Executor, email: string): Promise<User | undefined> {
  const row = await executor.db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst()
  return row && toUser(row)
}

interface UserWindow {
  /** Only names after this one, in byte order. */
  readonly after?: string
  readonly limit?: number
  /** Only those that have this in their name; empty: all. */
  readonly contains?: string
}

export async function listUsers(
  executor: Executor,
  { after = '', limit = 1000, contains = '' }: UserWindow = {},
): Promise<User[]> {
  const rows = await executor.db
    .selectFrom('users')
    .selectAll()
    .where('name', '>', after)
    .$if(contains !== '', (builder) => builder.where(nameContains(executor, contains)))
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(toUser)
}

export async function hasUsers(executor: Executor): Promise<boolean> {
  return (await executor.db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined
}

export interface NewUser {
  readonly name: string
  readonly password: string | undefined
  readonly email?: string | undefined
  readonly systemRole: SystemRole
}

/** A row ready to be added: hashing takes long, so it happens before the transaction. @throws Error for people */
export async function prepareUser({ name, password, email, systemRole }: NewUser, now: Date): Promise<User> {
  return {
    id: randomId(),
    name: parseUsername(name),
    passwordHash: password === undefined ? undefined : await hashPassword(password),
    email: email === undefined ? undefined : parseEmail(email),
    systemRole,
    disabled: false,
    revokedBefore: 0,
    createdAt: now,
  }
}

/** @throws Error when the name or the address is taken */
export async function addUser(tx: Transaction, user: User): Promise<void> {
  if ((await findUser(tx, user.name)) !== undefined)
    throw new Problem('conflict', `there is a user "${user.name}" already`)
  if (user.email !== undefined && (await findUserByEmail(tx, user.email)) !== undefined)
    throw new Problem('conflict', `another user has the address ${user.email}`)
  await tx.db
    .insertInto('users')
    .values({
      id: user.id,
      name: user.name,
      password_hash: user.passwordHash ?? null,
      email: user.email ?? null,
      system_role: user.systemRole,
      disabled: user.disabled ? 1 : 0,
      revoked_before: user.revokedBefore,
      created_at: user.createdAt.getTime(),
    })
    .execute()
}

export interface UserChange {
  readonly passwordHash?: string
  readonly email?: string | undefined
  readonly systemRole?: SystemRole
  readonly disabled?: boolean
  /** Voids every token and session made before. */
  readonly revokedBefore?: Date
}

/** What is undefined stays. */
export async function updateUser(tx: Transaction, id: string, change: UserChange): Promise<void> {
  const { passwordHash, email, systemRole, disabled, revokedBefore } = change
  const values = {
    ...(passwordHash === undefined ? {} : { password_hash: passwordHash }),
    ...(email === undefined ? {} : { email }),
    ...(systemRole === undefined ? {} : { system_role: systemRole }),
    ...(disabled === undefined ? {} : { disabled: disabled ? 1 : 0 }),
    ...(revokedBefore === undefined ? {} : { revoked_before: revokedBefore.getTime() }),
  }
  if (Object.keys(values).length > 0) await tx.db.updateTable('users').set(values).where('id', '=', id).execute()
}

/** Only the row itself; what hangs on it by reference goes along. */
export async function deleteUser(tx: Transaction, id: string): Promise<void> {
  await tx.db.deleteFrom('users').where('id', '=', id).execute()
}

/** Administrators who can still sign in, but for this one. */
export async function hasOtherAdministrator(executor: Executor, id: string): Promise<boolean> {
  const row = await executor.db
    .selectFrom('users')
    .select('id')
    .where('system_role', '=', 'administrator')
    .where('disabled', '=', 0)
    .where('id', '!=', id)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
