import { afterAll, beforeAll, beforeEach, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { createProject } from '../../src/access/manage-projects.ts'
import { BY_OPERATOR } from '../../src/cli/offline.ts'
import { addRule } from '../../src/immutability/manage-rules.ts'
import { addSource, setNamespace } from '../../src/proxy-cache/manage-sources.ts'
import { createRemote } from '../../src/remotes/manage-remotes.ts'
import { findProject } from '../../src/access/project-store.ts'
import type { Registry } from '../conformance/support/client.ts'
import { SEED } from '../conformance/support/content.ts'
import { OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { descriptor, image, index, pushImage } from '../e2e/support/images.ts'
import { type InProcess, openInProcess } from '../e2e/support/in-process.ts'
import { registryAt } from '../e2e/support/server.ts'
import { untilTrue } from '../e2e/support/until.ts'
import { asAdministrator, mirrorOf, watch, type WatchedUpstream } from './support/upstream.ts'

setDefaultTimeout(60_000)

let first: InProcess
let second: InProcess
let doors: { first: WatchedUpstream; second: WatchedUpstream }
let cache: InProcess
let anyone: Registry
let admin: Registry

beforeAll(async () => {
  first = await openInProcess()
  second = await openInProcess()
  doors = { first: watch(first.url), second: watch(second.url) }
  cache = await openInProcess()
  const { management: m, remotes } = cache.app
  for (const [name, door] of Object.entries(doors))
    await createRemote({ m, secrets: remotes.secrets }, BY_OPERATOR, {
      name,
      url: door.url,
      allowPrivate: true,
      insecureHttp: true,
    })
  await createProject(m, BY_OPERATOR, { name: 'all', public: true })
  await addSource(m, BY_OPERATOR, { project: 'all', remote: 'first', allow: ['team/**'] })
  await addSource(m, BY_OPERATOR, { project: 'all', remote: 'second' })
  anyone = registryAt(cache.url)
  admin = await asAdministrator(cache)
})
afterAll(async () => {
  for (const each of [cache, first, second]) await each?.close()
  await doors?.first.close()
  await doors?.second.close()
})
beforeEach(() => {
  for (const door of [doors.first, doors.second]) {
    door.instead(undefined)
    door.forget()
  }
})

const digestOf = async (path: string, registry = anyone) => {
  const got = await registry.send('GET', path)
  return got.status === 200 ? got.headers.get('docker-content-digest') : got.status
}

describe(`one name over several upstreams (BERTH_TEST_SEED=${SEED})`, () => {
  it('is what was pushed here, else the first upstream’s, else the next one’s', async () => {
    const [one, two, ours] = [image('order/one'), image('order/two'), image('order/ours')]
    await pushImage({ registry: first, name: 'team/app' }, one, 'v1')
    await pushImage({ registry: second, name: 'team/app' }, two, 'v1')
    await pushImage({ registry: second, name: 'team/app' }, two, 'v2')
    await pushImage({ registry: admin, name: 'all/team/app' }, ours, 'v3')
    expect(await digestOf('/v2/all/team/app/manifests/v1')).toBe(one.manifest.digest)
    expect(await digestOf('/v2/all/team/app/manifests/v2')).toBe(two.manifest.digest)
    expect(await digestOf('/v2/all/team/app/manifests/v3')).toBe(ours.manifest.digest)
    const tags = await anyone.send('GET', '/v2/all/team/app/tags/list')
    expect(JSON.parse(tags.text).tags).toEqual(['v1', 'v2', 'v3'])
    for (const { layer } of [one, two, ours])
      expect((await anyone.send('GET', `/v2/all/team/app/blobs/${layer.digest}`)).status).toBe(200)
  })

  it('asks no upstream for what its list does not allow', async () => {
    await pushImage({ registry: first, name: 'other/app' }, image('allow/one'), 'v1')
    expect(await digestOf('/v2/all/other/app/manifests/v1')).toBe(404)
    expect(doors.first.asked).toEqual([])
  })

  it('is not taken over by the next upstream while the first is down', async () => {
    await pushImage({ registry: second, name: 'team/confused' }, image('confused'), 'v1')
    doors.first.instead(() => new Response('', { status: 500 }))
    expect(await digestOf('/v2/all/team/confused/manifests/v1')).toBe(503)
    expect(doors.second.log().filter((line) => line.includes('confused'))).toEqual([])
  })
})

describe('a mirror', () => {
  beforeAll(async () => {
    await mirrorOf(cache, 'docker.io', doors.first.url)
    await setNamespace(cache.app.management, BY_OPERATOR, 'docker.io', { project: 'docker.io', isDefault: true })
  })

  it('understands which registry a client means (?ns=)', async () => {
    const app = image('ns')
    await pushImage({ registry: first, name: 'library/ns' }, app, 'v1')
    const got = await anyone.send('GET', '/v2/library/ns/manifests/v1?ns=docker.io')
    expect([got.status, got.headers.get('oci-namespace')]).toEqual([200, 'docker.io'])
    expect((await anyone.send('GET', `/v2/library/ns/blobs/${app.layer.digest}?ns=docker.io`)).status).toBe(200)
    expect(await digestOf('/v2/docker.io/library/ns/manifests/v1')).toBe(app.manifest.digest)
    const unknown = await anyone.send('GET', '/v2/library/ns/manifests/v1?ns=example.org')
    expect([unknown.status, unknown.text]).toEqual([404, expect.stringContaining('no mirror of \\"example.org\\"')])
  })

  it('is what docker means that says nothing: names that are not ours', async () => {
    const theirs = image('default/theirs')
    await pushImage({ registry: first, name: 'library/default' }, theirs, 'v1')
    expect(await digestOf('/v2/library/default/manifests/v1')).toBe(theirs.manifest.digest)
    const ours = image('default/ours')
    await pushImage({ registry: admin, name: 'library/ours' }, ours, 'v1')
    expect(await digestOf('/v2/library/ours/manifests/v1', admin)).toBe(ours.manifest.digest)
  })
})

describe('what an upstream changes', () => {
  it('is not taken over where tags are immutable here', async () => {
    await mirrorOf(cache, 'fixed', doors.first.url)
    const { management: m } = cache.app
    const project = await findProject(m.database.reader, 'fixed')
    if (project === undefined) throw new Error('there is no project')
    await addRule(m, BY_OPERATOR, project, { repositories: '', tags: 'glob:v*' })
    const [old, young] = [image('fixed/old'), image('fixed/young')]
    await pushImage({ registry: first, name: 'app' }, old, 'v1')
    expect(await digestOf('/v2/fixed/app/manifests/v1')).toBe(old.manifest.digest)
    await pushImage({ registry: first, name: 'app' }, young, 'v1')
    cache.clock.advance(61_000)
    const got = await anyone.send('GET', '/v2/fixed/app/manifests/v1')
    expect(got.headers.get('docker-content-digest')).toBe(old.manifest.digest)
    expect(got.headers.get('warning')).toContain('has another image under this tag by now')
  })

  it('by deleting a tag is gone here as well, and stays by digest', async () => {
    await mirrorOf(cache, 'gone', doors.first.url)
    const app = image('gone')
    await pushImage({ registry: first, name: 'gone' }, app, 'v1')
    expect(await digestOf('/v2/gone/gone/manifests/v1')).toBe(app.manifest.digest)
    await first.send('DELETE', '/v2/gone/manifests/v1')
    cache.clock.advance(61_000)
    expect(await digestOf('/v2/gone/gone/manifests/v1')).toBe(404)
    expect(await digestOf(`/v2/gone/gone/manifests/${app.manifest.digest}`)).toBe(app.manifest.digest)
  })
})

describe('a fallback registry', () => {
  it('is asked for what is not here, and for nothing else', async () => {
    const fresh = await openInProcess({ config: { auth: { anonymous: 'push' } } })
    const { management: m, remotes } = fresh.app
    const door = doors.first
    const address = { name: 'old', url: door.url, allowPrivate: true, insecureHttp: true }
    await createRemote({ m, secrets: remotes.secrets }, BY_OPERATOR, address)
    await addSource(m, BY_OPERATOR, { remote: 'old', mode: 'fallback' })
    const [old, young] = [image('drain/old'), image('drain/young')]
    await pushImage({ registry: first, name: 'drained/app' }, old, 'v1')
    expect(await digestOf('/v2/drained/app/manifests/v1', fresh)).toBe(old.manifest.digest)
    await pushImage({ registry: first, name: 'drained/app' }, young, 'v1')
    fresh.clock.advance(3_600_000)
    door.forget()
    expect(await digestOf('/v2/drained/app/manifests/v1', fresh)).toBe(old.manifest.digest)
    expect(door.asked).toEqual([])
    await fresh.close()
  })
})

describe('prefetching', () => {
  it('brings the platforms that a source says, whole', async () => {
    await mirrorOf(cache, 'ahead', doors.first.url, { platforms: ['linux/arm64'] })
    const [amd, arm] = [image('ahead/amd'), image('ahead/arm')]
    const platform = (architecture: string) => ({ platform: { os: 'linux', architecture } })
    const list = index([
      { ...descriptor(amd.manifest, OCI_MANIFEST), ...platform('amd64') },
      { ...descriptor(arm.manifest, OCI_MANIFEST), ...platform('arm64') },
    ])
    const there = { registry: first, name: 'ahead' }
    for (const each of [amd, arm]) await pushImage(there, each)
    await putManifest(there, 'v1', list)
    expect(await digestOf('/v2/ahead/ahead/manifests/v1')).toBe(list.digest)
    await untilTrue('the layer has come', async () => doors.first.log().some((line) => line.includes(arm.layer.digest)))
    expect(doors.first.log().filter((line) => line.includes(amd.manifest.digest))).toEqual([])
  })
})
