import type { Credentials } from './sign-in.ts'

/** RFC 7617. A workload's token is a long password. */
const MAX_ENCODED = 12 * 1024

/** Undefined when it is not well formed. */
export function parseBasic(encoded: string): Credentials | undefined {
  if (encoded.length > MAX_ENCODED || !/^[A-Za-z0-9+/=]*$/.test(encoded)) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0 || text.includes('\0') || text.includes('\ufffd')) return undefined
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}
