import type { Database } from '../metadata/db.ts'
import { OciError } from '../oci/errors.ts'
import type { IdentityProvider } from './identity-provider.ts'
import type { PasswordCheck } from './password-check.ts'
import { findUser } from './user-store.ts'

/** The registry's own users. */
export function localUsers(database: Database, passwords: PasswordCheck): IdentityProvider {
  return {
    name: 'local',
    verify: async (username, password) => {
      const user = await findUser(database.reader, username)
      if (user === undefined) return undefined
      if (!(await passwords.matches(password, user.passwordHash))) throw new OciError('UNAUTHORIZED')
      return { id: `user:${user.id}`, name: user.name }
    },
  }
}
