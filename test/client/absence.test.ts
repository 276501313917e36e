import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import type { Digest } from '../../src/oci/digest.ts'
import type { RemoteRegistry } from '../../src/client/remote-registry.ts'
import { type BadUpstream, startBadUpstream } from '../support/bad-upstream.ts'
import type { StoredImage } from '../support/bad-upstream-content.ts'
import { openRemote, remoteError } from './support/remote.ts'

let upstream: BadUpstream
let image: StoredImage
const ZEROS = `sha256:${'0'.repeat(64)}` as Digest

beforeAll(async () => {
  upstream = await startBadUpstream()
  image = upstream.content.addImage('a/b', { tag: 'v1' })
})
afterAll(() => upstream.close())
beforeEach(() => upstream.recover())

const asked: readonly [string, (remote: RemoteRegistry) => Promise<unknown>][] = [
  ['a tag', (remote) => remote.resolve('a/b', 'v1')],
  ['a manifest', (remote) => remote.manifest('a/b', 'v1')],
  ['a blob', (remote) => remote.blob('a/b', image.digest)],
  ['whether there is a blob', (remote) => remote.hasBlob('a/b', image.digest)],
  ['tags', (remote) => remote.tagPage('a/b', { after: '', limit: 9 })],
  ['referrers', (remote) => remote.referrers('a/b', image.digest)],
  ['a tag to delete', (remote) => remote.deleteTag('a/b', 'v1')],
]

describe.each(asked)('asked for %s, a 404 that no registry sent', (_what, ask) => {
  const said = () => `${upstream.host} answered 404 and not like a registry`

  it.each([
    ['nothing', {}],
    ['plain text', { 'content-type': 'text/plain; charset=utf-8' }],
    [
      'a page of a proxy that adds the header always',
      { 'content-type': 'text/html', 'docker-distribution-api-version': 'registry/2.0' },
    ],
  ])('is an error: %s', async (_how, headers) => {
    upstream.misbehave({ status: 404, headers })
    const remote = openRemote(upstream.url)
    const { kind, message } = await remoteError(ask(remote))
    expect([kind, message]).toEqual(['invalid', said()])
    expect(remote.health().lastProblem?.message).toBe(said())
  })

  it.each(['{"message":"no Route matched"}', '{"errors":[{"status":404}]}', '[]', '{"errors":[{"code":"?"}]}'])(
    'is an error: %s',
    async (text) => {
      upstream.misbehave({ status: 404, bytes: { text, type: 'application/json' } })
      expect((await remoteError(ask(openRemote(upstream.url)))).message).toBe(said())
    },
  )
})

describe('a 404 of a registry', () => {
  it.each(['MANIFEST_UNKNOWN', 'NOT_FOUND', 'UNKNOWN', 'TAG_EXPIRED'])(
    'says that it is not there: %s',
    async (code) => {
      const text = JSON.stringify({ errors: [{ code }] })
      upstream.misbehave({ status: 404, bytes: { text, type: 'application/json' } })
      const remote = openRemote(upstream.url)
      expect(await remote.resolve('a/b', 'v1')).toBeUndefined()
      expect(await remote.manifest('a/b', 'v1')).toBeUndefined()
      expect(await remote.blob('a/b', image.digest)).toBeUndefined()
      expect(await remote.hasBlob('a/b', image.digest)).toBe(false)
      expect(await remote.tagPage('a/b', { after: '', limit: 9 })).toBeUndefined()
      expect(await remote.referrers('a/b', image.digest)).toEqual([])
    },
  )

  it('to a HEAD is known by its header, and asked for again by GET without it', async () => {
    const remote = openRemote(upstream.url)
    expect(await remote.resolve('a/b', 'none')).toBeUndefined()
    expect(await remote.hasBlob('a/b', ZEROS)).toBe(false)
    expect(upstream.count(undefined, 'GET')).toBe(0)
    upstream.misbehave({ method: 'HEAD', status: 404 })
    expect(await remote.resolve('a/b', 'none')).toBeUndefined()
    expect(await remote.hasBlob('a/b', ZEROS)).toBe(false)
    expect(upstream.count(undefined, 'GET')).toBe(2)
    expect((await remote.resolve('a/b', 'v1'))?.digest).toBe(image.digest)
    expect(await remote.hasBlob('a/b', image.blobs[0]?.digest ?? ZEROS)).toBe(true)
  })

  it('by way of its storage, which lost a blob: it may be put again, but is not said to be missing', async () => {
    const storage = await startBadUpstream()
    storage.misbehave({ status: 404, headers: { 'content-type': 'application/xml' } })
    upstream.misbehave({ on: 'blob', redirect: `${storage.url}/bucket/x` })
    const remote = openRemote(upstream.url)
    expect(await remote.hasBlob('a/b', image.digest)).toBe(false)
    expect((await remoteError(remote.blob('a/b', image.digest))).kind).toBe('invalid')
    await storage.close()
  })
})

describe('that there is no referrers API', () => {
  it.each([{ status: 404 }, { bytes: 'html' }] as const)(
    'is not remembered of what no registry said: %j',
    async (how) => {
      const name = `f/${crypto.randomUUID()}`
      const remote = openRemote(upstream.url)
      upstream.content.addIndex(name, [image], image.digest.replace(':', '-'))
      const signature = upstream.content.addImage(name, { subject: image })
      const undo = upstream.misbehave({ on: 'referrers', ...how })
      expect((await remote.referrers(name, image.digest)).map(({ digest }) => digest)).toEqual([image.digest])
      undo()
      expect((await remote.referrers(name, image.digest)).map(({ digest }) => digest)).toEqual([signature.digest])
    },
  )

  it('is remembered of a registry without routes for it', async () => {
    const headers = { 'docker-distribution-api-version': 'registry/2.0' }
    upstream.misbehave({ on: 'referrers', status: 404, headers })
    const remote = openRemote(upstream.url)
    for (let i = 0; i < 2; i++) expect(await remote.referrers('a/b', image.digest)).toEqual([])
    expect(upstream.count('referrers')).toBe(1)
  })
})
