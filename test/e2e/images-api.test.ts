import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { check } from '../conformance/support/check.ts'
import { content } from '../conformance/support/content.ts'
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { pushBlob } from '../conformance/support/uploads.ts'
import { type Person, World } from '../access/support/world.ts'
import { descriptor, image, index, manifestOf, pushImage } from './support/images.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const APP = '/repositories/dev%2Fapp'

let world: World
let owner: Person
beforeEach(async () => {
  world = await World.open()
  owner = await world.user('owner')
  await world.project('dev')
  await world.grant('dev', 'user:owner', 'owner')
})
afterEach(async () => {
  expect(world.errors()).toBe('')
  await world.close()
})

const target = (name = 'dev/app') => ({ registry: world.with(owner.basic), name })
async function read(path: string) {
  return JSON.parse(check(await world.api('GET', path, owner.basic), { status: 200 }).text)
}
const namesOf = (page: { items: { name: string }[] }) => page.items.map(({ name }) => name)

describe('an image', () => {
  const base = image('images/base')
  const config = content(
    JSON.stringify({
      ...{ os: 'linux', architecture: 'arm64', variant: 'v8', created: '2026-01-02T03:04:05Z', author: 'somebody' },
      config: {
        ...{ User: '1000', WorkingDir: '/srv', Env: ['A=1'], Entrypoint: ['/app'], Cmd: ['--go'] },
        ...{ ExposedPorts: { '80/tcp': {} }, Volumes: { '/data': {} }, Labels: { team: '<b>x</b>' } },
      },
      history: [
        { created_by: 'ENV A=1', empty_layer: true },
        { created_by: 'ADD app /', comment: 'the app' },
      ],
    }),
  )
  const body = { ...base.body, config: descriptor(config, OCI_CONFIG), annotations: { note: 'mine' } }
  const whole = { ...base, config, manifest: manifestOf(body, OCI_MANIFEST) }

  test('is shown with its configuration, its history and the tags that name it', async () => {
    await pushImage(target(), whole, 'v1')
    check(await putManifest(target(), 'v2', whole.manifest), { status: 201 })
    const { bytes } = whole.manifest
    const shown = await read(`${APP}/images/v1`)
    expect(shown).toEqual({
      ...{ digest: whole.manifest.digest, mediaType: OCI_MANIFEST, size: bytes.length, kind: 'image' },
      ...{ artifactType: OCI_CONFIG, annotations: { note: 'mine' }, pushedAt: world.clock.now().toISOString() },
      ...{ tags: ['v1', 'v2'], moreTags: false },
      totalBytes: bytes.length + config.bytes.length + base.layer.bytes.length,
      config: {
        ...{ platform: 'linux/arm64/v8', created: '2026-01-02T03:04:05Z', author: 'somebody' },
        ...{ user: '1000', workdir: '/srv', env: ['A=1'], entrypoint: ['/app'], cmd: ['--go'] },
        ...{ exposedPorts: ['80/tcp'], volumes: ['/data'], labels: { team: '<b>x</b>' } },
      },
      layers: [
        { empty: true, createdBy: 'ENV A=1' },
        {
          ...{ empty: false, digest: base.layer.digest, mediaType: OCI_LAYER, size: base.layer.bytes.length },
          ...{ createdBy: 'ADD app /', comment: 'the app' },
        },
      ],
    })
    expect(await read(`${APP}/images/${encodeURIComponent(whole.manifest.digest)}`)).toEqual(shown)
    expect((await world.api('GET', `${APP}/images/none`, owner.basic)).status).toBe(404)
  })

  test('of another kind is shown without what it does not have', async () => {
    const odd = content('no JSON at all')
    const manifest = manifestOf(
      {
        ...{ ...base.body, config: descriptor(odd, 'application/x-odd') },
        layers: [{ ...descriptor(odd, 'text/plain'), annotations: { 'org.opencontainers.image.title': 'odd.txt' } }],
      },
      OCI_MANIFEST,
    )
    await pushBlob(target(), odd)
    check(await putManifest(target(), 'odd', manifest), { status: 201 })
    const shown = await read(`${APP}/images/odd`)
    expect(shown).toMatchObject({ layers: [{ title: 'odd.txt' }], artifactType: 'application/x-odd' })
    expect(shown).not.toHaveProperty('config')
  })

  test('and an index with its platforms, also in the list of tags', async () => {
    await pushImage(target(), whole)
    const child = { ...descriptor(whole.manifest, OCI_MANIFEST), platform: { os: 'linux', architecture: 'arm64' } }
    check(await putManifest(target(), 'multi', index([child])), { status: 201 })
    const shown = await read(`${APP}/images/multi`)
    const { digest, size } = child
    expect(shown.platforms).toEqual([{ digest, size, mediaType: OCI_MANIFEST, platform: 'linux/arm64' }])
    expect(shown).not.toHaveProperty('layers')
    expect((await read(`${APP}/tags`)).items[0]).toMatchObject({ name: 'multi', platforms: ['linux/arm64'] })
  })

  test('has its referrers page by page', async () => {
    await pushImage(target(), whole, 'v1')
    const subject = descriptor(whole.manifest, OCI_MANIFEST)
    const referrers = ['a', 'b', 'c'].map((label) => {
      const of = image(`images/${label}`)
      const about = { ...of.body, subject, artifactType: 'application/x-note', annotations: { label } }
      return { ...of, manifest: manifestOf(about, OCI_MANIFEST) }
    })
    for (const each of referrers) await pushImage(target(), each)
    const first = await read(`${APP}/images/v1/referrers?limit=2`)
    const second = await read(`${APP}/images/v1/referrers?limit=2&after=${encodeURIComponent(first.next)}`)
    expect(second).not.toHaveProperty('next')
    const all = [...first.items, ...second.items]
    expect(all.map(({ digest }) => digest)).toEqual(referrers.map(({ manifest }) => manifest.digest).toSorted())
    expect(all[0]).toMatchObject({ artifactType: 'application/x-note', pushedAt: world.clock.now().toISOString() })
    const [one] = referrers
    expect((await read(`${APP}/images/${encodeURIComponent(one?.manifest.digest ?? '')}`)).subject).toEqual(subject)
  })
})

describe('lists', () => {
  async function pages(path: string, limit: number): Promise<string[]> {
    const names: string[] = []
    for (let after = ''; ;) {
      const page = await read(`${path}&limit=${limit}&after=${encodeURIComponent(after)}`)
      names.push(...namesOf(page))
      if (page.next === undefined) return names
      after = page.next
    }
  }

  test('of tags are sorted and searched, page by page', async () => {
    const one = image('images/tags')
    for (const tag of ['b', 'a', 'Rel_1', 'rel-2', 'c']) {
      await pushImage(target(), one, tag)
      world.clock.advance(1000)
    }
    // Two at the same moment.
    check(await putManifest(target(), 'd', one.manifest), { status: 201 })
    check(await putManifest(target(), 'e', one.manifest), { status: 201 })
    const inOrder = ['b', 'a', 'Rel_1', 'rel-2', 'c', 'd', 'e']
    for (const limit of [1, 2, 3, 100]) {
      expect(await pages(`${APP}/tags?sort=pushed`, limit)).toEqual(inOrder)
      expect(await pages(`${APP}/tags?sort=-pushed`, limit)).toEqual(inOrder.toReversed())
      expect(await pages(`${APP}/tags?sort=name`, limit)).toEqual(['Rel_1', 'a', 'b', 'c', 'd', 'e', 'rel-2'])
      expect(await pages(`${APP}/tags?sort=-name`, limit)).toEqual(['rel-2', 'e', 'd', 'c', 'b', 'a', 'Rel_1'])
      expect(await pages(`${APP}/tags?q=REL`, limit)).toEqual(['Rel_1', 'rel-2'])
    }
    expect(namesOf(await read(`${APP}/tags?q=_`))).toEqual(['Rel_1'])
    expect(namesOf(await read(`${APP}/tags?q=%25`))).toEqual([])
    expect((await read(`${APP}/tags?limit=1`)).total).toBe(7)
    for (const bad of ['sort=size', 'sort=pushed&after=x', `q=${'x'.repeat(129)}`])
      expect([bad, (await world.api('GET', `${APP}/tags?${bad}`, owner.basic)).status]).toEqual([bad, 400])
  })

  test('of repositories are sorted and searched, and hold only what the asker may see', async () => {
    await world.project('other')
    await world.grant('other', 'user:owner', 'owner')
    for (const name of ['dev/b', 'other/secret', 'dev/a', 'dev/c']) {
      await pushImage(target(name), image(`images/${name}`), 'v1')
      world.clock.advance(1000)
    }
    const reader = await world.user('reader')
    await world.grant('dev', 'user:reader', 'reader')
    const seen = async (query: string) =>
      namesOf(JSON.parse((await world.api('GET', `/repositories?${query}`, reader.basic)).text))
    expect(await seen('sort=-updated')).toEqual(['dev/c', 'dev/a', 'dev/b'])
    expect(await seen('q=secret')).toEqual([])
    expect(await seen('q=DEV/A')).toEqual(['dev/a'])
    for (const limit of [1, 2, 100]) {
      expect(await pages('/repositories?sort=-updated', limit)).toEqual(['dev/c', 'dev/a', 'other/secret', 'dev/b'])
      expect(await pages('/repositories?sort=-name', limit)).toEqual(['other/secret', 'dev/c', 'dev/b', 'dev/a'])
    }
  })
})

test('an answer that the asker has is not sent again; another asker has none of it', async () => {
  await pushImage(target(), image('images/etag'), 'v1')
  const first = check(await world.api('GET', `${APP}/tags`, owner.basic), { status: 200 })
  const etag = first.headers.get('etag') ?? ''
  expect([etag, first.headers.get('cache-control')]).toEqual([expect.stringMatching(/^".+"$/), 'private, no-cache'])
  const ask = (path: string, headers: Readonly<Record<string, string>>, tag = etag) =>
    world.send('GET', `/api/v1${path}`, { headers: { ...headers, 'if-none-match': tag } })
  const again = await ask(`${APP}/tags`, owner.basic)
  expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag])
  expect((await ask(`${APP}/tags`, owner.basic, `W/${etag}, "x"`)).status).toBe(304)
  const stranger = await world.user('stranger')
  expect((await ask(`${APP}/tags`, stranger.basic)).status).toBe(404)
  world.clock.advance(1000)
  await pushImage(target(), image('images/etag-2'), 'v1')
  expect((await ask(`${APP}/tags`, owner.basic)).status).toBe(200)
})
