import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import type { Log } from '../observability/log.ts'
import { htpasswdFile } from './htpasswd.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { localUsers } from './local-users.ts'
import type { OidcProvider } from './oidc.ts'
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
export async function identityProviders(parts: ProviderParts): Promise<IdentityProvider[]> {
  const { config, database, passwords, clock, log } = parts
  const { htpasswd } = config.auth
  const onProblem = (problem: string) => log.error(problem)
  return [
    localUsers(database, passwords),
    ...(htpasswd === undefined ? [] : [htpasswdFile({ path: htpasswd.path, passwords, onProblem })]),
    ...(await ldapProviders(config, log)).map((provider) => remembering(provider, clock)),
  ]
}

/** Most servers have none, and a start need not wait for what would ask it. */
async function ldapProviders({ auth: { ldap } }: Config, log: Log): Promise<IdentityProvider[]> {
  const servers = Object.entries(ldap)
  if (servers.length === 0) return []
  const { ldapProvider } = await import('./ldap.ts')
  return servers.map(([name, config]) => ldapProvider({ name, config, log }))
}

export async function oidcProviders({ auth: { oidc } }: Config, clock: Clock, log: Log): Promise<OidcProvider[]> {
  const providers = Object.entries(oidc)
  if (providers.length === 0) return []
  const { oidcProvider } = await import('./oidc.ts')
  return providers.map(([name, config]) => oidcProvider({ name, config, clock, log }))
}

/** Makes every provider that the configuration names, as a start would, and forgets them. @throws Error for people */
export async function requireSoundProviders(config: Config, clock: Clock, log: Log): Promise<void> {
  const { auth, externalUrl } = config
  await ldapProviders(config, log)
  await oidcProviders(config, clock, log)
  createWorkloadIssuers({ issuers: auth.workload, defaultAudience: externalUrl, clock, log })
}
