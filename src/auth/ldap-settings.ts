import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { LdapServerConfig } from '../config/sign-in.ts'
import { readSecretFile, readTextFile } from './secret-file.ts'

/** Where a directory is and how it is talked to. */
export interface LdapSettings {
  readonly host: string
  readonly port: number
  /** `start`: encrypted before anything else is sent (RFC 4511 §4.14). */
  readonly encryption: 'none' | 'start' | 'from-the-beginning'
  readonly tls: ConnectionOptions
  /** Who looks people up; both empty: nobody in particular (RFC 4513 §5.1.1). */
  readonly bindDn: string
  readonly bindPassword: string
}

/** @throws Error that says which setting to change */
export function ldapSettings(config: LdapServerConfig): LdapSettings {
  const { protocol, hostname, port } = new URL(config.url)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  if (host === '') throw new Error(`url "${config.url}" names no host`)
  if (!isFilter(config.userFilter)) throw new Error(`userFilter "${config.userFilter}" is no LDAP filter`)
  return {
    host,
    port: Number(port) || (protocol === 'ldaps:' ? 636 : 389),
    encryption: encryptionOf(config, protocol),
    tls: tlsOptions(config, host),
    ...bindCredentials(config),
  }
}

/** As far as its parentheses show; the rest is seen when the first person signs in. */
function isFilter(text: string): boolean {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (character === '(') depth++
    if (character === ')') depth--
    if (depth < 1 && index < text.length - 1) return false
  }
  return depth === 0 && text.startsWith('(')
}

function encryptionOf({ startTls, insecure }: LdapServerConfig, protocol: string): LdapSettings['encryption'] {
  if (protocol === 'ldaps:') {
    if (startTls) throw new Error('startTls is for ldap:// only: an ldaps:// connection is encrypted already')
    return 'from-the-beginning'
  }
  if (startTls) return 'start'
  if (insecure) return 'none'
  throw new Error(
    'passwords would travel unencrypted: use an ldaps:// url or set startTls, or for tests only set insecure',
  )
}

function tlsOptions({ ca }: LdapServerConfig, host: string): ConnectionOptions {
  return {
    host,
    // Server names in TLS are never addresses (RFC 6066 §3); what the certificate must say is the host.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca: readCertificates(ca) }),
    minVersion: 'TLSv1.2',
    // Said although it is the default, which NODE_TLS_REJECT_UNAUTHORIZED would change.
    rejectUnauthorized: true,
  }
}

function readCertificates(path: string): string {
  const text = readTextFile(path)
  try {
    new X509Certificate(text)
  } catch (cause) {
    throw new Error(`ca file ${path} holds no certificate in PEM`, { cause })
  }
  return text
}

function bindCredentials({ bindDn, bindPasswordFile }: LdapServerConfig): { bindDn: string; bindPassword: string } {
  if ((bindDn ?? '') === '' && bindPasswordFile === undefined) return { bindDn: '', bindPassword: '' }
  // A name without a password would be an "unauthenticated bind", which succeeds as nobody (RFC 4513 §5.1.2).
  if (bindDn === undefined || bindDn === '' || bindPasswordFile === undefined)
    throw new Error('bindDn and bindPasswordFile belong together: set both, or neither for anonymous searches')
  return { bindDn, bindPassword: readSecretFile(bindPasswordFile) }
}
