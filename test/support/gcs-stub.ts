import { createHash, createHmac, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignatureV4 } from '@smithy/signature-v4'
import { jwtVerify } from 'jose'
import { gateway } from './rgw.ts'

/**
 * A stand-in for Google Cloud Storage, which cannot be had here: it takes what Google's XML API takes (tokens of a
 * service account, or URLs signed by one; none of Amazon's headers, no copies of parts) and has a real Ceph gateway
 * do it. What it shows is our side of the protocol; that Google's side is as documented, it cannot show.
 */
export interface GcsStub {
  readonly endpoint: string
  /** Of a service account whose key the stub knows. */
  readonly credentialsFile: string
  /** Of one whose key it does not know. */
  readonly strangersFile: string
  /** `method path?query` of every request. */
  readonly requests: readonly string[]
  makeBucket(): Promise<string>
  close(): Promise<void>
}

const EMAIL = 'berth@project.iam.gserviceaccount.com'
const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write'

export async function startGcsStub(): Promise<GcsStub> {
  const { endpoint, makeBucket, ...credentials } = await gateway()
  const folder = await mkdtemp(join(tmpdir(), 'berth-gcs-'))
  const known = await writeServiceAccount(join(folder, 'credentials.json'))
  const stranger = await writeServiceAccount(join(folder, 'stranger.json'))
  const signer = new SignatureV4({
    credentials,
    region: 'us-east-1',
    service: 's3',
    sha256: Sha256,
    uriEscapePath: false,
  })
  const requests: string[] = []

  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 60,
    maxRequestBodySize: 2 ** 40,
    fetch: async (request) => {
      const url = new URL(request.url)
      requests.push(`${request.method} ${url.pathname}${url.search}`)
      const problem = refusedHeader(request) ?? (await refusedIdentity(request, url, known.key))
      if (problem !== undefined) return refusal(problem)
      return forward(request, url)
    },
  })

  async function forward(request: Request, url: URL): Promise<Response> {
    const to = new URL(url.pathname, endpoint)
    const query = Object.fromEntries([...url.searchParams].filter(([name]) => !name.startsWith('X-Goog-')))
    const headers: Record<string, string> = { host: to.host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
    for (const name of ['content-type', 'content-length', 'range', 'if-match'])
      headers[name] = request.headers.get(name) ?? ''
    for (const [name, value] of Object.entries(headers)) if (value === '') delete headers[name]
    const signed = await signer.sign({
      ...{ method: request.method, protocol: to.protocol, hostname: to.hostname, port: Number(to.port) },
      ...{ path: to.pathname, query, headers },
    })
    to.search = new URLSearchParams(query).toString()
    const body = ['GET', 'HEAD'].includes(request.method) ? null : await request.arrayBuffer()
    const options = { method: request.method, headers: signed.headers, body, decompress: false }
    const answer = await fetch(to, { ...options, signal: request.signal })
    // At once, so that it has its Content-Length.
    return request.method === 'HEAD' ? answer : new Response(await answer.arrayBuffer(), answer)
  }

  return {
    endpoint: server.url.origin,
    credentialsFile: known.path,
    strangersFile: stranger.path,
    requests,
    makeBucket,
    close: async () => {
      await server.stop(true)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function writeServiceAccount(path: string): Promise<{ path: string; key: KeyObject }> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const account = {
    ...{ type: 'service_account', client_email: EMAIL, private_key_id: 'test', project_id: 'project' },
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  }
  await writeFile(path, JSON.stringify(account), { mode: 0o600 })
  return { path, key: createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })) }
}

/** What Google does not understand beside a token of its own, or need not take. */
function refusedHeader(request: Request): string | undefined {
  if (request.method === 'PUT' && request.headers.get('content-length') === null) return 'InvalidArgument: no length'
  const amazons = [...request.headers.keys()].find((name) => /^(?:x-amz-|amz-)/.test(name))
  return amazons === undefined ? undefined : `InvalidArgument: ${amazons}`
}

async function refusedIdentity(request: Request, url: URL, key: KeyObject): Promise<string | undefined> {
  if (url.searchParams.has('X-Goog-Signature')) return isSigned(request, url, key) ? undefined : 'SignatureDoesNotMatch'
  const token = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1] ?? ''
  const verified = await jwtVerify(token, key, { issuer: EMAIL, subject: EMAIL }).catch(() => undefined)
  if (verified === undefined) return 'AuthenticationRequired'
  return String(verified.payload.scope).split(' ').includes(SCOPE) ? undefined : 'InsufficientScope'
}

/** Google's V4 signing process, written from its description only (…/docs/authentication/signatures). */
function isSigned(request: Request, url: URL, key: KeyObject): boolean {
  const signature = Buffer.from(url.searchParams.get('X-Goog-Signature') ?? '', 'hex')
  const query = url.search.slice(1).split('&')
  const time = url.searchParams.get('X-Goog-Date') ?? ''
  const credential = url.searchParams.get('X-Goog-Credential') ?? ''
  const scope = credential.slice(credential.indexOf('/') + 1)
  const unsigned = query.filter((field) => !field.startsWith('X-Goog-Signature=')).toSorted()
  const canonical = `${request.method}\n${url.pathname}\n${unsigned.join('&')}\nhost:${url.host}\n\nhost\nUNSIGNED-PAYLOAD`
  const text = `GOOG4-RSA-SHA256\n${time}\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`
  const iso = time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  const isFresh = Date.now() < Date.parse(iso) + 1000 * Number(url.searchParams.get('X-Goog-Expires'))
  return isFresh && credential.startsWith(`${EMAIL}/`) && verify('RSA-SHA256', Buffer.from(text), key, signature)
}

function refusal(code: string): Response {
  const status = code === 'AuthenticationRequired' ? 401 : code.startsWith('InvalidArgument') ? 400 : 403
  const body = `<?xml version='1.0'?><Error><Code>${code.split(':')[0]}</Code><Message>${code}</Message></Error>`
  return new Response(body, { status, headers: { 'content-type': 'application/xml' } })
}

/** As the signer wants it. */
class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', toBuffer(secret))
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(toBuffer(data))
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
}

function toBuffer(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data)
  return data instanceof ArrayBuffer ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}
