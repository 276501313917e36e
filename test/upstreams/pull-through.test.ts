import { afterAll, beforeAll, beforeEach, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { randomContent, SEED } from '../conformance/support/content.ts'
import { OCI_LAYER, OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { pushBlob } from '../conformance/support/uploads.ts'
import { descriptor, image, index, manifestOf, pushImage } from '../e2e/support/images.ts'
import { mirrorOf, openWatched } from './support/upstream.ts'

setDefaultTimeout(60_000)

let { origin, upstream, cache, hub, admin, close } = {} as Awaited<ReturnType<typeof openWatched>>
beforeAll(async () => {
  ;({ origin, upstream, cache, hub, admin, close } = await openWatched())
})
afterAll(() => close?.())
beforeEach(() => {
  upstream.instead(undefined)
  upstream.forget()
})

const at = (name: string) => ({ registry: origin, name })
const manifest = (name: string, reference: string) => hub.send('GET', `/v2/hub/${name}/manifests/${reference}`)
const blob = (name: string, digest: string, headers = {}) =>
  hub.send('GET', `/v2/hub/${name}/blobs/${digest}`, { headers })

/** Bytes that come when they are let. */
function gated(bytes: Uint8Array, after: number) {
  const gate = Promise.withResolvers<void>()
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(bytes.slice(0, after))
      await gate.promise
      controller.enqueue(bytes.slice(after))
      controller.close()
    },
  })
  return { body, open: () => gate.resolve() }
}

describe(`an image that only the upstream has (BERTH_TEST_SEED=${SEED})`, () => {
  it('is pulled through, kept, and pulled again without a word to the upstream', async () => {
    const app = image('through', {}, 200_000)
    await pushImage(at('app'), app, 'v1')
    const first = await manifest('app', 'v1')
    expect([first.status, first.text]).toEqual([200, new TextDecoder().decode(app.manifest.bytes)])
    expect(first.headers.get('docker-content-digest')).toBe(app.manifest.digest)
    expect(first.headers.get('content-type')).toBe(OCI_MANIFEST)
    for (const content of [app.config, app.layer]) {
      const got = await blob('app', content.digest)
      expect([got.status, Buffer.compare(got.bytes, content.bytes)]).toEqual([200, 0])
    }
    expect(upstream.log()).toEqual([
      'GET /v2/app/manifests/v1',
      `GET /v2/app/blobs/${app.config.digest}`,
      `GET /v2/app/blobs/${app.layer.digest}`,
    ])
    upstream.forget()
    expect((await manifest('app', 'v1')).status).toBe(200)
    expect((await hub.send('HEAD', '/v2/hub/app/manifests/v1')).status).toBe(200)
    expect((await blob('app', app.layer.digest)).status).toBe(200)
    expect((await manifest('app', app.manifest.digest)).status).toBe(200)
    expect(upstream.asked).toEqual([])
  })

  it('is looked at again when it is not fresh any more, at the price of a HEAD', async () => {
    const [old, young] = [image('fresh/old'), image('fresh/young')]
    await pushImage(at('fresh'), old, 'latest')
    await manifest('fresh', 'latest')
    upstream.forget()
    cache.clock.advance(61_000)
    await manifest('fresh', 'latest')
    expect(upstream.log()).toEqual(['HEAD /v2/fresh/manifests/latest'])
    await pushImage(at('fresh'), young, 'latest')
    cache.clock.advance(61_000)
    const moved = await manifest('fresh', 'latest')
    expect(moved.headers.get('docker-content-digest')).toBe(young.manifest.digest)
    expect((await manifest('fresh', old.manifest.digest)).status).toBe(200)
  })

  it('is an index: its platforms come when they are asked for', async () => {
    const [amd, arm] = [image('multi/amd'), image('multi/arm')]
    const list = index([descriptor(amd.manifest, OCI_MANIFEST), descriptor(arm.manifest, OCI_MANIFEST)])
    await pushImage(at('multi'), amd)
    await pushImage(at('multi'), arm)
    await putManifest(at('multi'), 'v1', list)
    expect((await manifest('multi', 'v1')).headers.get('docker-content-digest')).toBe(list.digest)
    expect((await manifest('multi', arm.manifest.digest)).status).toBe(200)
    expect((await blob('multi', arm.layer.digest)).status).toBe(200)
    expect(upstream.log().filter((line) => line.includes(amd.manifest.digest))).toEqual([])
  })

  it('has its size said before its bytes are here', async () => {
    const app = image('sized', {}, 100_000)
    await pushImage(at('sized'), app, 'v1')
    await manifest('sized', 'v1')
    upstream.forget()
    const described = await hub.send('HEAD', `/v2/hub/sized/blobs/${app.layer.digest}`)
    expect([described.status, described.headers.get('content-length')]).toEqual([200, '100000'])
    // Whoever may push there is told what is here: he would rely on it.
    const pushers = await admin.send('HEAD', `/v2/hub/sized/blobs/${app.layer.digest}`)
    expect(pushers.status).toBe(404)
    expect(upstream.asked).toEqual([])
  })

  it('is not there either: 404, and for a minute without asking', async () => {
    expect((await manifest('nothing', 'v1')).status).toBe(404)
    expect((await manifest('nothing', 'v1')).status).toBe(404)
    expect(upstream.log()).toEqual(['GET /v2/nothing/manifests/v1'])
    cache.clock.advance(61_000)
    await pushImage(at('nothing'), image('nothing'), 'v1')
    expect((await manifest('nothing', 'v1')).status).toBe(200)
  })
})

describe('a blob on its way', () => {
  it('is passed on to everybody while it is stored once', async () => {
    const app = image('shared', {}, 3_000_000)
    await pushImage(at('shared'), app, 'v1')
    await manifest('shared', 'v1')
    upstream.forget()
    const { body, open } = gated(app.layer.bytes, 1_000_000)
    upstream.instead((request) =>
      request.url.includes(app.layer.digest)
        ? new Response(body, { headers: { 'content-length': String(app.layer.bytes.length) } })
        : undefined,
    )
    const url = `${cache.url}/v2/hub/shared/blobs/${app.layer.digest}`
    const answers = await Promise.all(Array.from({ length: 8 }, () => fetch(url)))
    // Its first bytes are here before the upstream has sent the last.
    const readers = answers.map((answer) => (answer.body as ReadableStream<Uint8Array>).getReader())
    const firsts = await Promise.all(readers.map((reader) => reader.read()))
    for (const { value } of firsts) expect(value?.length).toBeGreaterThan(0)
    const part = hub.send('GET', `/v2/hub/shared/blobs/${app.layer.digest}`, {
      headers: { range: 'bytes=2500000-2500009' },
    })
    open()
    const wholes = await Promise.all(
      readers.map(async (reader, index) => {
        const pieces = [firsts[index]?.value ?? new Uint8Array()]
        for (let next = await reader.read(); !next.done; next = await reader.read()) pieces.push(next.value)
        return Buffer.concat(pieces)
      }),
    )
    for (const whole of wholes) expect(whole.equals(app.layer.bytes)).toBe(true)
    const ranged = await part
    expect([ranged.status, ranged.headers.get('content-range')]).toEqual([206, 'bytes 2500000-2500009/3000000'])
    expect(Buffer.compare(ranged.bytes, app.layer.bytes.subarray(2_500_000, 2_500_010))).toBe(0)
    expect(upstream.log()).toEqual([`GET /v2/shared/blobs/${app.layer.digest}`])
    upstream.instead(undefined)
    expect(Buffer.compare((await blob('shared', app.layer.digest)).bytes, app.layer.bytes)).toBe(0)
    expect(upstream.asked).toHaveLength(1)
  })

  it('goes on where the connection broke', async () => {
    const app = image('broken', {}, 2_000_000)
    await pushImage(at('broken'), app, 'v1')
    await manifest('broken', 'v1')
    let isFirst = true
    upstream.instead((request) => {
      if (!isFirst || !request.url.includes(app.layer.digest)) return undefined
      isFirst = false
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          controller.enqueue(app.layer.bytes.slice(0, 700_000))
          controller.error(new DOMException('cut on purpose', 'AbortError'))
        },
      })
      return new Response(body, { headers: { 'content-length': '2000000' } })
    })
    const got = await blob('broken', app.layer.digest)
    expect([got.status, Buffer.compare(got.bytes, app.layer.bytes)]).toEqual([200, 0])
  })

  it('that turns out to be another breaks off, for everybody, and is not kept', async () => {
    const app = image('forged', {}, 500_000)
    await pushImage(at('forged'), app, 'v1')
    await manifest('forged', 'v1')
    const other = randomContent('forged/other', 500_000)
    upstream.instead((request) =>
      request.url.includes(app.layer.digest)
        ? new Response(other.bytes.slice(), { headers: { 'content-length': '500000' } })
        : undefined,
    )
    const outcomes = await Promise.allSettled([blob('forged', app.layer.digest), blob('forged', app.layer.digest)])
    for (const outcome of outcomes)
      if (outcome.status === 'fulfilled') expect(outcome.value.bytes.length).toBeLessThan(500_000)
    upstream.instead(undefined)
    const got = await blob('forged', app.layer.digest)
    expect(Buffer.compare(got.bytes, app.layer.bytes)).toBe(0)
  })

  it('is not fetched twice for two repositories of the same upstream', async () => {
    const shared = image('base', {}, 400_000)
    await pushImage(at('base'), shared, 'v1')
    const body = { ...shared.body, annotations: { one: 'more' } }
    const derived = manifestOf(body, OCI_MANIFEST)
    for (const content of [shared.config, shared.layer]) await pushBlob(at('derived'), content)
    await putManifest(at('derived'), 'v1', derived)
    await manifest('base', 'v1')
    await blob('base', shared.layer.digest)
    await manifest('derived', 'v1')
    upstream.forget()
    expect((await blob('derived', shared.layer.digest)).bytes.length).toBe(400_000)
    expect(upstream.log()).toEqual([`HEAD /v2/derived/blobs/${shared.layer.digest}`])
  })

  it('is not taken from a repository that somebody pushed to, because an upstream names it', async () => {
    const secret = randomContent('secret layer', 50_000)
    await pushBlob({ registry: admin, name: 'hub/private' }, secret)
    const config = image('thief').config
    const evil = manifestOf(
      {
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: descriptor(config, 'application/vnd.oci.image.config.v1+json'),
        layers: [descriptor(secret, OCI_LAYER)],
      },
      OCI_MANIFEST,
    )
    upstream.instead((request) => {
      if (request.url.endsWith('/v2/thief/manifests/v1'))
        return new Response(evil.bytes.slice(), { headers: { 'content-type': OCI_MANIFEST } })
      return undefined
    })
    expect((await manifest('thief', 'v1')).status).toBe(200)
    expect((await blob('thief', secret.digest)).status).toBe(404)
  })
})

describe('an upstream that is of no use', () => {
  const failures: readonly [string, () => Response | Promise<Response>][] = [
    ['silence', () => new Promise<Response>(() => undefined)],
    ['429', () => new Response('slow down', { status: 429, headers: { 'retry-after': '30' } })],
    ['503', () => new Response('busy', { status: 503 })],
    ['401', () => new Response('who are you', { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } })],
    ['a login page', () => new Response('<html>sign in</html>', { headers: { 'content-type': 'text/html' } })],
  ]
  it.each(failures)('%s: what is stored is served, and the client is told', async (label, answer) => {
    const name = `stale/${label.replaceAll(' ', '-')}`
    const other = await mirrorOf(cache, `up-${label.replaceAll(' ', '-')}`, upstream.url)
    const app = image(name)
    await pushImage(at(name), app, 'v1')
    const path = `/v2/up-${label.replaceAll(' ', '-')}/${name}/manifests/v1`
    expect((await other.send('GET', path)).headers.get('warning')).toBeNull()
    cache.clock.advance(61_000)
    upstream.instead(answer)
    const got = await other.send('GET', path)
    expect([got.status, got.headers.get('docker-content-digest')]).toEqual([200, app.manifest.digest])
    expect(got.headers.get('warning')).toMatch(/^299 - "up-.*this is what the tag named .* ago"$/)
    expect((await other.send('HEAD', path)).headers.get('warning')).toMatch(/^299 /)
  })

  it('and nothing is stored: the answer says so, and never that it does not exist', async () => {
    const other = await mirrorOf(cache, 'limited', upstream.url)
    upstream.instead(() => new Response('', { status: 429, headers: { 'retry-after': '30' } }))
    const got = await other.send('GET', '/v2/limited/some/app/manifests/v1')
    expect([got.status, got.text]).toEqual([429, expect.stringContaining('limits how much may be pulled')])
    expect(Number(got.headers.get('retry-after'))).toBeGreaterThan(0)
    const down = await mirrorOf(cache, 'down', 'http://127.0.0.1:9')
    const unreachable = await down.send('GET', '/v2/down/some/app/manifests/v1')
    expect([unreachable.status, unreachable.text]).toEqual([503, expect.stringContaining('down cannot be reached')])
  })
})

describe('tags and signatures', () => {
  it('are those of the upstream and those that were pushed here', async () => {
    await pushImage(at('tags'), image('tags/1'), 'b')
    await pushImage(at('tags'), image('tags/2'), 'd')
    await pushImage({ registry: admin, name: 'hub/tags' }, image('tags/3'), 'a')
    await pushImage({ registry: admin, name: 'hub/tags' }, image('tags/4'), 'c')
    const listed = await hub.send('GET', '/v2/hub/tags/tags/list')
    expect(JSON.parse(listed.text).tags).toEqual(['a', 'b', 'c', 'd'])
    const pages: string[][] = []
    for (let path: string | undefined = '/v2/hub/tags/tags/list?n=1'; path !== undefined;) {
      const page = await hub.send('GET', path)
      pages.push(JSON.parse(page.text).tags)
      path = /<([^>]+)>/.exec(page.headers.get('link') ?? '')?.[1]
    }
    expect(pages.flat()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('of an image come along', async () => {
    const app = image('signed')
    await pushImage(at('signed'), app, 'v1')
    const signature = image('signed/signature', {
      artifactType: 'application/vnd.example.signature',
      subject: descriptor(app.manifest, OCI_MANIFEST),
    })
    await pushImage(at('signed'), signature)
    await manifest('signed', 'v1')
    const referrers = await hub.send('GET', `/v2/hub/signed/referrers/${app.manifest.digest}`)
    const listed = JSON.parse(referrers.text).manifests.map(({ digest }: { digest: string }) => digest)
    expect(listed).toEqual([signature.manifest.digest])
    expect((await manifest('signed', signature.manifest.digest)).status).toBe(200)
    expect((await blob('signed', signature.layer.digest)).status).toBe(200)
  })

  it('that were pushed here are not asked for elsewhere', async () => {
    await pushImage(at('own'), image('own/theirs'), 'v1')
    const ours = image('own/ours')
    await pushImage({ registry: admin, name: 'hub/own' }, ours, 'v1')
    cache.clock.advance(61_000)
    upstream.forget()
    expect((await manifest('own', 'v1')).headers.get('docker-content-digest')).toBe(ours.manifest.digest)
    expect(upstream.asked).toEqual([])
  })
})
