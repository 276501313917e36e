import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import type { AddressKind } from '../../src/client/address-kind.ts'
import { kindOfAddress } from '../../src/client/address-kind.ts'
import { type BadUpstream, startBadUpstream } from '../support/bad-upstream.ts'
import type { StoredImage } from '../support/bad-upstream-content.ts'
import { bytesOf, openRemote, remoteError, SAID } from './support/remote.ts'

let upstream: BadUpstream
let image: StoredImage

beforeAll(async () => {
  upstream = await startBadUpstream({ listen: '0.0.0.0' })
  image = upstream.content.addImage('a/b', { tag: 'v1' })
})
afterAll(() => upstream.close())
beforeEach(() => upstream.recover())

/** As if 127.0.0.2 were somewhere on the internet. */
const kindOf = (address: string): AddressKind => (address === '127.0.0.2' ? 'public' : kindOfAddress(address))

const NAMES: Readonly<Record<string, readonly string[]>> = {
  'public.test': ['127.0.0.2'],
  'private.test': ['127.0.0.1'],
  'mixed.test': ['127.0.0.2', '::1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'metadata.test': ['169.254.169.254'],
  'nobody.test': [],
  localhost: ['127.0.0.1'],
}
const resolve = async (host: string) => NAMES[host] ?? []
const surroundings = { resolve, kindOf, times: { headersMs: 2000 } }
const at = (host: string) => `http://${host}:${upstream.port}`

describe('row 50: without leave, nobody is asked at a private address', () => {
  it.each([
    ...['127.0.0.1', '2130706433', '0x7f000001', '0x7f.1', '017700000001', '127.1', '[::1]', '[::ffff:7f00:1]'],
    ...['[::ffff:127.0.0.1]', '[64:ff9b::7f00:1]', '169.254.169.254', '10.0.0.1', '100.64.0.1', '0.0.0.0', '0', '[::]'],
    ...['private.test', 'mixed.test', 'mapped.test', 'metadata.test', 'nobody.test', '[fd00:ec2::254]', '192.168.0.1'],
  ])('%s', async (host) => {
    const remote = openRemote(at(host), { allowPrivate: false }, surroundings)
    const error = await remoteError(remote.resolve('a/b', 'v1'))
    expect(error.kind).toBe('unreachable')
    expect(upstream.requests).toEqual([])
  })

  it('but public ones are', async () => {
    const remote = openRemote(at('public.test'), { allowPrivate: false }, surroundings)
    expect((await remote.resolve('a/b', 'v1'))?.digest).toBe(image.digest)
    expect(upstream.requests[0]?.host).toBe(`public.test:${upstream.port}`)
  })

  it('says nothing of the address, so that nobody finds out by it what is where', async () => {
    const remote = openRemote(at('private.test'), { allowPrivate: false }, surroundings)
    const { message } = await remoteError(remote.ping())
    expect(message).not.toContain('127.0.0.1')
  })
})

describe('row 50: a name that changes its address (rebinding)', () => {
  it('is judged by the address that is connected to, each time', async () => {
    let answers = 0
    const rebinding = async () => [answers++ === 0 ? '127.0.0.2' : '127.0.0.1']
    const remote = openRemote(at('rebind.test'), { allowPrivate: false }, { ...surroundings, resolve: rebinding })
    await remote.ping()
    // The connection that was checked is used again; a new one is checked again.
    await remote.ping()
    expect(answers).toBe(1)
    const other = openRemote(at('rebind.test'), { allowPrivate: false }, { ...surroundings, resolve: rebinding })
    expect((await remoteError(other.ping())).kind).toBe('unreachable')
    expect(upstream.count()).toBe(2)
  })
})

describe('with leave for private addresses', () => {
  it.each(['127.0.0.1', 'private.test', 'mixed.test', 'mapped.test'])('%s is asked', async (host) => {
    const names = { ...NAMES, 'mixed.test': ['127.0.0.1', '127.0.0.2'] } as typeof NAMES
    const remote = openRemote(at(host), {}, { ...surroundings, resolve: async (name) => names[name] ?? [] })
    await remote.ping()
  })

  it.each(['metadata.test', '0.0.0.0', '[::]'])('%s is not', async (host) => {
    const remote = openRemote(at(host), {}, surroundings)
    expect((await remoteError(remote.ping())).message).toContain('is not asked')
    expect(upstream.requests).toEqual([])
  })

  it('nobody is sent to where a cloud tells its secrets', async () => {
    upstream.misbehave({ on: 'blob', redirect: `http://169.254.169.254/latest/${SAID}` })
    const remote = openRemote(at('private.test'), {}, surroundings)
    expect((await remoteError(remote.blob('a/b', blobOf(image)))).message).toContain('is not asked')
  })
})

function blobOf({ blobs }: StoredImage) {
  const [, layer] = blobs
  if (layer === undefined) throw new Error('no layer')
  return layer.digest
}

describe('redirects', () => {
  const pull = async (from: string, to: string, changes = {}) => {
    upstream.misbehave({ on: 'blob', times: 1, redirect: to })
    const remote = openRemote(at(from), changes, surroundings)
    const blob = await remote.blob('a/b', blobOf(image))
    return blob && bytesOf(blob.body)
  }

  it('of reads are followed, from private to private and anywhere public', async () => {
    const path = `/v2/a/b/blobs/${blobOf(image)}`
    for (const [from, to] of [
      ['private.test', 'private.test'],
      ['private.test', '127.0.0.1'],
      ['private.test', 'public.test'],
      ['public.test', 'public.test'],
    ] as const)
      expect((await pull(from, at(to) + path))?.byteLength).toBe(1000)
  })

  it.each(['127.0.0.1', 'private.test', '[::1]', '2130706433', 'localhost', 'mixed.test'])(
    'row 50: never from a public address to a private one, even with leave: %s',
    async (host) => {
      const error = await remoteError(pull('public.test', `${at(host)}/v2/a/b/blobs/${blobOf(image)}`))
      expect(error.kind).toBe('unreachable')
      expect(upstream.count()).toBe(1)
    },
  )

  it('row 50: nor by a detour, private to public to private, nor by a connection that is still open', async () => {
    const blob = `/v2/a/b/blobs/${blobOf(image)}`
    const remote = openRemote(at('private.test'), {}, surroundings)
    await remote.ping()
    upstream.misbehave({ on: 'blob', times: 1, redirect: at('private.test') + blob })
    upstream.misbehave({ on: 'blob', times: 1, redirect: at('public.test') + blob })
    expect((await remoteError(remote.blob('a/b', blobOf(image)))).kind).toBe('unreachable')
    expect(upstream.count('blob')).toBe(2)
  })

  it('are followed five times', async () => {
    upstream.misbehave({ on: 'blob', redirect: `${at('private.test')}/v2/a/b/blobs/${blobOf(image)}` })
    const remote = openRemote(at('private.test'), {}, surroundings)
    expect((await remoteError(remote.blob('a/b', blobOf(image)))).kind).toBe('invalid')
    expect(upstream.count()).toBe(6)
  })

  it.each(['ftp://public.test/', 'file:///etc/passwd', 'http://user:secret@public.test/', 'http://['])(
    'are not followed to %s',
    async (to) => {
      expect((await remoteError(pull('private.test', to))).kind).toBe('invalid')
      expect(upstream.count()).toBe(1)
    },
  )

  it('of writes are not followed', async () => {
    upstream.misbehave({ on: 'upload', redirect: `${at('private.test')}/v2/a/b/blobs/uploads/` })
    const remote = openRemote(at('private.test'), {}, surroundings)
    const blob = { mediaType: 'x/y', digest: blobOf(image), size: 1000 }
    const put = remote.putBlob('a/b', blob, async () => new Blob(['x']).stream())
    expect((await remoteError(put)).kind).toBe('invalid')
    expect(upstream.count()).toBe(1)
  })
})

describe('what is sent', () => {
  it('goes past the proxies of the environment', async () => {
    const script = `
      const { openRemote } = await import('./test/client/support/remote.ts')
      await openRemote(process.argv[1]).ping()
      console.log('answered')`
    const proxy = {
      HTTP_PROXY: 'http://127.0.0.1:1',
      HTTPS_PROXY: 'http://127.0.0.1:1',
      http_proxy: 'http://127.0.0.1:1',
    }
    const child = Bun.spawn([process.execPath, '-e', script, upstream.url], {
      env: { ...process.env, ...proxy, ALL_PROXY: 'http://127.0.0.1:1', NODE_USE_ENV_PROXY: '1' },
      cwd: new URL('../..', import.meta.url).pathname,
    })
    // It also ends by itself: a connection that is kept for later keeps no process.
    expect([await new Response(child.stdout).text(), await child.exited]).toEqual(['answered\n', 0])
  })

  it('asks for bytes as they are, and connections are used again', async () => {
    const remote = openRemote(upstream.url)
    for (let i = 0; i < 3; i++) {
      await remote.manifest('a/b', 'v1')
      await remote.resolve('a/b', 'none')
    }
    expect(new Set(upstream.requests.map(({ connection }) => connection)).size).toBe(1)
    expect(upstream.requests.map(({ headers }) => headers['accept-encoding'])).toEqual(Array(6).fill('identity'))
  })
})
