import { afterAll, beforeAll, beforeEach, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { findProject } from '../../src/access/project-store.ts'
import { BY_OPERATOR } from '../../src/cli/offline.ts'
import { createProject } from '../../src/access/manage-projects.ts'
import { addSource } from '../../src/proxy-cache/manage-sources.ts'
import { setQuota } from '../../src/quota/manage-quotas.ts'
import { OCI_LAYER, OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { descriptor, image, manifestOf, pushImage } from '../e2e/support/images.ts'
import { mirrorOf, openWatched } from './support/upstream.ts'

setDefaultTimeout(60_000)

let { origin, upstream, cache, hub, admin, close } = {} as Awaited<ReturnType<typeof openWatched>>
beforeAll(async () => {
  ;({ origin, upstream, cache, hub, admin, close } = await openWatched())
})
afterAll(() => close?.())
beforeEach(() => {
  // Whatever an upstream was blamed for in the test before is over.
  cache.clock.advance(3_600_000)
  upstream.instead(undefined)
  upstream.forget()
})

const at = (name: string) => ({ registry: origin, name })
const isFor = (request: Request, method: string, end: string) => request.method === method && request.url.endsWith(end)
const notFound = () =>
  Response.json({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'no such manifest' }] }, { status: 404 })

async function pulled(name: string) {
  const app = image(name)
  await pushImage(at(name), app, 'v1')
  expect((await hub.send('GET', `/v2/hub/${name}/manifests/v1`)).status).toBe(200)
  cache.clock.advance(61_000)
  return app
}

describe('an upstream that says one thing and another', () => {
  it('by HEAD that a tag is gone, and by GET that it is there, takes nothing away', async () => {
    const app = await pulled('moods/head')
    upstream.instead((request) => (request.method === 'HEAD' ? notFound() : undefined))
    const got = await hub.send('GET', '/v2/hub/moods/head/manifests/v1')
    expect([got.status, got.headers.get('docker-content-digest')]).toEqual([200, app.manifest.digest])
  })

  it('that a tag names what it does not have yet: the old image is served, with a warning', async () => {
    const app = await pulled('moods/lag')
    const young = image('moods/lag/young')
    const named = {
      'docker-content-digest': young.manifest.digest,
      'content-type': OCI_MANIFEST,
      'content-length': '9',
    }
    upstream.instead((request) => (request.method === 'HEAD' ? new Response(null, { headers: named }) : notFound()))
    const got = await hub.send('GET', '/v2/hub/moods/lag/manifests/v1')
    expect([got.status, got.headers.get('docker-content-digest')]).toEqual([200, app.manifest.digest])
    expect(got.headers.get('warning')).toMatch(/^299 /)
  })

  it('is a load balancer without a registry behind it: its 404 is nobody’s', async () => {
    const app = await pulled('moods/balancer')
    upstream.instead(() => new Response('', { status: 404, headers: { 'content-type': 'text/plain' } }))
    const got = await hub.send('GET', '/v2/hub/moods/balancer/manifests/v1')
    expect([got.status, got.headers.get('docker-content-digest')]).toEqual([200, app.manifest.digest])
    expect(got.headers.get('warning')).toMatch(/^299 /)
  })

  it('is asked once, and not once for each tag, when it does not answer', async () => {
    const names = ['moods/silent/a', 'moods/silent/b', 'moods/silent/c']
    for (const name of names) await pushImage(at(name), image(name), 'v1')
    for (const name of names) await hub.send('GET', `/v2/hub/${name}/manifests/v1`)
    cache.clock.advance(61_000)
    upstream.forget()
    upstream.instead(() => new Promise<Response>(() => undefined))
    for (const name of names)
      expect((await hub.send('GET', `/v2/hub/${name}/manifests/v1`)).headers.get('warning')).toMatch(/^299 /)
    expect(upstream.log()).toEqual(['HEAD /v2/moods/silent/a/manifests/v1'])
  })
})

describe('a flaky line', () => {
  it('brings a blob as long as it brings anything', async () => {
    const app = image('moods/flaky', {}, 4_000_000)
    await pushImage(at('moods/flaky'), app, 'v1')
    await hub.send('GET', '/v2/hub/moods/flaky/manifests/v1')
    let connections = 0
    upstream.instead((request) => {
      if (!isFor(request, 'GET', app.layer.digest)) return undefined
      connections++
      const start = Number(/bytes=(\d+)-/.exec(request.headers.get('range') ?? '')?.[1] ?? 0)
      const pieces = [0, 150_000, 300_000].map((offset) =>
        app.layer.bytes.slice(start + offset, start + offset + 150_000),
      )
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          const piece = pieces.shift()
          if (piece !== undefined && piece.length > 0) return controller.enqueue(piece)
          // What was sent is on its way by then.
          await Bun.sleep(20)
          if (start + 450_000 >= 4_000_000) controller.close()
          else controller.error(new DOMException('cut on purpose', 'AbortError'))
        },
      })
      const length = String(4_000_000 - start)
      const range = { 'content-range': `bytes ${start}-3999999/4000000`, 'content-length': length }
      return new Response(
        body,
        start === 0 ? { headers: { 'content-length': length } } : { status: 206, headers: range },
      )
    })
    const got = await hub.send('GET', `/v2/hub/moods/flaky/blobs/${app.layer.digest}`)
    expect([got.status, Buffer.compare(got.bytes, app.layer.bytes)]).toEqual([200, 0])
    expect(connections).toBeGreaterThan(6)
  })
})

describe('what a project may hold', () => {
  it('is said before the first byte, and the upstream is not asked', async () => {
    await mirrorOf(cache, 'small', upstream.url)
    const { management: m } = cache.app
    const project = await findProject(m.database.reader, 'small')
    if (project === undefined) throw new Error('there is no project')
    await setQuota(m, BY_OPERATOR, project, { bytes: 50_000, repositories: undefined, tags: undefined })
    const app = image('moods/quota', {}, 100_000)
    await pushImage(at('moods/quota'), app, 'v1')
    expect((await hub.send('GET', '/v2/small/moods/quota/manifests/v1')).status).toBe(200)
    upstream.forget()
    const got = await hub.send('GET', `/v2/small/moods/quota/blobs/${app.layer.digest}`)
    expect([got.status, got.text]).toEqual([403, expect.stringContaining('quota')])
    expect(upstream.asked).toEqual([])
  })
})

describe('what was pushed', () => {
  it('is ours, also when it is just what the upstream has', async () => {
    const app = await pulled('moods/same')
    await pushImage({ registry: admin, name: 'hub/moods/same' }, app, 'v1')
    await pushImage(at('moods/same'), image('moods/same/young'), 'v1')
    upstream.forget()
    const got = await hub.send('GET', '/v2/hub/moods/same/manifests/v1')
    expect(got.headers.get('docker-content-digest')).toBe(app.manifest.digest)
    expect(upstream.asked).toEqual([])
  })
})

describe('two projects of one remote', () => {
  it('do not read each other’s layers because a manifest at the upstream names them', async () => {
    const { management: m } = cache.app
    await createProject(m, BY_OPERATOR, { name: 'secret', public: false })
    await addSource(m, BY_OPERATOR, { project: 'secret', remote: 'hub', allow: ['corp/**'] })
    const corp = image('moods/corp', {}, 60_000)
    await pushImage(at('corp/app'), corp, 'v1')
    await admin.send('GET', '/v2/secret/corp/app/manifests/v1')
    expect((await admin.send('GET', `/v2/secret/corp/app/blobs/${corp.layer.digest}`)).status).toBe(200)
    const thief = image('moods/thief')
    await pushImage(at('open/thief'), thief, 'plain')
    const layers = [
      { ...descriptor(corp.layer, OCI_LAYER), mediaType: `${OCI_LAYER.replace('layer', 'layer.nondistributable')}` },
    ]
    await putManifest(at('open/thief'), 'v1', manifestOf({ ...thief.body, layers }, OCI_MANIFEST))
    expect((await hub.send('GET', '/v2/hub/open/thief/manifests/v1')).status).toBe(200)
    const got = await hub.send('GET', `/v2/hub/open/thief/blobs/${corp.layer.digest}`)
    expect(got.status).toBe(404)
  })
})

describe('clients that say where they come from', () => {
  it('do not multiply what is asked of the upstream', async () => {
    const app = image('moods/via', {}, 500_000)
    await pushImage(at('moods/via'), app, 'v1')
    await hub.send('GET', '/v2/hub/moods/via/manifests/v1')
    upstream.forget()
    const ways = Array.from({ length: 30 }, (_, index) => `1.1 berth-${(0xabcd0000 + index).toString(16)}`)
    const path = `/v2/hub/moods/via/blobs/${app.layer.digest}`
    const answers = await Promise.all(ways.map((via) => hub.send('GET', path, { headers: { via } })))
    for (const answer of answers) expect(answer.bytes.length).toBe(500_000)
    expect(upstream.log().length).toBeLessThanOrEqual(3)
  })
})
