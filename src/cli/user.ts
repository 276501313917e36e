import { resolve } from 'node:path'
import { changeUser, createUser, removeUser, signOutUser } from '../auth/manage-users.ts'
import { hasUsers, listUsers, type SystemRole } from '../auth/user-store.ts'
import { ensureFolder } from '../storage/filesystem.ts'
import { BY_OPERATOR, type Offline, withManagement } from './offline.ts'

/** The first user of a registry is its administrator, unless somebody says otherwise. */
export async function addUserCommand(
  offline: Offline,
  name: string,
  input: { readonly password: string | undefined; readonly email?: string; readonly role?: SystemRole },
): Promise<void> {
  if (offline.database === undefined) ensureFolder(resolve(offline.data))
  const made = await withManagement({ ...offline, create: true }, async (m) => {
    const first = !(await hasUsers(m.database.reader))
    const systemRole = input.role ?? (first ? 'administrator' : 'none')
    return createUser(m, BY_OPERATOR, { name, password: input.password, email: input.email, systemRole })
  })
  const role = made.systemRole === 'none' ? '' : `, ${made.systemRole}`
  process.stdout.write(`User "${name}"${role} was added. Sign in with: docker login HOST -u ${name}\n`)
}

export async function changePasswordCommand(offline: Offline, name: string, password: string): Promise<void> {
  await withManagement(offline, (m) => changeUser(m, BY_OPERATOR, name, { password }))
  process.stdout.write(`The password of "${name}" was changed; everything signed in as "${name}" must sign in again.\n`)
}

export interface UserFlags {
  readonly role?: SystemRole
  readonly email?: string
  readonly disable?: boolean
  readonly enable?: boolean
}

export async function changeUserCommand(offline: Offline, name: string, flags: UserFlags): Promise<void> {
  if (flags.disable === true && flags.enable === true) throw new Error('say --disable or --enable, not both')
  const disabled = flags.disable === true ? true : flags.enable === true ? false : undefined
  if (flags.role === undefined && flags.email === undefined && disabled === undefined)
    throw new Error('say what to change: --role, --email, --disable or --enable')
  await withManagement(offline, (m) =>
    changeUser(m, BY_OPERATOR, name, { systemRole: flags.role, email: flags.email, disabled }),
  )
  process.stdout.write(`User "${name}" was changed.\n`)
}

export async function removeUserCommand(offline: Offline, name: string): Promise<void> {
  await withManagement(offline, (m) => removeUser(m, BY_OPERATOR, name))
  process.stdout.write(`User "${name}" was removed, with all keys, sessions and tokens.\n`)
}

export async function signOutUserCommand(offline: Offline, name: string): Promise<void> {
  await withManagement(offline, (m) => signOutUser(m, BY_OPERATOR, name))
  process.stdout.write(`"${name}" was signed out everywhere; API keys stay good.\n`)
}

export async function listUsersCommand(offline: Offline): Promise<void> {
  const users = await withManagement(offline, (m) => listUsers(m.database.reader))
  for (const { name, systemRole, email, disabled } of users) {
    const notes = [systemRole === 'none' ? '' : systemRole, email ?? '', disabled ? 'disabled' : ''].filter(
      (note) => note !== '',
    )
    process.stdout.write(`${name}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}\n`)
  }
}
