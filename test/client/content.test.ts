import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import type { Digest } from '../../src/oci/digest.ts'
import { type BadUpstream, startBadUpstream } from '../support/bad-upstream.ts'
import { type StoredImage, sha256 } from '../support/bad-upstream-content.ts'
import { bytesOf, openRemote, remoteError, SAID } from './support/remote.ts'

let upstream: BadUpstream
let image: StoredImage
let layer: { readonly digest: Digest; readonly content: Uint8Array<ArrayBuffer> }

beforeAll(async () => {
  upstream = await startBadUpstream()
  image = upstream.content.addImage('a/b', { tag: 'v1', layerBytes: [300_000] })
  const [, first] = image.blobs
  if (first === undefined) throw new Error('no layer')
  layer = first
})
afterAll(() => upstream.close())
beforeEach(() => upstream.recover())

const open = (times = {}) => openRemote(upstream.url, {}, { times })
const ZEROS = `sha256:${'0'.repeat(64)}` as Digest

describe('a manifest', () => {
  it.each(['v1', 'digest'])('comes with its type and digest: by %s', async (by) => {
    const manifest = await open().manifest('a/b', by === 'v1' ? 'v1' : image.digest)
    expect(manifest).toEqual({
      digest: image.digest,
      mediaType: image.mediaType as never,
      content: Buffer.from(image.content),
    })
  })

  it('is resolved by a HEAD alone', async () => {
    const resolved = await open().resolve('a/b', 'v1')
    expect(resolved).toEqual({
      digest: image.digest,
      mediaType: image.mediaType as never,
      sizeBytes: image.content.byteLength,
    })
    expect([upstream.count('manifest', 'HEAD'), upstream.count()]).toEqual([1, 1])
  })

  it.each([
    { method: 'HEAD', status: 405 },
    { method: 'HEAD', digestHeader: '' },
    { method: 'HEAD', digestHeader: 'sha256:short' },
    { method: 'HEAD', headers: { 'content-type': '' } },
  ])('is resolved by a GET where a HEAD does not tell: %j', async (how) => {
    upstream.misbehave(how)
    expect((await open().resolve('a/b', 'v1'))?.digest).toBe(image.digest)
    expect(upstream.count('manifest', 'GET')).toBe(1)
  })

  it('may have another digest of its own than the registry prefers', async () => {
    const sha512 = `sha512:${new Bun.CryptoHasher('sha512').update(image.content).digest('hex')}` as Digest
    upstream.content.manifests.set(`a/b ${sha512}`, image)
    expect((await open().resolve('a/b', sha512))?.digest).toBe(sha512)
    expect((await open().manifest('a/b', sha512))?.digest).toBe(sha512)
  })

  it.each([
    ['a/b', 'none'],
    ['none', 'v1'],
    ['a/b', ZEROS],
    ['../etc', 'v1'],
    ['A', 'v1'],
    ['a/b', '../../x'],
    ['a/b', 'sha256:short'],
    ['a/b?x=', 'v1'],
    ['', ''],
  ])('that is not there is undefined: %s %s', async (name, reference) => {
    expect(await open().resolve(name, reference)).toBeUndefined()
    expect(await open().manifest(name, reference)).toBeUndefined()
    for (const { path } of upstream.requests) expect(path).toMatch(/^\/v2\/(a\/b|none)\/manifests\/[\w:]+$/)
  })
})

describe('row 52: a manifest is refused', () => {
  const by = { tag: () => 'v1', digest: () => image.digest }

  it.each([
    ['wrong bytes, by digest', { bytes: 'wrong' }, 'digest'],
    ['wrong bytes, by tag', { bytes: 'wrong' }, 'tag'],
    ['another digest than its own', { digestHeader: ZEROS }, 'tag'],
    ['a sign-in page with status 200', { bytes: 'html' }, 'tag'],
    ['a sign-in page with status 200, by digest', { bytes: 'html' }, 'digest'],
    ['gzip', { gzip: true }, 'tag'],
    ['a body without an end', { endless: true }, 'tag'],
    ['neither type', { bytes: { text: SAID, type: '' }, digestHeader: '' }, 'tag'],
    ['no type that is one', { bytes: { text: `"${SAID}"`, type: 'nonsense' }, digestHeader: '' }, 'tag'],
  ] as const)('%s', async (_what, how, reference) => {
    upstream.misbehave(how)
    expect((await remoteError(open().manifest('a/b', by[reference]()))).kind).toBe('invalid')
    expect(upstream.count()).toBe(1)
  })

  it('a HEAD that names another digest than was asked for, or a page', async () => {
    upstream.misbehave({ times: 1, digestHeader: ZEROS })
    expect((await remoteError(open().resolve('a/b', image.digest))).kind).toBe('invalid')
    upstream.misbehave({ bytes: 'html' })
    expect((await remoteError(open().resolve('a/b', 'v1'))).kind).toBe('invalid')
  })

  it('one that breaks off', async () => {
    upstream.misbehave({ method: 'GET', breakAfter: 20 })
    expect((await remoteError(open().manifest('a/b', 'v1'))).kind).toBe('unreachable')
  })

  it('with what the other side says about errors, which is not repeated', async () => {
    upstream.misbehave({ status: 418, headers: { 'x-why': SAID } })
    const { kind, message } = await remoteError(open().manifest('a/b', 'v1'))
    expect([kind, message]).toEqual(['invalid', `${upstream.host} answered with status 418`])
  })
})

describe('a blob', () => {
  it.each([0, 1, 299_999, 300_000])('comes from byte %d on', async (offset) => {
    const blob = await open().blob('a/b', layer.digest, { offset })
    expect(blob?.sizeBytes).toBe(300_000)
    expect(blob && sha256(await bytesOf(blob.body))).toBe(sha256(layer.content.subarray(offset)))
  })

  it.each([1, 200_000, 300_000])('of a registry that knows no ranges comes from byte %d on', async (offset) => {
    upstream.misbehave({ ignoreRange: true })
    const blob = await open().blob('a/b', layer.digest, { offset })
    expect(blob?.sizeBytes).toBe(300_000)
    expect(blob && sha256(await bytesOf(blob.body))).toBe(sha256(layer.content.subarray(offset)))
  })

  it('that is not there is undefined', async () => {
    expect(await open().blob('a/b', ZEROS)).toBeUndefined()
    expect(await open().hasBlob('a/b', ZEROS)).toBe(false)
    expect(await open().hasBlob('a/b', layer.digest)).toBe(true)
  })

  it('waits for a slow reader, and is not fetched ahead', async () => {
    upstream.misbehave({ endless: true })
    const before = process.memoryUsage.rss()
    const blob = await open({ stallMs: 50 }).blob('a/b', layer.digest)
    const reader = blob?.body.getReader()
    for (let i = 0; i < 20; i++) {
      await Bun.sleep(10)
      await reader?.read()
    }
    await reader?.cancel()
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024)
  })

  it('nobody reads to its end lets go of the connection', async () => {
    upstream.misbehave({ endless: true })
    const controller = new AbortController()
    const blob = await open().blob('a/b', layer.digest, { signal: controller.signal })
    const reader = blob?.body.getReader()
    await reader?.read()
    controller.abort(new Error('enough'))
    const rest = (async () => {
      while (!(await reader?.read())?.done);
    })()
    await expect(rest).rejects.toThrow('enough')
    while (upstream.sending > 0) await Bun.sleep(1)
  })
})

describe('row 52: a blob is refused', () => {
  it.each([
    ['a sign-in page with status 200', { bytes: 'html' }],
    ['gzip', { gzip: true }],
    ['another part', { headers: { 'content-range': 'bytes 5-299999/300000' } }],
    ['a part that ends early', { headers: { 'content-range': 'bytes 10-100/300000' } }],
    ['no word of which part', { headers: { 'content-range': SAID } }],
  ] as const)('%s', async (_what, how) => {
    upstream.misbehave(how)
    expect((await remoteError(open().blob('a/b', layer.digest, { offset: 10 }))).kind).toBe('invalid')
  })

  it('with another size than before', async () => {
    expect((await remoteError(open().blob('a/b', layer.digest, { offset: 300_001 }))).kind).toBe('invalid')
    upstream.misbehave({ ignoreRange: true })
    const blob = await open().blob('a/b', layer.digest, { offset: 300_001 })
    expect((await remoteError(bytesOf(blob?.body ?? new ReadableStream()))).kind).toBe('invalid')
  })

  it('that breaks off ends in an error', async () => {
    upstream.misbehave({ breakAfter: 1000 })
    const blob = await open().blob('a/b', layer.digest)
    expect((await remoteError(bytesOf(blob?.body ?? new ReadableStream()))).kind).toBe('unreachable')
  })

  it('that stops coming ends in an error', async () => {
    upstream.misbehave({ stall: { afterBytes: 1000 } })
    const blob = await open({ stallMs: 30 }).blob('a/b', layer.digest)
    expect((await remoteError(bytesOf(blob?.body ?? new ReadableStream()))).kind).toBe('timeout')
  })
})
