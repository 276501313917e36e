import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import type { Log } from '../observability/log.ts'
import { htpasswdFile } from './htpasswd.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { ldapProvider } from './ldap.ts'
import { localUsers } from './local-users.ts'
import { oidcProvider } from './oidc.ts'
import type { PasswordCheck } from './password-check.ts'
import { remembering } from './remembering.ts'
import { createWorkloadIssuers } from './workload.ts'

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

/** Makes every provider that the configuration names, as a start would, and forgets them. @throws Error for people */
export function requireSoundProviders({ auth, externalUrl }: Config, clock: Clock, log: Log): void {
  for (const [name, config] of Object.entries(auth.ldap)) ldapProvider({ name, config, log })
  for (const [name, config] of Object.entries(auth.oidc)) oidcProvider({ name, config, clock, log })
  createWorkloadIssuers({ issuers: auth.workload, defaultAudience: externalUrl, clock, log })
}
