import { afterEach, beforeEach, describe, expect, it } from 'bun:test'
import { randomBytes } from 'node:crypto'
import type { RemoteRegistry } from '../../src/client/remote-registry.ts'
import { RemoteError } from '../../src/registry/image-source.ts'
import { type BadUpstream, startBadUpstream } from '../support/bad-upstream.ts'
import { type StoredImage, sha256 } from '../support/bad-upstream-content.ts'
import { openRemote, remoteError } from './support/remote.ts'

let upstream: BadUpstream
let remote: RemoteRegistry
const content = new Uint8Array(randomBytes(4_000_000))
const blob = { mediaType: 'application/octet-stream', digest: sha256(content), size: content.byteLength }

beforeEach(async () => {
  upstream = await startBadUpstream({ referrersApi: false })
  remote = openRemote(upstream.url)
})
afterEach(() => upstream.close())

/** Opens the bytes and remembers from where. */
function source() {
  const offsets: number[] = []
  return {
    offsets,
    open: async (offset: number) => {
      offsets.push(offset)
      return new Blob([content.subarray(offset)]).stream() as ReadableStream<Uint8Array>
    },
  }
}

describe('a blob', () => {
  it('is put in one stream', async () => {
    const { open, offsets } = source()
    await remote.putBlob('a/b', blob, open)
    expect(offsets).toEqual([0])
    expect(upstream.content.blobs.get(`a/b ${blob.digest}`)).toEqual(content)
    expect(upstream.requests.map(({ method }) => method)).toEqual(['POST', 'PUT'])
  })

  it('may be empty', async () => {
    const empty = { ...blob, digest: sha256(new Uint8Array()), size: 0 }
    await remote.putBlob('a/b', empty, async () => new Blob([]).stream())
    expect(await remote.hasBlob('a/b', empty.digest)).toBe(true)
  })

  it('is not held in memory on its way', async () => {
    let sent = 0
    let received = 0
    let ahead = 0
    // A reader that only counts.
    const server = Bun.serve({
      port: 0,
      maxRequestBodySize: 2 ** 30,
      fetch: async (request) => {
        if (request.method === 'POST')
          return new Response(null, { status: 202, headers: { location: '/v2/a/b/blobs/uploads/1' } })
        for await (const piece of request.body ?? []) received += piece.byteLength
        return new Response(null, { status: 201 })
      },
    })
    const size = 768 * 1024 * 1024
    const stream = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          if (sent >= size) return controller.close()
          sent += 262_144
          ahead = Math.max(ahead, sent - received)
          controller.enqueue(new Uint8Array(262_144).fill(1))
        },
      },
      { highWaterMark: 0 },
    )
    const target = openRemote(`http://127.0.0.1:${server.port}`)
    await target.putBlob('a/b', { ...blob, size }, async () => stream)
    expect(received).toBe(size)
    expect(ahead).toBeLessThan(size / 4)
    await server.stop(true)
  })

  it('goes on where the connection broke', async () => {
    const { open, offsets } = source()
    upstream.misbehave({ on: 'upload', method: 'PUT', breakAfter: 1_000_000, times: 1 })
    await remote.putBlob('a/b', blob, open)
    expect(offsets).toHaveLength(2)
    expect(offsets[1]).toBeGreaterThanOrEqual(1_000_000)
    expect(upstream.content.blobs.get(`a/b ${blob.digest}`)).toEqual(content)
    expect(upstream.count('upload', 'POST')).toBe(1)
  })

  it('begins again where the registry has forgotten it', async () => {
    const { open, offsets } = source()
    upstream.misbehave({ on: 'upload', method: 'PUT', breakAfter: 1_000_000, times: 1 })
    upstream.misbehave({ on: 'upload', method: 'GET', status: 404 })
    await remote.putBlob('a/b', blob, open)
    expect([offsets, upstream.count('upload', 'POST')]).toEqual([[0, 0], 2])
  })

  it.each([400, 404, 416])('begins again where what was resumed does not fit: %d', async (status) => {
    const { open, offsets } = source()
    upstream.misbehave({ on: 'upload', method: 'PUT', status, times: 1 })
    upstream.misbehave({ on: 'upload', method: 'PUT', breakAfter: 1_000_000, times: 1 })
    await remote.putBlob('a/b', blob, open)
    expect([offsets.length, offsets.at(0), offsets.at(-1)]).toEqual([3, 0, 0])
    expect(upstream.content.blobs.get(`a/b ${blob.digest}`)).toEqual(content)
  })

  it('is given up after three times, and the upload is cancelled', async () => {
    upstream.misbehave({ on: 'upload', method: 'PUT', breakAfter: 100 })
    expect((await remoteError(remote.putBlob('a/b', blob, source().open))).kind).toBe('unreachable')
    expect([upstream.count('upload', 'PUT'), upstream.requests.at(-1)?.method]).toEqual([3, 'DELETE'])
  })

  it.each([
    [403, 'refused'],
    [400, 'invalid'],
    [413, 'invalid'],
    [429, 'rate-limited'],
  ] as const)('that is refused with %d is not sent again', async (status, kind) => {
    upstream.misbehave({ on: 'upload', method: 'PUT', status })
    expect((await remoteError(remote.putBlob('a/b', blob, source().open))).kind).toBe(kind)
    expect(upstream.count('upload', 'PUT')).toBe(1)
  })

  it('of other bytes than its digest is refused', async () => {
    const wrong = { ...blob, digest: sha256(new Uint8Array(3)), size: 3 }
    const error = await remoteError(remote.putBlob('a/b', wrong, async () => new Blob(['abc']).stream()))
    expect(error.kind).toBe('invalid')
    expect(upstream.content.blobs.size).toBe(0)
  })

  it('whose source breaks ends with what the source says', async () => {
    const broken = new RemoteError('timeout', 'the source is slow')
    const open = async () => new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(broken) })
    await expect(remote.putBlob('a/b', blob, open)).rejects.toBe(broken)
    // Which is not the target's failure.
    expect(remote.health()).toMatchObject({ failures: 0, lastProblem: undefined })
    expect(upstream.content.blobs.size).toBe(0)
  })

  it('whose source ends early or goes on too long is not stored', async () => {
    for (const size of [blob.size - 1, blob.size + 1]) {
      const stream = () => new Blob([content, 'x']).slice(0, size).stream()
      expect((await remoteError(remote.putBlob('a/b', blob, async () => stream()))).message).toContain('as many')
    }
    // What it sent too much is nobody's request.
    await remote.ping()
    expect(upstream.requests.at(-1)?.part).toBe('ping')
    expect(upstream.content.blobs.size).toBe(0)
  })

  it('to somebody who does not read it any more ends', async () => {
    upstream.misbehave({ on: 'upload', method: 'PUT', stall: 'headers' })
    const slow = openRemote(upstream.url, {}, { times: { stallMs: 30, commitMs: 30 } })
    let cancelled = 0
    const endless = async () =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
        cancel: () => void cancelled++,
      })
    const huge = { ...blob, size: 2 ** 40 }
    expect((await remoteError(slow.putBlob('a/b', huge, endless))).kind).toBe('timeout')
    expect(cancelled).toBe(3)
  })

  it('can be taken from another repository, or not', async () => {
    upstream.misbehave({ on: 'upload', method: 'POST', status: 201, times: 1 })
    expect(await remote.mountBlob('a/b', blob.digest, 'c/d')).toBe(true)
    expect(await remote.mountBlob('a/b', blob.digest, 'c/d')).toBe(false)
    // Nobody wants the upload that it began instead.
    expect(upstream.requests.at(-1)?.method).toBe('DELETE')
    for (const status of [400, 401, 403, 404, 405]) {
      upstream.recover()
      upstream.misbehave({ on: 'upload', status })
      expect(await remote.mountBlob('a/b', blob.digest, 'c/d')).toBe(false)
    }
  })
})

describe('a manifest', () => {
  let image: StoredImage
  beforeEach(() => {
    image = upstream.content.addImage('from')
  })
  const fetched = (stored: Omit<StoredImage, 'blobs'>) => ({ ...stored, mediaType: stored.mediaType as never })

  it('is put once for each tag, or by its digest', async () => {
    await remote.putManifest('a/b', fetched(image), ['v1', 'v2'])
    await remote.putManifest('c/d', fetched(image), [])
    expect(upstream.requests.map(({ path }) => path)).toEqual([
      '/v2/a/b/manifests/v1',
      '/v2/a/b/manifests/v2',
      `/v2/c/d/manifests/${image.digest}`,
    ])
    expect((await remote.manifest('a/b', 'v2'))?.digest).toBe(image.digest)
  })

  it('row 52: that is stored as something else is an error', async () => {
    upstream.misbehave({ on: 'manifest', digestHeader: `sha256:${'0'.repeat(64)}` })
    expect((await remoteError(remote.putManifest('a/b', fetched(image), ['v1']))).kind).toBe('invalid')
  })

  it('says which rule of the specification refuses it, and nothing else that was said', async () => {
    const text = '{"errors":[{"code":"DENIED","message":"what the other side said"}]}'
    upstream.misbehave({ on: 'manifest', method: 'GET', bytes: { text, type: 'application/json' } })
    upstream.misbehave({ on: 'manifest', status: 403 })
    const { message, kind } = await remoteError(remote.putManifest('a/b', fetched(image), ['v1']))
    expect([kind, message]).toEqual(['refused', `${upstream.host} does not allow it (status 403)`])
  })

  it('of a name that cannot be is refused before anything is sent', async () => {
    for (const [name, tag] of [['../x', 'v1'] as const, ['a/b', '../x'] as const])
      expect((await remoteError(remote.putManifest(name, fetched(image), [tag]))).kind).toBe('invalid')
    expect(upstream.requests).toEqual([])
  })

  it('about another is listed under the fallback tag, by many at once, and once each', async () => {
    await remote.putManifest('a/b', fetched(image), ['v1'])
    const signatures = Array.from({ length: 12 }, (_, n) =>
      upstream.content.addImage('from', {
        subject: image,
        artifactType: 'application/x.signature',
        annotations: { n: `${n}` },
      }),
    )
    await Promise.all(signatures.map((signature) => remote.putManifest('a/b', fetched(signature), [])))
    await Promise.all(signatures.map((signature) => remote.putManifest('a/b', fetched(signature), [])))
    const listed = await openRemote(upstream.url).referrers('a/b', image.digest)
    expect(listed.map(({ digest }) => digest).sort()).toEqual(signatures.map(({ digest }) => digest).sort())
    expect(listed[0]).toMatchObject({ artifactType: 'application/x.signature' })
    expect(new Set(listed.map(({ annotations }) => annotations?.n)).size).toBe(12)
  })

  it('about another is not listed again where the registry lists it', async () => {
    const able = await startBadUpstream()
    const signature = able.content.addImage('from', { subject: image })
    const target = openRemote(able.url)
    await target.putManifest('a/b', fetched(signature), [])
    expect(able.requests.map(({ part, method }) => `${method} ${part}`)).toEqual(['PUT manifest'])
    expect(await target.referrers('a/b', image.digest)).toHaveLength(1)
    await able.close()
  })
})

describe('a tag', () => {
  it('is deleted alone', async () => {
    const image = upstream.content.addImage('a/b', { tag: 'v1' })
    upstream.content.tag('a/b', 'v2', image.digest)
    expect(await remote.deleteTag('a/b', 'v1')).toBe(true)
    expect(await remote.deleteTag('a/b', 'v1')).toBe(false)
    expect((await remote.resolve('a/b', 'v2'))?.digest).toBe(image.digest)
  })

  it.each([400, 404, 405])('stays where the registry cannot delete it alone: %d', async (status) => {
    upstream.content.addImage('a/b', { tag: 'v1' })
    upstream.misbehave({ method: 'DELETE', status })
    const { kind, message } = await remoteError(remote.deleteTag('a/b', 'v1'))
    expect([kind, message]).toEqual([
      'refused',
      `${upstream.host} does not delete single tags (status ${status}); delete it there by hand`,
    ])
    for (const { path, method } of upstream.requests) if (method === 'DELETE') expect(path).toEndWith('/v1')
  })
})
