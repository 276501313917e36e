/** What somebody says is in use is deleted by nobody, until that one stops saying so. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { z } from 'zod'
import type { Project } from '../../src/access/project-store.ts'
import { OPERATOR } from '../../src/lib/actor.ts'
import { findRepository, type RepositoryId } from '../../src/metadata/repositories.ts'
import { type Digest, parseDigest } from '../../src/oci/digest.ts'
import { parseRepositoryName, parseTag, type RepositoryName } from '../../src/oci/name.ts'
import { binManifests } from '../../src/registry/bin.ts'
import { deleteRepository } from '../../src/registry/delete-content.ts'
import { whyManifestIsKept, whyTagIsKept } from '../../src/registry/operation.ts'
import { found, type Person, World } from '../access/support/world.ts'
import { check, errorsOf } from '../conformance/support/check.ts'
import type { Answer, Registry } from '../conformance/support/client.ts'
import * as m from '../conformance/support/manifests.ts'
import { descriptor, image, index, pushImage } from './support/images.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const [first, second] = [image('protected/first'), image('protected/second')]
const DIGEST = parseDigest(first.manifest.digest)
const REFUSED = { status: 403, error: 'DENIED' }
const HOUR = 3600

let world: World
let admin: Person
let agent: Person
let project: Project
let registry: Registry
let target: { registry: Registry; name: RepositoryName }
let cases = 0

beforeAll(async () => {
  world = await World.open()
  admin = await world.user('root-ann', { systemRole: 'administrator' })
  registry = world.with(admin.basic)
})
beforeEach(async () => {
  const name = `protected${cases++}`
  project = await world.project(name)
  agent = await world.robot(name, { name: 'agent' })
  await world.grant(name, `robot:${agent.name}`, 'pull,protect')
  target = { registry, name: parseRepositoryName(`${name}/app`) }
  await pushImage(target, first, 'v1')
  await pushImage(target, second, 'v2')
})
afterEach(() => world.checkAudit())
afterAll(async () => {
  expect(world?.errors()).toBe('')
  await world?.close()
})

const byDigest = (name: string = target.name, { manifest } = first) => `${name}@${manifest.digest}`
const place = () => ({ repository: target.name, actor: OPERATOR })
const path = (holder = '') => `/projects/${project.name}/protections${holder === '' ? '' : `/${holder}`}`

async function repositoryId(): Promise<RepositoryId> {
  return found(await findRepository(world.m.database.reader, target.name))
}

const Done = z.strictObject({
  holder: z.string(),
  images: z.number(),
  until: z.iso.datetime(),
  missing: z.array(z.string()),
})

function put(images: readonly string[], seconds = HOUR, { as = agent, holder = 'cluster-1' } = {}): Promise<Answer> {
  return world.api('PUT', path(holder), as.basic, { images, for: seconds })
}

async function protect(...call: Parameters<typeof put>): Promise<z.infer<typeof Done>> {
  const answer = await put(...call)
  expect([answer.text, answer.status]).toEqual([answer.text, 200])
  return Done.parse(JSON.parse(answer.text))
}

async function holders(as = agent): Promise<unknown> {
  const answer = await world.api('GET', path(), as.basic)
  expect(answer).toHaveProperty('status', 200)
  return JSON.parse(answer.text).items
}

function remove(reference: string): Promise<Answer> {
  return registry.send('DELETE', m.manifestPath(target.name, reference))
}

function bin(kind: 'retention' | 'expired' | 'untagged' | 'manifest', digest: Digest = DIGEST) {
  return world.m.database.write(async (tx) =>
    binManifests(
      world.app.registry,
      tx,
      { ...place(), repositoryId: await repositoryId() },
      {
        ...{ kind, reason: '', digests: [digest] },
      },
    ),
  )
}

describe('an image in use', () => {
  test('is not deleted: with its tag, by its digest, or with its repository', async () => {
    const { until } = await protect([byDigest()])
    const answer = check(await remove('v1'), REFUSED)
    expect(errorsOf(answer)[0]).toEqual({
      code: 'DENIED',
      message: `${DIGEST} is in use: cluster-1 protects it until ${until}; stop using it and wait, or ask an owner of the project to remove that protection`,
      detail: { reason: 'protected', digest: DIGEST, holder: 'cluster-1', until },
    })
    check(await remove(DIGEST), REFUSED)
    await expect(deleteRepository(world.app.registry, place(), '')).rejects.toMatchObject({
      details: [{ reason: 'protected' }],
    })
    await m.checkManifest(target, 'v1', first.manifest)
    check(await remove('v2'), { status: 202 })
    check(await remove(second.manifest.digest), { status: 202 })
  })

  test.each(['retention', 'expired', 'untagged', 'manifest'] as const)(
    'does not go with a deletion of kind %s',
    async (kind) => {
      await protect([byDigest()])
      await expect(bin(kind)).rejects.toMatchObject({ code: 'DENIED', details: [{ reason: 'protected' }] })
      expect(await bin(kind, parseDigest(second.manifest.digest))).toBeGreaterThan(0)
    },
  )

  test('is named to who asks before deleting, with who uses it and until when', async () => {
    const { guards } = world.app.registry
    const { reader } = world.m.database
    const manifest = { ...place(), repositoryId: await repositoryId(), digest: DIGEST }
    const tag = { ...manifest, tag: parseTag('v1') }
    expect([await whyManifestIsKept(guards, manifest, reader), await whyTagIsKept(guards, tag, reader)]).toEqual([
      undefined,
      undefined,
    ])
    const { until } = await protect([byDigest()])
    const reason = `in use by cluster-1 until ${until}`
    expect([await whyManifestIsKept(guards, manifest, reader), await whyTagIsKept(guards, tag, reader)]).toEqual([
      reason,
      reason,
    ])
  })

  test('can be deleted when its time is over, to the millisecond', async () => {
    await protect([byDigest()], 60)
    world.clock.advance(59_999)
    check(await remove('v1'), REFUSED)
    world.clock.advance(1)
    check(await remove('v1'), { status: 202 })
    check(await remove(DIGEST), { status: 202 })
  })

  test('stays as long as its holder says so again', async () => {
    await protect([byDigest()], 60)
    world.clock.advance(50_000)
    await protect([byDigest()], 60)
    world.clock.advance(50_000)
    check(await remove(DIGEST), REFUSED)
  })

  test('stays while any of its holders uses it', async () => {
    await protect([byDigest()], 60)
    await protect([byDigest()], 120, { holder: 'cluster-2' })
    for (let minute = 0; minute < 2; minute++) {
      // Whoever waits wants to know until when.
      const answer = check(await remove(DIGEST), REFUSED)
      expect(errorsOf(answer)[0]?.detail).toMatchObject({ holder: 'cluster-2' })
      if (minute === 0) world.clock.advance(60_000)
    }
    world.clock.advance(60_000)
    check(await remove(DIGEST), { status: 202 })
  })

  test('may lose its tag to a newer image, and stays', async () => {
    await protect([`${target.name}:v1`])
    check(await m.putManifest(target, 'v1', second.manifest), { status: 201 })
    check(await remove(DIGEST), REFUSED)
    check(await remove('v1'), { status: 202 })
  })

  test('is one platform of an index: it stays when the index goes', async () => {
    const whole = index([descriptor(first.manifest, m.OCI_MANIFEST)])
    check(await m.putManifest(target, 'all', whole), { status: 201 })
    await protect([byDigest()])
    check(await remove(whole.digest), { status: 202 })
    check(await remove(DIGEST), REFUSED)
    await m.checkManifest(target, DIGEST, first.manifest)
  })

  test('is in one repository: the same image elsewhere is not in use', async () => {
    const elsewhere = { registry, name: `${project.name}/other` }
    await pushImage(elsewhere, first, 'v1')
    await protect([byDigest()])
    check(await registry.send('DELETE', m.manifestPath(elsewhere.name, DIGEST)), { status: 202 })
  })
})

describe('a holder', () => {
  test('has what it named last, and only that', async () => {
    expect(await protect([byDigest(), `${target.name}:v1`, `${target.name}:v2`])).toMatchObject({
      images: 2,
      missing: [],
    })
    expect(await protect([byDigest(target.name, second)], 600)).toMatchObject({ images: 1 })
    check(await remove('v1'), { status: 202 })
    check(await remove('v2'), REFUSED)
    const until = new Date(world.clock.now().getTime() + 600_000).toISOString()
    expect(await holders()).toEqual([{ holder: 'cluster-1', images: 1, until }])
    expect(await protect([])).toMatchObject({ images: 0 })
    expect(await holders()).toEqual([expect.objectContaining({ holder: 'cluster-1', images: 0 })])
    check(await remove('v2'), { status: 202 })
  })

  test('may shorten its time', async () => {
    await protect([byDigest()], 10 * HOUR)
    await protect([byDigest()], 60)
    world.clock.advance(60_000)
    check(await remove(DIGEST), { status: 202 })
  })

  test('is told what is not there, not there any more, not in the project, or no image at all', async () => {
    const other = await world.project(`${project.name}x`)
    await pushImage({ registry, name: `${other.name}/app` }, first, 'v1')
    const inner = await world.project(`${project.name}/inner`)
    await pushImage({ registry, name: `${inner.name}/app` }, first, 'v1')
    await remove(second.manifest.digest)
    const missing = [
      `${target.name}:none`,
      `${project.name}/none:v1`,
      `${target.name}@sha256:${'0'.repeat(64)}`,
      byDigest(target.name, second),
      byDigest(`${other.name}/app`),
      `${inner.name}/app:v1`,
      'docker.io/library/busybox:1',
      'No Image',
    ]
    expect(await protect([...missing, byDigest()], HOUR, { as: admin })).toMatchObject({ images: 1, missing })
    check(await registry.send('DELETE', m.manifestPath(`${other.name}/app`, DIGEST)), { status: 202 })
    check(await registry.send('DELETE', m.manifestPath(`${inner.name}/app`, DIGEST)), { status: 202 })
  })

  test('is forgotten once its time is over: nothing piles up', async () => {
    await protect([byDigest()], 60, { holder: 'gone' })
    world.clock.advance(60_000)
    expect(await holders()).toEqual([])
    await protect([byDigest()], 60)
    expect(await world.query("select * from protection_holders where name = 'gone'")).toEqual([])
    expect(
      await world.query('select * from protections where holder_id not in (select id from protection_holders)'),
    ).toEqual([])
  })

  test('of one name in two projects is two', async () => {
    const other = await world.project(`${project.name}-2`)
    await protect([byDigest()], HOUR, { as: admin })
    expect(await world.api('DELETE', `/projects/${other.name}/protections/cluster-1`, admin.basic)).toHaveProperty(
      'status',
      404,
    )
    const empty = { images: [], for: HOUR }
    expect(await world.api('PUT', `/projects/${other.name}/protections/cluster-1`, admin.basic, empty)).toHaveProperty(
      'status',
      200,
    )
    check(await remove(DIGEST), REFUSED)
  })

  test('holds 10,000 images at once, named in one call; 10,001 are refused', async () => {
    const name = `${project.name}/${'many/'.repeat(30)}app`
    const many = Array.from({ length: 10_000 }, (_, n) => `${name}@sha256:${String(n).padStart(64, '0')}`)
    const started = performance.now()
    const done = await protect([...many.slice(1), byDigest()])
    expect(done).toMatchObject({ images: 1 })
    expect(done.missing).toHaveLength(9999)
    expect(performance.now() - started).toBeLessThan(3000)
    expect(await put([...many, byDigest()])).toHaveProperty('status', 400)
    expect(await put(['x'.repeat(601)])).toHaveProperty('status', 400)
    expect(await put(Array.from({ length: 10_000 }, () => 'x'.repeat(700)))).toHaveProperty('status', 413)
  })

  test.each([0, 59, 30 * 24 * HOUR + 1, 60.5, '60', null])('does not hold images for %j seconds', async (seconds) => {
    const body = { images: [byDigest()], for: seconds }
    expect(await world.api('PUT', path('cluster-1'), agent.basic, body)).toHaveProperty('status', 400)
    check(await remove('v1'), { status: 202 })
  })

  test.each(['-x', 'a b', 'a:b', 'a%2Fb', 'x'.repeat(129)])('has a name, not %s', async (holder) => {
    expect(await put([byDigest()], HOUR, { holder: encodeURIComponent(holder) })).toHaveProperty('status', 400)
  })
})

describe('who may protect', () => {
  test('whoever has that right in the repository; who may only pull is refused, to others nothing is there', async () => {
    const [reader, maintainer, narrow, stranger] = [
      await world.user(`reader${cases}`),
      await world.user(`maintainer${cases}`),
      await world.robot(project.name, { name: 'narrow' }),
      await world.user(`stranger${cases}`),
    ]
    await world.grant(project.name, `user:${reader.name}`, 'writer')
    await world.grant(project.name, `robot:${narrow.name}`, 'pull,protect', 'other')
    await world.grant(project.name, `user:${maintainer.name}`, 'maintainer')
    expect(await put([byDigest()], HOUR, { as: reader })).toHaveProperty('status', 403)
    expect(await put([byDigest()], HOUR, { as: stranger })).toHaveProperty('status', 404)
    expect(await world.api('GET', path(), stranger.basic)).toHaveProperty('status', 404)
    expect(await world.api('PUT', path('x'), {}, { images: [], for: HOUR })).toHaveProperty('status', 401)
    expect(await protect([byDigest()], HOUR, { as: narrow, holder: 'narrow' })).toMatchObject({
      images: 0,
      missing: [byDigest()],
    })
    check(await remove('v1'), { status: 202 })
    expect(await protect([byDigest()], HOUR, { as: maintainer })).toMatchObject({ images: 1 })
    check(await remove(DIGEST), REFUSED)
  })

  test('a holder is whose it was first; owners may take it, and do not keep it', async () => {
    const [other, owner] = [await world.user(`other${cases}`), await world.user(`owner${cases}`)]
    await world.grant(project.name, `user:${other.name}`, 'maintainer')
    await world.grant(project.name, `user:${owner.name}`, 'owner')
    await protect([byDigest()])
    expect(await put([], HOUR, { as: other })).toHaveProperty('status', 403)
    expect(await world.api('DELETE', path('cluster-1'), other.basic)).toHaveProperty('status', 403)
    check(await remove(DIGEST), REFUSED)
    await protect([byDigest(target.name, second)], HOUR, { as: owner })
    await protect([byDigest()])
    expect(await put([], HOUR, { as: other })).toHaveProperty('status', 403)
    expect(await world.api('DELETE', path('cluster-1'), owner.basic)).toHaveProperty('status', 204)
    expect(await world.api('DELETE', path('cluster-1'), owner.basic)).toHaveProperty('status', 404)
    check(await remove(DIGEST), { status: 202 })
  })

  test('whoever comes when its time is over may have the name', async () => {
    const other = await world.user(`later${cases}`)
    await world.grant(project.name, `user:${other.name}`, 'maintainer')
    await protect([byDigest()], 60)
    world.clock.advance(60_000)
    await protect([byDigest()], 60, { as: other })
    expect(await put([])).toHaveProperty('status', 403)
  })

  test('a right that was taken away uncovers nothing', async () => {
    const person = await world.user(`moved${cases}`)
    await world.grant(project.name, `user:${person.name}`, 'maintainer', 'app')
    await protect([byDigest()], HOUR, { as: person })
    await world.ungrant(project.name, person.id)
    await world.grant(project.name, `user:${person.name}`, 'maintainer', 'other')
    expect(await put([], HOUR, { as: person })).toHaveProperty('status', 403)
    expect(await world.api('DELETE', path('cluster-1'), person.basic)).toHaveProperty('status', 403)
    check(await remove(DIGEST), REFUSED)
    world.clock.advance(HOUR * 1000)
    await protect([], HOUR, { as: person })
  })

  test('each change leaves its row in the audit', async () => {
    const before = (await world.audit()).at(-1)?.id ?? 0
    const { until } = await protect([byDigest(), 'nothing'])
    await world.api('DELETE', path('cluster-1'), agent.basic)
    const rows = (await world.audit(before)).filter(({ action }) => action.startsWith('protection.'))
    expect(rows.map(({ actor, action, target: on, detail }) => [actor, action, on, JSON.parse(detail)])).toEqual([
      [agent.id, 'protection.set', `project:${project.name}`, { holder: 'cluster-1', images: 1, until }],
      [agent.id, 'protection.removed', `project:${project.name}`, { holder: 'cluster-1' }],
    ])
  })
})

describe('at the same time', () => {
  test('protecting and deleting one image: what was answered is so', async () => {
    for (let round = 0; round < 10; round++) {
      const some = image(`protected/race/${round}`)
      await pushImage(target, some, `race${round}`)
      const [done, gone] = await Promise.all([
        protect([byDigest(target.name, some)], HOUR, { holder: `race${round}` }),
        remove(some.manifest.digest),
      ])
      const there = await registry.send('GET', m.manifestPath(target.name, some.manifest.digest))
      expect([round, done.images, gone.status, there.status]).toEqual(
        done.images === 1 ? [round, 1, 403, 200] : [round, 0, 202, 404],
      )
    }
  })

  test('two agents of one holder: the images of one of them are protected', async () => {
    const images = Array.from({ length: 20 }, (_, n) => image(`protected/two/${n}`))
    for (const each of images) await pushImage(target, each)
    const half = (of: number) => images.filter((_, n) => n % 2 === of).map((each) => byDigest(target.name, each))
    await Promise.all(Array.from({ length: 6 }, (_, n) => protect(half(n % 2))))
    const held = await world.query<{ digest: string }>(
      'select digest from protections join protection_holders on id = holder_id where project_id = ?',
      project.id,
    )
    const texts = held.map(({ digest }) => `${target.name}@${digest}`).toSorted()
    expect([half(0).toSorted(), half(1).toSorted()]).toContainEqual(texts)
  })
})
