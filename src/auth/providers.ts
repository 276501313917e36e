import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import type { Log } from '../observability/log.ts'
import { htpasswdFile } from './htpasswd.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { ldapProvider } from './ldap.ts'
import { localUsers } from './local-users.ts'
import type { PasswordCheck } from './password-check.ts'
import { remembering } from './remembering.ts'

interface ProviderParts {
  readonly config: Config
  readonly database: Database
  readonly passwords: PasswordCheck
  readonly clock: Clock
  readonly log: Log
}

/** Everybody who checks names and passwords, in the order in which they are asked. */
export function identityProviders({ config, database, passwords, clock, log }: ProviderParts): IdentityProvider[] {
  const { htpasswd, ldap } = config.auth
  const onProblem = (problem: string) => log.error(problem)
  return [
    localUsers(database, passwords),
    ...(htpasswd === undefined ? [] : [htpasswdFile({ path: htpasswd.path, passwords, onProblem })]),
    ...Object.entries(ldap).map(([name, server]) => remembering(ldapProvider({ name, config: server, log }), clock)),
  ]
}
