import { afterEach, describe, expect, it } from 'bun:test'
import type { RemoteOptions, RemoteSurroundings } from '../../src/client/remote-registry.ts'
import { makeCertificate } from '../e2e/support/certificates.ts'
import { type BadUpstream, startBadUpstream, type UpstreamOptions } from '../support/bad-upstream.ts'
import { bytesOf, openRemote, remoteError, testClock } from './support/remote.ts'

const credentials = { username: 'robot', password: 'secret' }
const BASIC = `Basic ${btoa('robot:secret')}`

let upstream: BadUpstream | undefined
afterEach(() => upstream?.close())

async function start(scheme: 'basic' | 'bearer', options: UpstreamOptions = {}) {
  upstream = await startBadUpstream({ auth: { scheme, ...credentials }, ...options })
  const image = upstream.content.addImage('a/b', { tag: 'v1' })
  return { upstream, image, port: upstream.port }
}

/** All names are this machine. */
const surroundings: RemoteSurroundings = { resolve: async () => ['127.0.0.1'] }

function open(host: string, port: number, changes: Partial<RemoteOptions> = {}) {
  return openRemote(`http://${host}:${port}`, { credentials, ...changes }, surroundings)
}

describe('a password', () => {
  it('is shown when it was asked for, and from then on', async () => {
    const { upstream, port } = await start('basic')
    const remote = open('registry.test', port)
    expect(remote.health().signedIn).toBeUndefined()
    for (let i = 0; i < 2; i++) await remote.resolve('a/b', 'v1')
    expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, BASIC, BASIC])
    expect(remote.health().signedIn).toBe(true)
  })

  it('that is wrong is shown once', async () => {
    const { upstream, port } = await start('basic')
    const remote = open('registry.test', port, { credentials: { username: 'robot', password: 'wrong' } })
    expect((await remoteError(remote.ping())).kind).toBe('refused')
    expect([upstream.count(), remote.health().signedIn]).toEqual([2, false])
  })

  it('a refusal has the words of the registry apart from its message, cleaned and cut', async () => {
    const { upstream, port } = await start('basic')
    const message = `tag v1 is\u001b[31m immutable\r\n(rule 7)\u202e ${'x'.repeat(300)}`
    const text = JSON.stringify({ errors: [{ code: 'DENIED', message, detail: { secret: 1 } }] })
    upstream.misbehave({ status: 403, bytes: { text, type: 'application/json' } })
    const error = await remoteError(open('registry.test', port).manifest('a/b', 'v1'))
    expect(error.message).toBe(`registry.test:${port} does not allow it (status 403) (DENIED)`)
    expect(error.said).toStartWith('DENIED: tag v1 is [31m immutable (rule 7) xxx')
    expect(error.said?.length).toBe(200)
    upstream.misbehave({ status: 403, bytes: { text: '<p>no</p>', type: 'text/html' } })
    expect((await remoteError(open('registry.test', port).manifest('a/b', 'v1'))).said).toBeUndefined()
  })

  it('that nobody configured is a refusal', async () => {
    const { port } = await start('basic')
    const error = await remoteError(open('registry.test', port, { credentials: undefined }).ping())
    expect([error.kind, error.message]).toEqual([
      'refused',
      `registry.test:${port} asks for a password, and none is configured`,
    ])
  })
})

describe('a token', () => {
  it('is fetched once for all, until shortly before it expires', async () => {
    const { upstream, port } = await start('bearer')
    const clock = testClock()
    const remote = open('registry.test', port, { clock })
    await Promise.all(Array.from({ length: 8 }, () => remote.resolve('a/b', 'v1')))
    expect(upstream.count('token')).toBe(1)
    clock.advance(289_000)
    await remote.resolve('a/b', 'v1')
    expect(upstream.count('token')).toBe(1)
    clock.advance(2000)
    await remote.resolve('a/b', 'v1')
    expect(upstream.count('token')).toBe(2)
    expect(remote.health().signedIn).toBe(true)
  })

  it('is asked for with service and scopes', async () => {
    const { upstream, port } = await start('bearer')
    const remote = open('registry.test', port)
    upstream.misbehave({ on: 'upload', status: 404 })
    await remote.mountBlob('a/b', (await remote.resolve('a/b', 'v1'))?.digest as 'sha256:' & never, 'c/d')
    const urls = upstream.requests.filter(({ part }) => part === 'token').map(({ path }) => new URL(path, 'http://x'))
    expect(
      urls.map(({ searchParams }) => [...searchParams.getAll('service'), ...searchParams.getAll('scope')]),
    ).toEqual([
      ['upstream', 'repository:a/b:pull'],
      ['upstream', 'repository:a/b:pull,push', 'repository:c/d:pull'],
    ])
  })

  it('that is no longer accepted is replaced once', async () => {
    const { upstream, port } = await start('bearer')
    const remote = open('registry.test', port)
    await remote.resolve('a/b', 'v1')
    const www = { 'www-authenticate': `Bearer realm="http://registry.test:${port}/token",service="x"` }
    upstream.misbehave({ on: 'manifest', times: 1, status: 401, headers: www })
    expect(await remote.resolve('a/b', 'v1')).toBeDefined()
    expect(upstream.count('token')).toBe(2)
    upstream.misbehave({ on: 'manifest', status: 401, headers: www })
    const before = upstream.count()
    expect((await remoteError(remote.resolve('a/b', 'v1'))).kind).toBe('refused')
    expect(upstream.count() - before).toBe(3)
  })

  it('goes to anybody without a password', async () => {
    const { upstream, port } = await start('bearer')
    expect(await open('registry.test', port, { credentials: undefined }).resolve('a/b', 'v1')).toBeDefined()
    expect(upstream.secretsAt(`registry.test:${port}`)).toEqual(['Bearer token-1'])
  })

  it.each([
    ['not JSON', { text: 'hello', type: 'text/plain' }],
    ['a header of its own', { text: '{"token":"a\\r\\nX-Evil: 1"}', type: 'application/json' }],
    ['too much', { text: JSON.stringify({ token: 'x'.repeat(200_000) }), type: 'application/json' }],
  ] as const)('is not %s', async (_what, bytes) => {
    const { upstream, port } = await start('bearer')
    upstream.misbehave({ on: 'token', bytes })
    expect((await remoteError(open('registry.test', port).ping())).kind).toBe('invalid')
  })
})

describe('row 51: a realm elsewhere (CVE-2026-33540, CVE-2020-15157, CVE-2025-27403, CVE-2026-49349)', () => {
  const strangers = [
    ['registry.test', 'evil.example'],
    ['registry.test', '127.0.0.1'],
    ['registry.test', 'localhost'],
    ['127.0.0.1', '127.0.0.2'],
    ['me.github.io', 'you.github.io'],
    ['me.azurecr.io', 'you.azurecr.io'],
    ['registry.me.co.uk', 'auth.you.co.uk'],
    ['1.dkr.ecr.us-east-1.amazonaws.com', '2.dkr.ecr.us-east-1.amazonaws.com'],
    ['docker.io.evil.example', 'docker.io'],
    ['registry.test', 'registry.test.evil.example'],
    // Its own domain, but not encrypted: only the very host has it then.
    ['registry-1.docker.io', 'auth.docker.io'],
  ] as const

  it.each(strangers)('%s sends us to %s: without the password', async (from, to) => {
    const { upstream, port } = await start('bearer', { listen: '0.0.0.0' })
    upstream.misbehave({ realm: `http://${to}:${port}/token` })
    expect(await open(from, port).resolve('a/b', 'v1')).toBeDefined()
    expect(upstream.count('token')).toBe(1)
    expect(upstream.secretsAt(`${to}:${port}`)).toEqual([])
    expect(upstream.requests.some(({ headers }) => headers.authorization === BASIC)).toBe(false)
  })

  it('fails clearly when that is not enough', async () => {
    const { upstream, port } = await start('bearer')
    upstream.misbehave({ realm: `http://evil.example:${port}/token` })
    upstream.misbehave({ on: 'token', status: 401 })
    const { message, kind } = await remoteError(open('registry.test', port).ping())
    expect([kind, message]).toEqual([
      'refused',
      `registry.test:${port} wants our password to be sent to another host, which is not done unless that host is trusted`,
    ])
  })

  it('on the same host has it', async () => {
    const { upstream, port } = await start('bearer')
    upstream.misbehave({ realm: `http://registry.test:${port}/token` })
    await open('registry.test', port).ping()
    expect(upstream.secretsAt(`registry.test:${port}`)).toEqual([BASIC, 'Bearer token-1'])
  })

  it('that is trusted has it', async () => {
    const { upstream, port } = await start('bearer')
    upstream.misbehave({ realm: `http://auth.elsewhere.test:${port}/token` })
    await open('registry.test', port, { trustedHosts: [`auth.elsewhere.test:${port}`] }).ping()
    expect(upstream.secretsAt(`auth.elsewhere.test:${port}`)).toEqual([BASIC])
  })

  it('row 50: without leave is not asked at all when it is at a private address', async () => {
    const { upstream, port } = await start('bearer', { listen: '0.0.0.0' })
    upstream.misbehave({ realm: `http://inside.test:${port}/token` })
    const kindOf = (address: string) => (address === '127.0.0.2' ? 'public' : 'private') as 'public' | 'private'
    const resolve = async (host: string) => [host === 'registry.test' ? '127.0.0.2' : '127.0.0.1']
    for (const allowPrivate of [false, true]) {
      const remote = openRemote(`http://registry.test:${port}`, { credentials, allowPrivate }, { resolve, kindOf })
      expect((await remoteError(remote.ping())).kind).toBe('unreachable')
    }
    expect(upstream.count('token')).toBe(0)
  })

  it('is told a refresh token by the same rule', async () => {
    const { upstream, port } = await start('bearer')
    const asRefreshToken = { credentials: { username: '<token>', password: 'refresh' } }
    for (const host of ['registry.test', 'evil.example']) {
      const undo = upstream.misbehave({ realm: `http://${host}:${port}/token` })
      await open('registry.test', port, asRefreshToken).ping()
      undo()
    }
    const asked = upstream.requests
      .filter(({ part }) => part === 'token')
      .map(({ method, host }) => `${method} ${host}`)
    expect(asked).toEqual([`POST registry.test:${port}`, `GET evil.example:${port}`])
    expect(upstream.secretsAt(`evil.example:${port}`)).toEqual([])
  })

  it('is none of many shapes', async () => {
    const { upstream, port } = await start('bearer')
    for (const realm of [
      '',
      'token',
      'file:///etc/passwd',
      'http://u:p@registry.test/',
      `http://x:${'9'.repeat(9)}/`,
    ]) {
      upstream.misbehave({ realm })
      const remote = open('registry.test', port)
      expect(['invalid', 'refused']).toContain((await remoteError(remote.ping())).kind)
    }
    expect(upstream.count('token')).toBe(0)
  })
})

describe('redirects and Locations', () => {
  it('row 51: a redirect to another origin has no Authorization (CVE-2026-48978)', async () => {
    const { upstream, image, port } = await start('bearer')
    const { digest } = image.blobs[1] ?? image
    const remote = open('registry.test', port)
    await remote.ping()
    upstream.misbehave({ on: 'blob', times: 1, redirect: `http://cdn.test:${port}/v2/a/b/blobs/${digest}` })
    const error = await remoteError(remote.blob('a/b', digest as 'sha256:' & never))
    // It asks for a password as well, and does not get one.
    expect(error.kind).toBe('refused')
    expect(upstream.requests.at(-1)?.host).toBe(`cdn.test:${port}`)
    expect(upstream.secretsAt(`cdn.test:${port}`)).toEqual([])
  })

  it('a redirect to the same origin has it', async () => {
    const { upstream, image, port } = await start('basic')
    const { digest } = image.blobs[1] ?? image
    const remote = open('registry.test', port)
    await remote.ping()
    upstream.misbehave({ on: 'blob', times: 1, redirect: `/v2/a/b/blobs/${digest}` })
    const blob = await remote.blob('a/b', digest as 'sha256:' & never)
    expect(blob && (await bytesOf(blob.body)).byteLength).toBe(1000)
  })

  it.each(['http://evil.example', 'http://localhost', 'https://registry.test', 'http://u:p@registry.test'])(
    'row 51: an upload to %s has neither the password nor the bytes (CVE-2026-50151)',
    async (to) => {
      const { upstream, port } = await start('bearer')
      upstream.misbehave({ on: 'upload', location: `${to}:${port}/v2/a/b/blobs/uploads/1` })
      const remote = open('registry.test', port)
      let isOpened = false
      const put = remote.putBlob('a/b', { mediaType: 'x/y', digest: `sha256:${'0'.repeat(64)}`, size: 3 }, async () => {
        isOpened = true
        return new Blob(['abc']).stream()
      })
      const { kind, message } = await remoteError(put)
      expect([kind, isOpened]).toEqual(['invalid', false])
      expect(message).toContain('elsewhere')
      expect(upstream.requests.filter(({ host }) => host !== `registry.test:${port}`)).toEqual([])
      expect(upstream.count('upload', 'PUT')).toBe(0)
    },
  )

  it('row 51: a next page on another host is not fetched', async () => {
    const { upstream, port } = await start('bearer')
    const remote = open('registry.test', port)
    upstream.misbehave({ on: ['tags', 'catalog', 'referrers'], link: `http://evil.example:${port}/v2/a/b/tags/list` })
    expect((await remoteError(remote.tagPage('a/b', { after: '', limit: 1 }))).kind).toBe('invalid')
    expect((await remoteError(Array.fromAsync(remote.repositories()))).kind).toBe('invalid')
    expect(upstream.requests.filter(({ host }) => host !== `registry.test:${port}`)).toEqual([])
  })
})

describe('TLS', () => {
  const authority = makeCertificate('authority')
  const { cert, key } = makeCertificate('localhost', authority)

  function serve(answer: (request: Request) => Response) {
    return Bun.serve({ port: 0, hostname: '127.0.0.1', tls: { cert, key }, fetch: answer })
  }

  it('is verified for the name, at the address that was checked', async () => {
    const server = serve(() => Response.json({}))
    const open = (host: string, ca?: string) => openRemote(`https://${host}:${server.port}`, { ca }, surroundings)
    await open('localhost', authority.cert).ping()
    for (const remote of [
      open('registry.test', authority.cert),
      open('localhost'),
      open('localhost', makeCertificate('x').cert),
    ])
      expect((await remoteError(remote.ping())).message).toContain('certificate that is not trusted')
    await server.stop(true)
  })

  it('is not left: neither by a redirect nor by a realm', async () => {
    const { upstream, port } = await start('bearer')
    const answers = [
      () => Response.redirect(`http://localhost:${port}/v2/`, 307),
      () =>
        new Response(null, {
          status: 401,
          headers: { 'www-authenticate': `Bearer realm="http://localhost:${port}/token"` },
        }),
    ]
    for (const answer of answers) {
      const server = serve(answer)
      const remote = openRemote(`https://localhost:${server.port}`, { ca: authority.cert, credentials }, surroundings)
      expect((await remoteError(remote.ping())).message).toContain('without encryption')
      await server.stop(true)
    }
    expect(upstream.requests).toEqual([])
  })
})
