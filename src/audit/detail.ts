/** Of the JSON text of a row's detail. */
export const DETAIL_BYTES = 8 * 1024
const CUT = '"cut":true'

const SECRET_KEYS = ['password', 'secret', 'token', 'authorization']

/** `password`, `clientSecret`, `client_secret`, `X-Auth-Token`; not `tokens` or `secretId`. */
function isSecretKey(key: string): boolean {
  const plain = key.toLowerCase()
  return SECRET_KEYS.some((name) => plain.endsWith(name))
}

/**
 * The detail as JSON, without what looks like a secret by its key. That something was secret or not (`true`, `false`,
 * null) is no secret. `onSecret` learns each key that was left out, and may throw instead.
 */
function redactedJson(detail: Readonly<Record<string, unknown>>, onSecret: (key: string) => void): string {
  return JSON.stringify(detail, (key, value: unknown) => {
    if (typeof value === 'bigint') return String(value)
    if (value === undefined || value === null || typeof value === 'boolean' || !isSecretKey(key)) return value
    onSecret(key)
    return undefined
  })
}

/** What is stored: redacted, and no longer than a row may be; then `cut` is true and as much as fits is there. */
export function detailText(detail: Readonly<Record<string, unknown>>, onSecret: (key: string) => void): string {
  const text = redactedJson(detail, onSecret)
  return Buffer.byteLength(text) <= DETAIL_BYTES ? text : cut(JSON.parse(text) as Record<string, unknown>)
}

function cut(detail: Readonly<Record<string, unknown>>): string {
  let room = DETAIL_BYTES - `{${CUT}}`.length
  let fields = ''
  for (const [key, value] of Object.entries(detail)) {
    const name = `${JSON.stringify(key)}:`
    const short = key === 'cut' ? undefined : shorten(value, room - Buffer.byteLength(name) - 1)
    if (short === undefined) continue
    fields += `${name}${short},`
    room -= Buffer.byteLength(name) + Buffer.byteLength(short) + 1
  }
  return `{${fields}${CUT}}`
}

/** The value's JSON, of a text or list perhaps only the beginning; undefined when nothing of it fits. */
function shorten(value: unknown, room: number): string | undefined {
  for (let part = value; ; part = half(part)) {
    const text = JSON.stringify(part)
    if (Buffer.byteLength(text) <= room) return text
    if (!(typeof part === 'string' || Array.isArray(part)) || part.length === 0) return undefined
  }
}

function half(part: unknown): unknown {
  return typeof part === 'string' || Array.isArray(part) ? part.slice(0, Math.floor(part.length / 2)) : part
}
