import type { Database } from '../metadata/db.ts'
import type { IdentityProvider } from './identity-provider.ts'
import type { PasswordCheck } from './password-check.ts'
import { findUser } from './user-store.ts'

/** The registry's own users. */
export function localUsers(database: Database, passwords: PasswordCheck): IdentityProvider {
  return {
    name: 'local',
    verify: async (username, password) => {
      const user = await findUser(database.reader, username)
      if (user?.passwordHash === undefined) return undefined
      const matches = await passwords.matches({ password, hash: user.passwordHash, anew: user.disabled })
      return matches ? { provider: 'local', subject: user.id, name: user.name } : undefined
    },
    pretend: async (username, password) => {
      const user = await findUser(database.reader, username)
      if (user?.passwordHash === undefined) await passwords.matches({ password, hash: undefined })
    },
  }
}
