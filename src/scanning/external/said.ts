import { SEVERITIES, type Severity } from '../../packages/severity.ts'

const MAX_CHARACTERS = 300

/** What another program said, fit to be shown: one line, not long, and without the secrets that it was told. */
export function quote(text: string, secrets: readonly string[] = []): string {
  let shown = text.slice(0, 64 * 1024)
  for (const secret of secrets) if (secret.length >= 4) shown = shown.replaceAll(secret, '***')
  return shown
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_CHARACTERS)
}

/** Everything of an authorization header that must not be shown: the value, what it encodes, and its parts. */
export function secretsOf(authorization: string): string[] {
  const credentials = authorization.replace(/^\S+ +/, '')
  const { password, token } = parseAuthorization(authorization)
  const decoded = Buffer.from(credentials, 'base64').toString()
  return [authorization, credentials, decoded, password, token].flatMap((each) => (each ? [each] : []))
}

export interface Authorization {
  readonly username?: string
  readonly password?: string
  readonly token?: string
}

/** RFC 7617 and RFC 6750, as tools want it: in parts. */
export function parseAuthorization(header: string): Authorization {
  const [, scheme = '', value = ''] = /^(\S+) +(\S.*)$/s.exec(header) ?? []
  if (scheme.toLowerCase() === 'bearer') return { token: value }
  if (scheme.toLowerCase() !== 'basic') return {}
  const decoded = Buffer.from(value, 'base64').toString()
  const colon = decoded.indexOf(':')
  return colon < 0 ? {} : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

/** `HIGH`, `High`, `moderate`; what nobody knows is unknown. */
export function parseSeverity(text: string | undefined): Severity {
  const word = (text ?? '').toLowerCase()
  const known = SEVERITIES.find((severity) => severity === word)
  return known ?? OTHER_WORDS[word] ?? 'unknown'
}

const OTHER_WORDS: Readonly<Record<string, Severity>> = {
  ...{ moderate: 'medium', important: 'high', informational: 'negligible', info: 'negligible', none: 'negligible' },
}

/** A time that is one; undefined: it is none. */
export function findDate(text: string | undefined): Date | undefined {
  const date = new Date(text ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}

const LONGEST = 4096

/** A text of a report as rows may hold it: PostgreSQL takes no NUL, and nobody reads more. */
export function plain(text: string, most = LONGEST): string {
  return text.slice(0, most).toWellFormed().replaceAll('\0', '\ufffd')
}

/** @throws Error unless it is JSON that can be read */
export function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
}
