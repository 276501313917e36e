import { createHash } from 'node:crypto'
import type { Identity } from './identity.ts'

const ALGORITHM = 'GOOG4-RSA-SHA256'

export interface SignedRead {
  readonly endpoint: string
  readonly bucket: string
  readonly key: string
  readonly ttlMs: number
  readonly now: Date
}

/**
 * A URL that reads an object, as a download, by Google's V4 signing process
 * (cloud.google.com/storage/docs/authentication/canonical-requests, …/signatures). Undefined: the identity cannot sign.
 */
export async function signRead(identity: Identity, read: SignedRead): Promise<URL | undefined> {
  const email = await identity.email()
  if (email === undefined) return undefined
  const { host } = new URL(read.endpoint)
  const time = read.now.toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${time.slice(0, 8)}/auto/storage/goog4_request`
  const path = `/${read.bucket}/${read.key.split('/').map(encode).join('/')}`
  const query = canonicalQuery({
    'X-Goog-Algorithm': ALGORITHM,
    'X-Goog-Credential': `${email}/${scope}`,
    'X-Goog-Date': time,
    'X-Goog-Expires': String(Math.max(1, Math.floor(read.ttlMs / 1000))),
    'X-Goog-SignedHeaders': 'host',
    'response-content-disposition': 'attachment',
    'response-content-type': 'application/octet-stream',
  })
  const request = ['GET', path, query, `host:${host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n')
  const hash = createHash('sha256').update(request).digest('hex')
  const signature = await identity.sign([ALGORITHM, time, scope, hash].join('\n'))
  return new URL(
    `${read.endpoint}${path}?${query}&X-Goog-Signature=${Buffer.from(signature, 'base64').toString('hex')}`,
  )
}

/** Sorted by name; in this alphabet upper case comes first. */
function canonicalQuery(fields: Readonly<Record<string, string>>): string {
  return Object.keys(fields)
    .toSorted()
    .map((name) => `${encode(name)}=${encode(fields[name] ?? '')}`)
    .join('&')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
