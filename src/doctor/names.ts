import { isIP } from 'node:net'
import { resolveBySystem } from '../client/guarded-connection.ts'
import { isLoopback } from '../lib/addresses.ts'
import type { Config } from '../config/schema.ts'
import { type Check, reasonOf, reporter } from './finding.ts'

const { ok, warn, fail } = reporter('names')

/** Whether this machine can resolve the hosts that its configuration names. */
export const checkNames: Check = async (config) =>
  Promise.all(
    namesIn(config).map(async ([key, host]) => {
      try {
        const addresses = await resolveBySystem(host)
        return ok(`${host} (${key}) is ${addresses.join(', ')}`)
      } catch (error) {
        const message = `${host} (${key}) cannot be resolved: ${reasonOf(error)}`
        const advice = 'Look at the DNS server of this machine (/etc/resolv.conf) and at the name.'
        // Clients may have a DNS of their own.
        return key === 'externalUrl' ? warn(message, advice) : fail(message, advice)
      }
    }),
  )

function namesIn({
  externalUrl,
  database,
  storage,
  audit,
  auth,
  traces,
}: Config): (readonly [key: string, host: string])[] {
  const ldap = Object.entries(auth.ldap).map(([name, { url }]) => [`auth.ldap.${name}`, url] as const)
  const oidc = Object.entries(auth.oidc).map(([name, { issuer }]) => [`auth.oidc.${name}`, issuer] as const)
  const all = [
    ['externalUrl', externalUrl],
    ['database', database],
    ['storage', endpointOf(storage)],
    ['audit.syslog', audit.syslog],
    ['traces.endpoint', traces.endpoint],
    ...ldap,
    ...oidc,
  ] as const
  return all.flatMap(([key, url]) => {
    const host = url === undefined || !URL.canParse(url) ? '' : new URL(url).hostname
    return host === '' || host.startsWith('[') || isIP(host) !== 0 || isLoopback(host) ? [] : [[key, host] as const]
  })
}

/** Of an object store that is not at its provider's own address. */
function endpointOf(storage: string | undefined): string | undefined {
  if (storage === undefined || !URL.canParse(storage)) return undefined
  return new URL(storage).searchParams.get('endpoint') ?? undefined
}
