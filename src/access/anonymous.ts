import { hasUsers } from '../auth/user-store.ts'
import type { Config } from '../config/schema.ts'
import { isLoopback } from '../lib/addresses.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { AccessCache } from './access-cache.ts'
import type { AnonymousAccess } from './authorizer.ts'

/** Whether others than this machine can come in: directly, or through the proxy that an external address speaks of. */
export function isReachable({ listen, externalUrl }: Config): boolean {
  return !isLoopback(listen.host) || (externalUrl !== undefined && !isLoopback(new URL(externalUrl).hostname))
}

/** Where nobody said who may come in, and only this machine can: everybody may, until there is a user. */
function isImplicitlyOpen(config: Config): boolean {
  const { anonymous, htpasswd, ldap, oidc } = config.auth
  const elsewhere = htpasswd !== undefined || Object.keys(ldap).length + Object.keys(oidc).length > 0
  return anonymous === undefined && !elsewhere && !isReachable(config)
}

/** A browser on this machine sends whatever name a page's own server gave our address. */
export function hostRule(
  config: Config,
  anonymous: () => Promise<AnonymousAccess>,
): (host: string) => MaybePromise<boolean> {
  if (!isImplicitlyOpen(config)) return () => true
  let lastLocal: string | undefined
  return (host) => {
    if (host === lastLocal) return true
    if (!isLocalName(hostNameOf(host))) return anonymous().then((access) => access !== 'push')
    lastLocal = host
    return true
  }
}

/** Names below `localhost` belong to nobody (RFC 6761 §6.3). */
function isLocalName(name: string): boolean {
  return isLoopback(name) || name.endsWith('.localhost')
}

function hostNameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}

/** What may be done without signing in, outside of projects, right now: the first user closes the door at once. */
export function anonymousRule(config: Config, cache: AccessCache): () => Promise<AnonymousAccess> {
  const { anonymous } = config.auth
  if (anonymous !== undefined) return async () => anonymous
  if (!isImplicitlyOpen(config)) return async () => 'none'
  return async () => ((await cache.remember('has-users', hasUsers)) ? 'none' : 'push')
}
