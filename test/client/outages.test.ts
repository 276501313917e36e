import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import type { RemoteRegistry } from '../../src/client/remote-registry.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { type BadUpstream, startBadUpstream } from '../support/bad-upstream.ts'
import type { StoredImage } from '../support/bad-upstream-content.ts'
import { bytesOf, openRemote, remoteError, testClock } from './support/remote.ts'

let upstream: BadUpstream
let image: StoredImage

beforeAll(async () => {
  upstream = await startBadUpstream()
  image = upstream.content.addImage('a/b', { tag: 'v1', layerBytes: [1000] })
})
afterAll(() => upstream.close())
beforeEach(() => upstream.recover())

describe('row 53: a request that fails', () => {
  it.each([{ status: 502 }, { status: 503 }, { status: 504 }, { breakAfter: 0 }, { breakAfter: 20 }])(
    'is repeated when that may help: %j',
    async (how) => {
      const clock = testClock()
      upstream.misbehave({ ...how, times: 2 })
      expect((await openRemote(upstream.url, { clock }).manifest('a/b', 'v1'))?.digest).toBe(image.digest)
      expect(clock.sleptMs).toEqual([150, 300])
    },
  )

  it.each([500, 501, 400, 403, 418])('is not repeated when it does not: %d', async (status) => {
    upstream.misbehave({ status })
    const { kind } = await remoteError(openRemote(upstream.url).resolve('a/b', 'v1'))
    expect(kind).toBe(status >= 500 ? 'failed' : status === 403 ? 'refused' : 'invalid')
    expect(upstream.count()).toBe(1)
  })

  it('is given up after three times', async () => {
    upstream.misbehave({ status: 503 })
    expect((await remoteError(openRemote(upstream.url).resolve('a/b', 'v1'))).kind).toBe('failed')
    expect(upstream.count()).toBe(3)
  })

  it('is not repeated without end by many: there is a budget', async () => {
    const clock = testClock()
    const remote = openRemote(upstream.url, { clock })
    for (let i = 0; i < 40; i++) {
      clock.advance(60_000)
      upstream.misbehave({ status: 503, times: 1 })
      await remote.resolve('a/b', 'v1').catch(() => undefined)
    }
    expect(upstream.count() - 40).toBeWithin(10, 15)
    expect(remote.health().failures).toBe(40)
  })

  it('is not repeated when nobody waits for it any more', async () => {
    upstream.misbehave({ stall: 'headers' })
    const controller = new AbortController()
    const asked = openRemote(upstream.url).resolve('a/b', 'v1', controller.signal)
    while (upstream.count() === 0) await Bun.sleep(1)
    controller.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    expect(upstream.count()).toBe(1)
  })

  it('is not waited for longer than it takes', async () => {
    upstream.misbehave({ stall: 'headers' })
    const remote = openRemote(upstream.url, {}, { times: { headersMs: 30 } })
    expect((await remoteError(remote.resolve('a/b', 'v1'))).kind).toBe('timeout')
    upstream.misbehave({ stall: { afterBytes: 10 } })
    const stalling = openRemote(upstream.url, {}, { times: { stallMs: 30 } })
    expect((await remoteError(stalling.manifest('a/b', 'v1'))).kind).toBe('timeout')
  })

  it.each([
    ['manifest', (remote: RemoteRegistry) => remote.manifest('a/b', 'v1')],
    ['tags', (remote: RemoteRegistry) => remote.tagPage('a/b', { after: '', limit: 9 })],
    ['referrers', (remote: RemoteRegistry) => remote.referrers('a/b', image.digest)],
  ] as const)('is not waited for while it comes byte by byte: %s', async (on, ask) => {
    upstream.misbehave({ on, trickleMs: 5 })
    const remote = openRemote(upstream.url, {}, { times: { stallMs: 5000, wholeMs: 50 } })
    expect((await remoteError(ask(remote))).kind).toBe('timeout')
    expect(upstream.count()).toBe(1)
  })

  it('nor for a token that does', async () => {
    const guarded = await startBadUpstream({ auth: { scheme: 'bearer', username: 'u', password: 'p' } })
    guarded.misbehave({ on: 'token', trickleMs: 5, bytes: { text: `{"token":"${'x'.repeat(500)}"}`, type: 'a/b' } })
    const remote = openRemote(guarded.url, {}, { times: { stallMs: 5000, wholeMs: 50 } })
    expect((await remoteError(remote.ping())).kind).toBe('timeout')
    await guarded.close()
  })

  it('is not waited for to end when nobody wants what it says', async () => {
    const text = ' '.repeat(10_000)
    upstream.misbehave({ on: 'manifest', status: 500, trickleMs: 5, bytes: { text, type: 'text/plain' } })
    const began = performance.now()
    expect((await remoteError(openRemote(upstream.url).manifest('a/b', 'v1'))).kind).toBe('failed')
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  it('because nobody listens is unreachable', async () => {
    const closed = await startBadUpstream()
    await closed.close()
    const remote = openRemote(closed.url)
    expect((await remoteError(remote.ping())).kind).toBe('unreachable')
    expect(remote.health().lastProblem?.message).toBe(`${closed.host} refuses connections`)
  })
})

describe('row 53: too many requests', () => {
  it('is waited out when that is short', async () => {
    const clock = testClock()
    upstream.misbehave({ status: 429, headers: { 'retry-after': '1' }, times: 1 })
    const remote = openRemote(upstream.url, { clock })
    expect((await remote.resolve('a/b', 'v1'))?.digest).toBe(image.digest)
    expect(clock.sleptMs).toEqual([1000])
  })

  it('is said at once when it is longer than those have patience who ask', async () => {
    const clock = testClock()
    upstream.misbehave({ status: 429, headers: { 'retry-after': '2' } })
    const error = await remoteError(openRemote(upstream.url, { clock }).resolve('a/b', 'v1'))
    expect([error.kind, error.retryAfterMs, clock.sleptMs]).toEqual(['rate-limited', 2000, []])
  })

  it('is said to who runs out of time while it is waited out', async () => {
    upstream.misbehave({ status: 429, headers: { 'retry-after': '1' } })
    const remote = openRemote(upstream.url, { clock: systemClock })
    expect((await remoteError(remote.resolve('a/b', 'v1', AbortSignal.timeout(300)))).kind).toBe('rate-limited')
    const stop = new AbortController()
    const stopped = openRemote(upstream.url, {
      clock: { ...systemClock, sleep: async () => stop.abort(new Error('enough')) },
    })
    await expect(stopped.resolve('a/b', 'v1', stop.signal)).rejects.toThrow('enough')
  })

  it.each(['60', 'Sun, 01 Mar 2026 00:01:00 GMT'])('pauses everybody until then: %s', async (retryAfter) => {
    const clock = testClock()
    const remote = openRemote(upstream.url, { clock })
    upstream.misbehave({ status: 429, headers: { 'retry-after': retryAfter }, times: 1 })
    const first = await remoteError(remote.resolve('a/b', 'v1'))
    expect([first.kind, first.retryAfterMs]).toEqual(['rate-limited', 60_000])
    expect(remote.health().pausedUntil).toEqual(new Date('2026-03-01T00:01:00Z'))
    clock.advance(59_000)
    const second = await remoteError(remote.manifest('a/b', 'v1'))
    expect([second.kind, second.retryAfterMs, upstream.count()]).toEqual(['rate-limited', 1000, 1])
    clock.advance(1000)
    expect(await remote.resolve('a/b', 'v1')).toBeDefined()
    expect(remote.health()).toMatchObject({ pausedUntil: undefined, lastProblem: undefined, requests: 2, failures: 1 })
  })

  it('without a word of when is said at once', async () => {
    upstream.misbehave({ status: 429 })
    const error = await remoteError(openRemote(upstream.url).resolve('a/b', 'v1'))
    expect([error.kind, error.retryAfterMs, upstream.count()]).toEqual(['rate-limited', undefined, 1])
  })

  it('is not what we send: so many in any minute', async () => {
    const clock = testClock()
    const remote = openRemote(upstream.url, { clock, requestsPerMinute: 3 })
    for (let i = 0; i < 3; i++) await remote.ping()
    clock.advance(10_000)
    const error = await remoteError(remote.ping())
    expect([error.kind, error.retryAfterMs, upstream.count()]).toEqual(['rate-limited', 50_000, 3])
    clock.advance(50_000)
    await remote.ping()
  })
})

describe('row 53: a registry that is down', () => {
  it('is left alone after five failures, and tried by one', async () => {
    const clock = testClock()
    const remote = openRemote(upstream.url, { clock })
    upstream.misbehave({ status: 500 })
    for (let i = 0; i < 5; i++) await remoteError(remote.resolve('a/b', 'v1'))
    expect(remote.health().pausedUntil).toEqual(new Date(clock.now().getTime() + 5000))
    expect((await remoteError(remote.resolve('a/b', 'v1'))).kind).toBe('failed')
    expect(upstream.count()).toBe(5)
    clock.advance(5000)
    const both = await Promise.allSettled([remote.resolve('a/b', 'v1'), remote.resolve('a/b', 'v1')])
    expect([both.map(({ status }) => status), upstream.count()]).toEqual([['rejected', 'rejected'], 6])
    // Twice as long the next time.
    expect(remote.health().pausedUntil).toEqual(new Date(clock.now().getTime() + 10_000))
    upstream.recover()
    clock.advance(10_000)
    expect(await remote.resolve('a/b', 'v1')).toBeDefined()
    expect(remote.health().pausedUntil).toBeUndefined()
  })

  it.each([{ stall: 'headers' }, { stall: { afterBytes: 10 } }] as const)(
    'is left alone too when those who ask have no patience: %j',
    async (how) => {
      const remote = openRemote(upstream.url)
      upstream.misbehave(how)
      for (let i = 0; i < 5; i++) {
        expect(remote.health().pausedUntil).toBeUndefined()
        await expect(remote.manifest('a/b', 'v1', AbortSignal.timeout(20))).rejects.toThrow('timed out')
      }
      expect(remote.health().pausedUntil).toBeDefined()
      expect(remote.health().lastProblem?.message).toBe(`${upstream.host} does not answer in time`)
      expect((await remoteError(remote.resolve('a/b', 'v1'))).kind).toBe('timeout')
      expect(upstream.count()).toBe(5)
    },
  )

  it('is not down because those who ask go away', async () => {
    const remote = openRemote(upstream.url)
    upstream.misbehave({ stall: 'headers' })
    for (let i = 1; i <= 6; i++) {
      const controller = new AbortController()
      const asked = remote.resolve('a/b', 'v1', controller.signal)
      while (upstream.count() < i) await Bun.sleep(1)
      controller.abort(new Error('enough'))
      await expect(asked).rejects.toThrow('enough')
    }
    expect(remote.health()).toMatchObject({ pausedUntil: undefined, failures: 0 })
  })

  it('is not down because something is missing or forbidden there', async () => {
    const remote = openRemote(upstream.url)
    upstream.misbehave({ on: 'blob', status: 403 })
    for (let i = 0; i < 10; i++) await remoteError(remote.blob('a/b', image.digest))
    for (let i = 0; i < 10; i++) await remote.resolve('a/b', 'none')
    expect(remote.health().pausedUntil).toBeUndefined()
  })
})

describe('the budget', () => {
  it('is what the last answer said', async () => {
    const remote = openRemote(upstream.url)
    expect(remote.health().budget).toBeUndefined()
    const headers = { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '41;w=21600' }
    upstream.misbehave({ headers })
    await remote.resolve('a/b', 'v1')
    expect(remote.health().budget).toMatchObject({ limit: 100, remaining: 41, windowSeconds: 21_600 })
  })
})

describe('requests at a time', () => {
  it('are so many, and small ones do not wait for blobs', async () => {
    const [, layer] = image.blobs
    if (layer === undefined) throw new Error('no layer')
    const remote = openRemote(upstream.url, { maxConcurrent: 3 })
    upstream.misbehave({ on: 'blob', endless: true })
    const blobs = await Promise.all([1, 2].map(() => remote.blob('a/b', layer.digest)))
    let isThirdThere = false
    const third = remote.blob('a/b', layer.digest).then((blob) => {
      isThirdThere = true
      return blob
    })
    expect(await remote.resolve('a/b', 'v1')).toBeDefined()
    expect([isThirdThere, upstream.count('blob')]).toEqual([false, 2])
    await blobs[0]?.body.cancel()
    await (await third)?.body.cancel()
    await blobs[1]?.body.cancel()
  })

  it('are for small blobs among the small ones', async () => {
    const [config, layer] = image.blobs
    if (config === undefined || layer === undefined) throw new Error('no blobs')
    const remote = openRemote(upstream.url, { maxConcurrent: 2 }, { times: { queueMs: 30 } })
    upstream.misbehave({ on: 'blob', times: 1, endless: true })
    const slow = await remote.blob('a/b', layer.digest)
    const sizeBytes = config.content.byteLength
    const small = await remote.blob('a/b', config.digest, { sizeBytes })
    expect(small && (await bytesOf(small.body)).byteLength).toBe(sizeBytes)
    for (const size of [undefined, 64 * 1024 + 1]) {
      const error = await remoteError(remote.blob('a/b', config.digest, { sizeBytes: size }))
      const message = `${upstream.host} is busy: 1 downloads from it are under way`
      expect([error.kind, error.message]).toEqual(['timeout', message])
    }
    // Whom it does not hurry is not told, and comes in its turn; those who gave up have left the queue.
    const patient = remote.blob('a/b', config.digest, { isPatient: true })
    await Bun.sleep(60)
    await slow?.body.cancel()
    expect((await patient)?.sizeBytes).toBe(sizeBytes)
    expect(remote.health().pausedUntil).toBeUndefined()
  })

  it('are given back by those who waited in vain', async () => {
    const [, layer] = image.blobs
    if (layer === undefined) throw new Error('no layer')
    const remote = openRemote(upstream.url, { maxConcurrent: 1 })
    upstream.misbehave({ on: 'blob', times: 1, endless: true })
    const first = await remote.blob('a/b', layer.digest)
    const controller = new AbortController()
    const second = remote.blob('a/b', layer.digest, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(second).rejects.toThrow('enough')
    await first?.body.cancel()
    expect((await remote.blob('a/b', layer.digest))?.sizeBytes).toBe(1000)
  })
})
