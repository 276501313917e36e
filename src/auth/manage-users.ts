import { deleteGrantsOf } from '../access/grant-store.ts'
import { type By, change, type Management, requireFound } from '../access/management.ts'
import { hashPassword } from '../lib/password.ts'
import { Problem } from '../lib/problem.ts'
import type { Transaction } from '../metadata/db.ts'
import { deleteRefreshTokensOf } from './refresh-token-store.ts'
import {
  addUser,
  deleteUser,
  findUser,
  findUserByEmail,
  hasOtherAdministrator,
  type NewUser,
  parseEmail,
  prepareUser,
  type SystemRole,
  type UserChange,
  updateUser,
  type User,
} from './user-store.ts'
import { deleteWebSessionsOf } from './web-session-store.ts'

const MIN_PASSWORD = 8
const MAX_PASSWORD_BYTES = 1024

/** @throws Problem */
export function requireSoundPassword(password: string): void {
  if (password.length < MIN_PASSWORD) throw new Problem('invalid', `a password has at least ${MIN_PASSWORD} characters`)
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES)
    throw new Problem('invalid', `a password has at most ${MAX_PASSWORD_BYTES} bytes`)
}

/** @throws Problem */
export async function createUser(m: Management, by: By, input: NewUser): Promise<User> {
  if (input.password !== undefined) requireSoundPassword(input.password)
  const user = await prepareUser(input, m.clock.now())
  const detail = { systemRole: user.systemRole }
  await change(m, by, { action: 'user.created', target: `user:${user.name}`, detail }, (tx) => addUser(tx, user))
  return user
}

export interface UserInput {
  readonly password?: string | undefined
  readonly email?: string | undefined
  readonly systemRole?: SystemRole | undefined
  readonly disabled?: boolean | undefined
}

/** Another password, or disabling, voids every token and session. @throws Problem */
export async function changeUser(m: Management, by: By, name: string, input: UserInput): Promise<void> {
  const { password, email, ...rest } = input
  if (password !== undefined && by.principal?.key !== undefined)
    throw new Problem('forbidden', 'an API key changes no passwords; use your password or a browser session')
  if (password !== undefined) requireSoundPassword(password)
  const values: UserChange = {
    ...withoutUndefined(rest),
    ...(password === undefined ? {} : { passwordHash: await hashPassword(password) }),
    ...(email === undefined ? {} : { email: parseEmail(email) }),
  }
  const { passwordHash, ...shown } = values
  const detail = { ...shown, ...(passwordHash === undefined ? {} : { newHash: true }) }
  await change(m, by, { action: 'user.changed', target: `user:${name}`, detail }, async (tx) => {
    const user = requireFound(await findUser(tx, name), `user "${name}"`)
    await requireAllowedChange(tx, user, values)
    await updateUser(tx, user.id, values)
    if (passwordHash !== undefined || values.disabled === true) await revoke(tx, user, m.clock.now())
  })
}

function withoutUndefined({ systemRole, disabled }: UserInput): UserChange {
  return { ...(systemRole === undefined ? {} : { systemRole }), ...(disabled === undefined ? {} : { disabled }) }
}

async function requireAllowedChange(
  tx: Transaction,
  user: User,
  { email, systemRole, disabled }: UserChange,
): Promise<void> {
  const steps = disabled === true || (systemRole !== undefined && systemRole !== 'administrator')
  if (steps) await requireOtherAdministrator(tx, user)
  if (email !== undefined) await requireFreeEmail(tx, user, email)
}

/** Signs a user out everywhere: terminals, browsers and tokens. @throws Problem */
export async function signOutUser(m: Management, by: By, name: string): Promise<void> {
  await change(m, by, { action: 'user.signed-out', target: `user:${name}` }, async (tx) => {
    await revoke(tx, requireFound(await findUser(tx, name), `user "${name}"`), m.clock.now())
  })
}

/** Grants, keys and sessions go too; robots that the user made stop until somebody takes them over. @throws Problem */
export async function removeUser(m: Management, by: By, name: string): Promise<void> {
  await change(m, by, { action: 'user.removed', target: `user:${name}` }, async (tx) => {
    const user = requireFound(await findUser(tx, name), `user "${name}"`)
    await requireOtherAdministrator(tx, user)
    await deleteGrantsOf(tx, `user:${user.id}`)
    await deleteRefreshTokensOf(tx, `user:${user.id}`)
    await deleteUser(tx, user.id)
  })
}

async function revoke(tx: Transaction, { id }: User, now: Date): Promise<void> {
  await updateUser(tx, id, { revokedBefore: now })
  await deleteRefreshTokensOf(tx, `user:${id}`)
  await deleteWebSessionsOf(tx, id)
}

async function requireOtherAdministrator(tx: Transaction, user: User): Promise<void> {
  if (user.systemRole !== 'administrator' || user.disabled || (await hasOtherAdministrator(tx, user.id))) return
  throw new Problem('conflict', `"${user.name}" is the last administrator; make another one first`)
}

async function requireFreeEmail(tx: Transaction, user: User, email: string): Promise<void> {
  const other = await findUserByEmail(tx, email)
  if (other !== undefined && other.id !== user.id)
    throw new Problem('conflict', `another user has the address ${email}`)
}
