import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import { createProject } from '../../src/access/manage-projects.ts'
import { BY_OPERATOR } from '../../src/cli/offline.ts'
import { addSource } from '../../src/proxy-cache/manage-sources.ts'
import { createRemote } from '../../src/remotes/manage-remotes.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { type InProcess, openInProcess } from '../e2e/support/in-process.ts'
import { registryAt } from '../e2e/support/server.ts'
import { asAdministrator, watch, type WatchedUpstream } from './support/upstream.ts'

/** Less than a registry waits for another one: who waits for himself is not done by then. */
setDefaultTimeout(8000)

interface Peer {
  readonly registry: InProcess
  readonly door: WatchedUpstream
}
let a: Peer
let b: Peer
let c: Peer
const all = () => [a, b, c]

/** `a` and `b` ask each other, for the project `both`; for the project `row`, a asks b, which asks c. */
beforeAll(async () => {
  const open = async () => {
    const registry = await openInProcess()
    return { registry, door: watch(registry.url) }
  }
  ;[a, b, c] = [await open(), await open(), await open()]
  for (const { registry } of all())
    for (const name of ['both', 'row'])
      await createProject(registry.app.management, BY_OPERATOR, { name, public: true })
  for (const [from, to, project] of [
    [a, b, 'both'],
    [b, a, 'both'],
    [a, b, 'row'],
    [b, c, 'row'],
  ] as const) {
    const { management: m, remotes } = from.registry.app
    const remote = `for-${project}`
    const address = { url: to.door.url, allowPrivate: true }
    await createRemote({ m, secrets: remotes.secrets }, BY_OPERATOR, { name: remote, ...address })
    await addSource(m, BY_OPERATOR, { project, remote, prefix: `${project}/` })
  }
}, 60_000)
afterAll(async () => {
  for (const { registry, door } of all()) {
    await registry.close()
    await door.close()
  }
})
beforeEach(() => {
  for (const { door } of all()) door.forget()
})

const get = (peer: Peer, path: string) => registryAt(peer.registry.url).send('GET', path)

async function push(peer: Peer, name: string) {
  const pushed = image(name)
  await pushImage({ registry: await admin(peer), name }, pushed, 'v1')
  return pushed.manifest.digest
}

const admins = new Map<Peer, Awaited<ReturnType<typeof asAdministrator>>>()
async function admin(peer: Peer) {
  const known = admins.get(peer) ?? (await asAdministrator(peer.registry))
  admins.set(peer, known)
  return known
}

test('what neither of two has that ask each other is not there, at once', async () => {
  for (const what of ['manifests/v1', `manifests/sha256:${'0'.repeat(64)}`, `blobs/sha256:${'0'.repeat(64)}`])
    expect([what, (await get(a, `/v2/both/none/${what}`)).status]).toEqual([what, 404])
  expect((await get(a, '/v2/both/none/tags/list')).status).toBe(404)
  expect(a.door.asked.length).toBe(b.door.asked.length)
  expect(a.door.asked.length).toBeLessThan(6)
})

test('also when both are asked at the same moment', async () => {
  const names = Array.from({ length: 10 }, (_, index) => `/v2/both/missing-${index}/manifests/v1`)
  const answers = await Promise.all(names.flatMap((name) => [a, b].map((peer) => get(peer, name))))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]))
})

test('each has what the other has', async () => {
  const [fromA, fromB] = [await push(a, 'both/of-a'), await push(b, 'both/of-b')]
  expect((await get(b, '/v2/both/of-a/manifests/v1')).headers.get('docker-content-digest')).toBe(fromA)
  expect((await get(a, '/v2/both/of-b/manifests/v1')).headers.get('docker-content-digest')).toBe(fromB)
})

test('registries in a row are asked to the end', async () => {
  const digest = await push(c, 'row/app')
  expect((await get(a, '/v2/row/app/manifests/v1')).headers.get('docker-content-digest')).toBe(digest)
  expect(c.door.log()).toEqual(['GET /v2/row/app/manifests/v1'])
})
