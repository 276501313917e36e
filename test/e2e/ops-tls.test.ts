import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { type RunningRegistry, startRegistry } from '../support/registry.ts'
import { randomContent } from '../conformance/support/content.ts'
import { type Certificate, makeCertificate } from './support/certificates.ts'
import { untilTrue } from './support/until.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

let folder = ''
const authority = makeCertificate('berth test authority')
const first = makeCertificate('localhost', authority)
const second = makeCertificate('localhost', authority)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Replaced at once, as tools do that renew certificates. */
async function place(file: string, text: string): Promise<string> {
  const path = join(folder, file)
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
  return path
}

async function startWith(label: string, args: readonly string[] = []): Promise<RunningRegistry> {
  const cert = await place(`${label}.crt`, first.cert)
  const key = await place(`${label}.key`, first.key)
  return startRegistry({ args: ['--tls-cert', cert, '--tls-key', key, ...args] })
}

interface Served {
  readonly fingerprint: string
  readonly protocol: string | false | null
}

/** Shakes hands and hangs up. */
function served(url: string, protocols: string[] = ['http/1.1']): Promise<Served> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const options = { host: hostname, port: Number(port), ca: authority.cert, ALPNProtocols: protocols }
    const socket = connect(options, () => {
      const fingerprint = new X509Certificate(socket.getPeerCertificate().raw).fingerprint256
      resolve({ fingerprint, protocol: socket.alpnProtocol })
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

function fingerprintOf({ cert }: Certificate): string {
  return new X509Certificate(cert).fingerprint256
}

interface Http2Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Buffer
}

async function http2(url: string, headers: Readonly<Record<string, string>>, body?: Uint8Array): Promise<Http2Answer> {
  const session = connectHttp2(url, { ca: authority.cert })
  try {
    return await new Promise<Http2Answer>((resolve, reject) => {
      session.on('error', reject)
      const stream = session.request(headers, { endStream: body === undefined })
      let answer: Readonly<Record<string, unknown>> = {}
      const chunks: Buffer[] = []
      stream.on('response', (received) => {
        answer = received
      })
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () =>
        resolve({ status: Number(answer[':status']), headers: answer, body: Buffer.concat(chunks) }),
      )
      stream.on('error', reject)
      if (body !== undefined) stream.end(body)
    })
  } finally {
    session.close()
  }
}

describe.concurrent('TLS', () => {
  test('serves HTTPS with the challenge pointing to https, and refuses plain HTTP', async () => {
    const server = await startWith('plain', ['--anonymous', 'none'])
    try {
      expect(server.url).toStartWith('https://')
      const ping = await fetch(`${server.url}/v2/`, { tls: { ca: authority.cert } })
      expect(ping.status).toBe(401)
      expect(ping.headers.get('www-authenticate')).toBe(`Bearer realm="${server.url}/token",service="berth"`)
      const plain = await fetch(`${server.url.replace('https', 'http')}/v2/`).then(
        (answer) => answer.status,
        () => 'closed',
      )
      expect(plain === 'closed' || plain === 400).toBe(true)
      const stranger = await fetch(`${server.url}/v2/`).then(
        () => 'trusted',
        () => 'refused',
      )
      expect(stranger).toBe('refused')
    } finally {
      await server.close()
    }
  })

  test('speaks HTTP/2 with clients that offer it: push, pull, ranges, HEAD', async () => {
    const server = await startWith('http2')
    try {
      expect((await served(server.url, ['h2', 'http/1.1'])).protocol).toBe('h2')
      expect((await served(server.url, ['http/1.1'])).protocol).toBe('http/1.1')
      const blob = randomContent('http2', 3_000_000)
      const path = `/v2/e2e/http2/blobs/${blob.digest}`
      const upload = `/v2/e2e/http2/blobs/uploads/?digest=${blob.digest}`
      const pushed = await http2(server.url, { ':method': 'POST', ':path': upload }, blob.bytes)
      expect([pushed.status, pushed.headers.location]).toEqual([201, path])
      const pulled = await http2(server.url, { ':method': 'GET', ':path': path })
      expect([pulled.status, pulled.body.equals(blob.bytes)]).toEqual([200, true])
      expect(pulled.headers['content-length']).toBe('3000000')
      const part = await http2(server.url, { ':method': 'GET', ':path': path, range: 'bytes=10-19' })
      expect([part.status, part.body.equals(blob.bytes.slice(10, 20))]).toEqual([206, true])
      const head = await http2(server.url, { ':method': 'HEAD', ':path': path })
      expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '3000000', 0])
      const missing = await http2(server.url, { ':method': 'GET', ':path': '/v2/e2e/http2/manifests/none' })
      expect(missing.status).toBe(404)
    } finally {
      await server.close()
    }
  })

  test('a pair that does not belong together is not served at all at the start', async () => {
    const cert = await place('wrong.crt', first.cert)
    const key = await place('wrong.key', second.key)
    const started = startRegistry({ args: ['--tls-cert', cert, '--tls-key', key] })
    await expect(started).rejects.toThrow('does not belong to the certificate')
  })
})

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

const isServed = async ({ url }: RunningRegistry, wanted: Certificate) =>
  (await served(url)).fingerprint === fingerprintOf(wanted)

/** While listeners change places a connection may be cut off: then it is not served yet. */
function untilServed(server: RunningRegistry, wanted: Certificate): Promise<void> {
  return untilTrue('the new certificate is served', () => isServed(server, wanted).catch(() => false), 8000)
}

test.concurrent(
  'a certificate replaced on disk is served soon without a restart',
  async () => {
    const server = await startWith('renew', ['--listen', `127.0.0.1:${await freePort()}`])
    try {
      expect(await isServed(server, first)).toBe(true)
      await place('renew.key', second.key)
      await place('renew.crt', second.cert)
      await untilServed(server, second)
      const ping = await fetch(`${server.url}/v2/`, { tls: { ca: authority.cert } })
      expect(ping.status).toBe(200)
    } finally {
      await server.close()
    }
  },
  40_000,
)

test.concurrent('a mismatched pair placed on disk is reported, and the old one stays', async () => {
  const server = await startWith('mismatch')
  try {
    await place('mismatch.crt', second.cert)
    await untilTrue('the mismatch is noticed', () => server.output().includes('cannot be used'), 8000)
    for (let round = 0; round < 10; round++) expect(await isServed(server, first)).toBe(true)
  } finally {
    await server.close()
  }
})

test.concurrent(
  'a certificate replaced on disk is served soon also where the system picked the port',
  async () => {
    const server = await startWith('picked')
    try {
      await place('picked.key', second.key)
      await place('picked.crt', second.cert)
      await untilServed(server, second)
    } finally {
      await server.close()
    }
  },
  40_000,
)

test.concurrent('with --tls-client-ca only clients that show a certificate of that authority come in', async () => {
  const clients = makeCertificate('clients')
  const friend = makeCertificate('friend', clients)
  const stranger = makeCertificate('stranger', makeCertificate('others'))
  const server = await startWith('clients', ['--tls-client-ca', await place('client-authority.crt', clients.cert)])
  try {
    const status = (tls: { cert?: string; key?: string }) =>
      fetch(`${server.url}/v2/`, { tls: { ca: authority.cert, ...tls } }).then(
        (answer) => answer.status,
        () => 'refused',
      )
    expect(await status({ cert: friend.cert, key: friend.key })).toBe(200)
    expect(await status({})).toBe('refused')
    expect(await status({ cert: stranger.cert, key: stranger.key })).toBe('refused')
    expect(await status({ cert: friend.cert, key: friend.key })).toBe(200)
  } finally {
    await server.close()
  }
})
