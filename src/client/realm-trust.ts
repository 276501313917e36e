import { isIP } from 'node:net'
import { isLoopback } from '../lib/addresses.ts'
import { hostOf } from './guarded-connection.ts'

/** Below these everybody may have a name, so that only the whole host is one owner's. */
const HOSTING = [
  ...['amazonaws.com', 'azurecr.io', 'azurewebsites.net', 'cloudfront.net', 'fly.dev', 'github.io', 'gitlab.io'],
  ...[
    'googleapis.com',
    'herokuapp.com',
    'netlify.app',
    'ngrok.io',
    'ngrok.app',
    'ngrok-free.app',
    'on.aws',
    'pages.dev',
  ],
  ...['pkg.dev', 'render.com', 'onrender.com', 'run.app', 'vercel.app', 'web.app', 'windows.net', 'workers.dev'],
  ...['azure.com', 'trycloudflare.com', 'digitaloceanspaces.com', 'appspot.com', 'blogspot.com', 'duckdns.org'],
  ...['nip.io', 'sslip.io', 'cloudapp.net', 'r2.dev', 'aliyuncs.com', 'myqcloud.com', 'oraclecloud.com', 'ocir.io'],
]

/** `co.uk`, `com.au`, `or.jp`: a general second level below a country. */
const GENERAL_SECOND_LEVEL = new Set([
  ...['ac', 'co', 'com', 'edu', 'go', 'gob', 'gouv', 'gov', 'govt', 'gv', 'info', 'ltd', 'me', 'mil', 'ne', 'net'],
  ...['nom', 'or', 'org', 'plc', 'sch', 'school', 'web', 'id', 'in', 'k12', 'nhs', 'police', 'asn', 'geek', 'gen'],
])

/** What one owner has, as far as that can be told without the list of public suffixes: rather too little than too much. */
export function registrableDomain(host: string): string {
  const name = host.toLowerCase().replace(/\.$/, '')
  const labels = name.split('.')
  if (isIP(name) !== 0 || labels.length < 2) return name
  if (HOSTING.some((suffix) => name === suffix || name.endsWith(`.${suffix}`))) return name
  const [second = '', top = ''] = labels.slice(-2)
  const isGeneral = top.length === 2 && (GENERAL_SECOND_LEVEL.has(second) || second.length <= 2)
  return labels.slice(isGeneral ? -3 : -2).join('.')
}

/**
 * Whether our password may be sent to the address that a challenge of `origin` names. Whoever can answer for the
 * registry writes the challenge, so it must not choose who gets the password (CVE-2020-15157, CVE-2026-33540).
 */
export function mayHaveCredentials(realm: URL, origin: URL, trustedHosts: readonly string[]): boolean {
  if (realm.protocol !== 'https:' && origin.protocol === 'https:') return false
  if (realm.hostname === origin.hostname) return true
  // To another host never in plain text.
  if (realm.protocol !== 'https:') return trustedHosts.includes(realm.host)
  if (trustedHosts.includes(realm.host) || trustedHosts.includes(realm.hostname)) return true
  const host = hostOf(realm)
  // An address is its own domain, so it is another's never; and so must be this machine.
  if (isLoopback(host) || host.endsWith('.localhost')) return false
  return registrableDomain(host) === registrableDomain(hostOf(origin))
}
