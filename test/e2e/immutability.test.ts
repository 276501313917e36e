/** Tags that a rule of their project selects are set once: over every way a tag can move or go. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { z } from 'zod'
import type { Project } from '../../src/access/project-store.ts'
import { createManagement } from '../../src/app.ts'
import { parseConfig } from '../../src/config/load.ts'
import { OPERATOR } from '../../src/lib/actor.ts'
import { addRule, removeRule } from '../../src/immutability/manage-rules.ts'
import { findRepository } from '../../src/metadata/repositories.ts'
import { createLog } from '../../src/observability/log.ts'
import { parseDigest } from '../../src/oci/digest.ts'
import { OciError } from '../../src/oci/errors.ts'
import { parseRepositoryName, parseTag, type RepositoryName } from '../../src/oci/name.ts'
import { binManifests } from '../../src/registry/bin.ts'
import { deleteRepository } from '../../src/registry/delete-content.ts'
import { checkGuards, type Operation, whyTagIsKept } from '../../src/registry/operation.ts'
import { BY, found, type Person, World } from '../access/support/world.ts'
import { openBeside } from '../support/rows.ts'
import { check, errorsOf, headerOf } from '../conformance/support/check.ts'
import type { Registry } from '../conformance/support/client.ts'
import * as m from '../conformance/support/manifests.ts'
import { image, pushBlobsOf, pushImage } from './support/images.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const [first, second] = [image('immutable/first'), image('immutable/second')]
const DIGEST = parseDigest(first.manifest.digest)
const OTHER = parseDigest(second.manifest.digest)
const REFUSED = { status: 403, error: 'DENIED' }

let world: World
let admin: Person
let project: Project
/** Everything is done by an administrator: rules bind them too. */
let registry: Registry
let target: { registry: Registry; name: RepositoryName }
let cases = 0

beforeAll(async () => {
  world = await World.open()
  admin = await world.user('root-ann', { systemRole: 'administrator' })
  registry = world.with(admin.basic)
})
beforeEach(async () => {
  project = await world.project(`immutable${cases++}`)
  target = { registry, name: parseRepositoryName(`${project.name}/app`) }
})
afterEach(() => world.checkAudit())
afterAll(async () => {
  expect(world?.errors()).toBe('')
  await world?.close()
})

function rule(tags: string, repositories?: string) {
  return addRule(world.m, BY, project, { tags, repositories })
}

function remove(path: string) {
  return registry.send('DELETE', path)
}

async function checkAbsent(reference: string): Promise<void> {
  check(await registry.send('GET', m.manifestPath(target.name, reference)), { status: 404 })
}

const place = () => ({ repository: target.name, actor: OPERATOR })

async function repositoryId(): Promise<number> {
  return found(await findRepository(world.m.database.reader, target.name))
}

/** Whether the guards let an operation through that nobody carries out. */
async function guarded(operation: Record<string, unknown>): Promise<unknown> {
  const whole = { ...place(), repositoryId: await repositoryId(), ...operation } as unknown as Operation
  try {
    await world.m.database.write((tx) => checkGuards(world.app.registry.guards, whole, tx))
    return 'allowed'
  } catch (error) {
    if (!(error instanceof OciError)) throw error
    return error.details[0]
  }
}

describe('an immutable tag', () => {
  beforeEach(async () => {
    await pushImage(target, first, 'v1')
    await pushImage(target, first, 'latest')
    await pushBlobsOf(target, second)
  })

  async function checkStays(): Promise<void> {
    await m.checkManifest(target, 'v1', first.manifest)
  }

  test('row 30: is not moved by a push, by tag or by ?tag=, alone or beside others', async () => {
    const { id } = await rule('v*')
    const { manifest } = second
    const answer = check(await m.putManifest(target, 'v1', manifest), REFUSED)
    expect(errorsOf(answer)[0]).toEqual({
      code: 'DENIED',
      message: `the tag v1 is immutable in the project ${project.name} (rule ${id}: v*); push under another tag, or ask an owner of the project to remove the rule`,
      detail: { reason: 'immutable-tag', tag: 'v1', project: project.name, rule: id, tags: 'v*' },
    })
    check(await m.putManifest(target, manifest.digest, manifest, { tag: ['v1'] }), REFUSED)
    check(await m.putManifest(target, manifest.digest, manifest, { tag: ['new', 'v1'] }), REFUSED)
    await checkStays()
    // A refused push changes nothing, not even the part that was allowed.
    await checkAbsent('new')
    await checkAbsent(manifest.digest)
  })

  test('can be pushed again as it is, and once where it was not', async () => {
    await rule('v*')
    check(await m.putManifest(target, 'v1', first.manifest), { status: 201 })
    check(await m.putManifest(target, 'v2', second.manifest), { status: 201 })
    check(await m.putManifest(target, 'v2', first.manifest), REFUSED)
    check(await m.putManifest(target, 'latest', second.manifest), { status: 201 })
  })

  test('is not deleted: by its name, with its manifest, or with its repository', async () => {
    await rule('v*')
    check(await remove(m.manifestPath(target.name, 'v1')), REFUSED)
    check(await remove(m.manifestPath(target.name, first.manifest.digest)), REFUSED)
    await expect(deleteRepository(world.app.registry, place(), '')).rejects.toMatchObject({ code: 'DENIED' })
    await checkStays()
    await m.checkManifest(target, 'latest', first.manifest)
    check(await remove(m.manifestPath(target.name, 'latest')), { status: 202 })
  })

  test.each(['retention', 'expired', 'untagged', 'manifest'] as const)(
    'does not go with a deletion of kind %s',
    async (kind) => {
      await rule('v*')
      const { registry: parts, database } = { registry: world.app.registry, database: world.m.database }
      const spot = { ...place(), repositoryId: await repositoryId() }
      const gone = database.write((tx) => binManifests(parts, tx, spot, { kind, reason: '', digests: [DIGEST] }))
      await expect(gone).rejects.toMatchObject({ code: 'DENIED', details: [{ reason: 'immutable-tag' }] })
      await checkStays()
    },
  )

  test('is not moved by hand, rolled back, or restored to something else', async () => {
    await rule('v*')
    const tags = [
      { tag: 'other', previous: undefined },
      { tag: 'v1', previous: DIGEST },
    ]
    const move = { type: 'move-tags', reason: 'retag', tags }
    expect(await guarded({ ...move, digest: OTHER })).toMatchObject({ reason: 'immutable-tag', tag: 'v1' })
    expect(await guarded({ ...move, digest: DIGEST })).toBe('allowed')
    expect(await guarded({ type: 'restore-repository' })).toBe('allowed')
  })

  test('is named to who asks before deleting, in a transaction and without', async () => {
    const { guards } = world.app.registry
    const tag = { ...place(), repositoryId: await repositoryId(), digest: DIGEST }
    const v1 = { ...tag, tag: parseTag('v1') }
    const { reader } = world.m.database
    expect(await whyTagIsKept(guards, v1, reader)).toBeUndefined()
    const { id } = await rule('v*')
    expect(await whyTagIsKept(guards, v1, reader)).toBe(`immutable by rule ${id} (v*)`)
    expect(await world.m.database.write((tx) => whyTagIsKept(guards, v1, tx))).toBe(`immutable by rule ${id} (v*)`)
    expect(await whyTagIsKept(guards, { ...tag, tag: parseTag('latest') }, reader)).toBeUndefined()
  })

  test('moves again as soon as the rule is gone', async () => {
    const { id } = await rule('v*')
    check(await m.putManifest(target, 'v1', second.manifest), REFUSED)
    await removeRule(world.m, BY, project, id)
    check(await m.putManifest(target, 'v1', second.manifest), { status: 201 })
    await rule('v*')
    check(await m.putManifest(target, 'v1', first.manifest), REFUSED)
  })

  test('is that from the next push on when a command beside the server says so', async () => {
    check(await m.putManifest(target, 'v1', second.manifest), { status: 201 })
    const beside = await openBeside(world.dataDir, world.clock)
    try {
      const log = createLog({ level: 'error', now: () => world.clock.now(), write: () => undefined })
      const others = createManagement(parseConfig({ data: world.dataDir }), beside, world.clock, log)
      const { id } = await addRule(others, BY, project, { tags: 'v*' })
      check(await m.putManifest(target, 'v1', first.manifest), REFUSED)
      await removeRule(others, BY, project, id)
      check(await m.putManifest(target, 'v1', first.manifest), { status: 201 })
    } finally {
      await beside.close()
    }
  })

  test('is that only where the rule says', async () => {
    await rule('v*', 'other/**')
    check(await m.putManifest(target, 'v1', second.manifest), { status: 201 })
    const elsewhere = { registry, name: `${project.name}/other/app` }
    await pushImage(elsewhere, first, 'v1')
    await pushBlobsOf(elsewhere, second)
    check(await m.putManifest(elsewhere, 'v1', second.manifest), REFUSED)
    const neighbour = await world.project(`${project.name}x`)
    await pushImage({ registry, name: `${neighbour.name}/other/app` }, first, 'v1')
    check(await remove(m.manifestPath(`${neighbour.name}/other/app`, 'v1')), { status: 202 })
  })

  test.each([
    ['regex:v\\d+', '2', 'v2', 'v2.1'],
    ['semver:>=1', 'latest', 'v1.0.0', 'v1.0.0-rc.1'],
    ['!latest', 'v1', 'anything', 'latest'],
    ['release-*,v?', 'v10', 'v9', 'v11'],
  ])('may be selected by %s', async (tags, _, immutable, movable) => {
    await rule(tags)
    for (const tag of [immutable, movable]) await m.putManifest(target, tag, first.manifest)
    if (movable === 'latest') await m.checkManifest(target, 'latest', first.manifest)
    check(await m.putManifest(target, immutable, second.manifest), REFUSED)
    check(await m.putManifest(target, movable, second.manifest), { status: 201 })
  })

  test('is found in a repository of thousands, on whatever page it is', async () => {
    const tags = Array.from({ length: 2100 }, (_, n) => `t${String(n).padStart(4, '0')}`)
    for (let at = 0; at < tags.length; at += 100) {
      const some = { tag: tags.slice(at, at + 100) }
      check(await m.putManifest(target, first.manifest.digest, first.manifest, some), { status: 201 })
    }
    await rule('t2050')
    await expect(deleteRepository(world.app.registry, place(), '')).rejects.toMatchObject({ code: 'DENIED' })
    const { id } = await rule('no-such-tag')
    expect(id).toBeGreaterThan(0)
    for (const { id: each } of await rules()) await removeRule(world.m, BY, project, each)
    await rule('no-such-tag')
    expect(await deleteRepository(world.app.registry, place(), '')).toBeGreaterThan(0)
  })
})

const List = z.object({ items: z.array(z.object({ id: z.number(), repositories: z.string(), tags: z.string() })) })

async function rules(as: Person = admin) {
  const answer = await world.api('GET', `/projects/${project.name}/immutability`, as.basic)
  return List.parse(JSON.parse(check(answer, { status: 200 }).text)).items
}

describe('row 31: 50 pushes of different manifests to one immutable tag', () => {
  const images = Array.from({ length: 50 }, (_, n) => image('immutable/race', { annotations: { n: String(n) } }))

  test.each([
    ['by tag', (pushed: m.Manifest) => m.putManifest(target, 'v1', pushed)],
    ['by ?tag=', (pushed: m.Manifest) => m.putManifest(target, pushed.digest, pushed, { tag: ['v1'] })],
    [
      'both ways',
      (pushed: m.Manifest) =>
        pushed.digest < 'sha256:8'
          ? m.putManifest(target, 'v1', pushed)
          : m.putManifest(target, pushed.digest, pushed, { tag: ['v1'] }),
    ],
  ])('row 31: %s: one is 201, the others 403', async (_, put) => {
    await rule('v*')
    await pushBlobsOf(target, image('immutable/race'))
    const answers = await Promise.all(images.map(({ manifest }) => put(manifest)))
    const winners = answers.filter(({ status }) => status === 201)
    expect(winners).toHaveLength(1)
    for (const answer of answers) if (answer.status !== 201) check(answer, REFUSED)
    const digest = headerOf(found(winners[0]), 'Docker-Content-Digest')
    const now = await registry.send('HEAD', m.manifestPath(target.name, 'v1'))
    check(now, { status: 200, headers: { 'Docker-Content-Digest': digest } })
    for (const { manifest } of images) if (manifest.digest !== digest) await checkAbsent(manifest.digest)
  })
})

describe('the rules of a project', () => {
  const path = () => `/projects/${project.name}/immutability`

  test('are made, listed and removed; each leaves its row in the audit', async () => {
    const before = (await world.audit()).at(-1)?.id ?? 0
    const body = { tags: ' v* ', repositories: 'team/**' }
    const made = await world.api('POST', path(), admin.basic, body)
    expect(made).toHaveProperty('status', 200)
    const { id } = z.object({ id: z.number() }).parse(JSON.parse(made.text))
    expect(await rules()).toEqual([expect.objectContaining({ id, repositories: 'team/**', tags: 'v*' })])
    expect(await world.api('POST', path(), admin.basic, body)).toHaveProperty('status', 409)
    expect(await world.api('DELETE', `${path()}/${id}`, admin.basic)).toHaveProperty('status', 204)
    expect(await world.api('DELETE', `${path()}/${id}`, admin.basic)).toHaveProperty('status', 404)
    expect(await rules()).toEqual([])
    const rows = (await world.audit(before)).filter(({ action }) => action.startsWith('immutability.'))
    expect(rows.map(({ action, target: of, actor_name: who }) => [action, of, who])).toEqual([
      ['immutability.added', `project:${project.name}`, 'root-ann'],
      ['immutability.removed', `project:${project.name}`, 'root-ann'],
    ])
  })

  test('are seen by members and changed by owners; to others there is no project', async () => {
    const [owner, maintainer, stranger] = [
      await world.user(`owner${cases}`),
      await world.user(`maintainer${cases}`),
      await world.user(`stranger${cases}`),
    ]
    await world.grant(project.name, `user:${owner.name}`, 'owner')
    await world.grant(project.name, `user:${maintainer.name}`, 'maintainer')
    expect(await world.api('POST', path(), maintainer.basic, { tags: 'v*' })).toHaveProperty('status', 403)
    expect(await world.api('POST', path(), stranger.basic, { tags: 'v*' })).toHaveProperty('status', 404)
    expect(await world.api('GET', path(), stranger.basic)).toHaveProperty('status', 404)
    expect(await world.api('GET', path(), {})).toHaveProperty('status', 401)
    expect(await world.api('POST', path(), owner.basic, { tags: 'v*' })).toHaveProperty('status', 200)
    const [made] = await rules(maintainer)
    expect(await world.api('DELETE', `${path()}/${made?.id}`, maintainer.basic)).toHaveProperty('status', 403)
    expect(await world.api('DELETE', `${path()}/${made?.id}`, owner.basic)).toHaveProperty('status', 204)
  })

  test('are no longer there under the number of another project’s', async () => {
    const { id } = await rule('v*')
    const other = await world.project(`${project.name}-other`)
    expect(await world.api('DELETE', `/projects/${other.name}/immutability/${id}`, admin.basic)).toHaveProperty(
      'status',
      404,
    )
    expect(await rules()).toHaveLength(1)
  })

  test.each([
    ['nothing', {}],
    ['no tags', { tags: '' }],
    ['an open group', { tags: 'regex:(' }],
    ['an unknown kind', { tags: 'prefix:v' }],
    ['a pattern that is none', { tags: 'v*', repositories: 'Team' }],
    ['a field too many', { tags: 'v*', body: '{}' }],
    ['64 KiB', { tags: 'v'.repeat(60_000) }],
  ])('are not made of %s', async (_, body) => {
    expect(await world.api('POST', path(), admin.basic, body)).toHaveProperty('status', 400)
    expect(await rules()).toEqual([])
  })

  test('are 50 at most', async () => {
    for (let n = 0; n < 50; n++) await rule(`v${n}`)
    expect(await world.api('POST', path(), admin.basic, { tags: 'v50' })).toHaveProperty('status', 409)
    expect(await rules()).toHaveLength(50)
  })

  test('go with the project', async () => {
    await rule('v*')
    await world.removeProject(project.name)
    expect(await world.query('select * from immutability_rules where project_id = ?', project.id)).toEqual([])
  })
})
