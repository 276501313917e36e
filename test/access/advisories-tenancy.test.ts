/**
 * Advisories about who may do what, and about other people's things (reliability-security.md §1.2), one test or more for
 * each row, and invariants 9, 10 and 19 of §2.
 *
 * Elsewhere: rows 17 to 19 (mounts) test/e2e/bad-inputs-mounts.test.ts, row 11 test/e2e/auth-login.test.ts, row 30 with a
 * guard test/e2e/bad-inputs-access.test.ts, ids of other projects and the table of routes matrix.test.ts, more
 * of Harbor #23671 remotes.test.ts.
 *
 * Not applicable, because there is no such thing here yet: Redis (CVE-2026-35172: the nearest are the row caches),
 * a setting that forbids deleting (CVE-2026-41888: the right to delete instead), proxy caches (CVE-2025-4374),
 * forks and subscriptions (of CVE-2026-24451).
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGroup, addGroupMember, removeGroupMember } from '../../src/auth/manage-groups.ts'
import { removeKey } from '../../src/auth/manage-keys.ts'
import { changeRobot, removeRobot, rotateRobotSecret } from '../../src/auth/manage-robots.ts'
import { changeUser, removeUser } from '../../src/auth/manage-users.ts'
import { apiRoutes } from '../../src/api-routes.ts'
import { createKeyFile } from '../../src/storage/encrypted/key-file.ts'
import type { Answer } from '../conformance/support/client.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { basic, bearer, type Headers, PATIENCE_MS, registryAt } from '../e2e/support/server.ts'
import { until, within } from '../e2e/support/until.ts'
import { startOidcProvider, type TestOidcProvider } from '../support/oidc.ts'
import { startRegistry } from '../support/registry.ts'
import { databaseEnvironment } from '../support/postgres.ts'
import { CLIENT, names, oidcAnswer, oidcBrowser, oidcConfig } from './support/providers.ts'
import { BY, found, fromElsewhere, ORIGIN, type Person, World } from './support/world.ts'

setDefaultTimeout(2 * PATIENCE_MS)

const IMAGE = image('access/tenancy')
const OTHER = image('access/tenancy/other')
const { layer, manifest } = IMAGE
const ALL = 'pull,push,delete'

let keys: string
let world: World
let admin: Person
let ann: Person
let bob: Person
let outsider: Person

beforeAll(async () => {
  keys = await mkdtemp(join(tmpdir(), 'berth-keys-'))
  createKeyFile(join(keys, 'key'))
  world = await World.open({ secrets: { keyFile: join(keys, 'key') } })
  admin = await world.user('root-ann', { systemRole: 'administrator' })
  ann = await world.user('ann')
  bob = await world.user('bob')
  outsider = await world.user('outsider')
  await world.project('team')
  await world.project('secret')
  await world.grant('team', 'user:ann', 'owner')
  await world.grant('team', 'user:bob', 'writer')
  for (const name of ['team/app', 'secret/app'])
    await pushImage({ registry: world.with(admin.basic), name }, IMAGE, 'v1')
  await pushImage({ registry: world.with(admin.basic), name: 'secret/app' }, OTHER, 'other')
})
afterAll(async () => {
  await world?.checkNoSecrets()
  await world?.checkAudit()
  expect(world?.errors()).toBe('')
  await world?.close()
  await rm(keys, { recursive: true, force: true })
})

const tag = (name: string, what = 'v1') => `/v2/${name}/manifests/${what}`
const blob = (name: string, digest = layer.digest) => `/v2/${name}/blobs/${digest}`

async function status(headers: Headers, method = 'GET', path = tag('team/app'), on = world): Promise<number> {
  return (await on.send(method, path, { headers })).status
}

function mount(
  headers: Headers,
  from: string | undefined,
  digest: string = layer.digest,
  to = 'team/mounted',
): Promise<Answer> {
  const query = { mount: digest, ...(from === undefined ? {} : { from }) }
  return world.send('POST', `/v2/${to}/blobs/uploads/`, { headers, query })
}

/** All that an asker sees, but for what is new in each answer. */
function told({ status: code, headers, text }: Answer, ...hide: string[]): string {
  const shown = [...headers].filter(([name]) => name !== 'x-request-id').toSorted()
  let all = JSON.stringify([code, shown, text]).replaceAll(/[0-9a-f]{32}(?![0-9a-f])/g, 'UPLOAD')
  for (const word of hide) all = all.replaceAll(word, 'NAME')
  return all
}

describe('CVE-2024-39897, CVE-2026-117685, CVE-2026-28740: a blob that the asker may not read in its source', () => {
  test('CVE-2024-39897: row 17: a mount takes the right to pull from the source, through this very token', async () => {
    await world.grant('secret', 'user:ann', 'reader')
    const narrow = await world.token(ann.basic, `repository:team/mounted:${ALL}`)
    const wide = await world.token(ann.basic, `repository:team/mounted:${ALL}`, 'repository:secret/app:pull')
    const pushOnly = await world.token(ann.basic, `repository:team/mounted:${ALL}`, 'repository:secret/app:push')
    for (const headers of [
      bob.basic,
      narrow,
      pushOnly,
      await world.token(bob.basic, `repository:team/mounted:${ALL}`, `repository:secret/app:${ALL}`),
    ])
      for (const from of ['secret/app', 'secret/absent', undefined])
        expect([from, (await mount(headers, from, OTHER.layer.digest)).status]).toEqual([from, 202])
    expect(await status(bob.basic, 'GET', blob('team/mounted', OTHER.layer.digest))).toBe(404)
    expect((await mount(wide, 'secret/app', OTHER.layer.digest)).status).toBe(201)
    expect(await status(bob.basic, 'GET', blob('team/mounted', OTHER.layer.digest))).toBe(200)
    // And the right to push to the target.
    expect((await mount(outsider.basic, 'team/app')).status).toBe(403)
    expect((await mount(wide, 'secret/app', OTHER.config.digest, 'team/elsewhere')).status).toBe(401)
    await world.ungrant('secret', ann.id)
    expect((await mount(wide, 'secret/app', OTHER.config.digest)).status).toBe(202)
  })

  test('CVE-2026-28740: row 19: stored for somebody else is not stored here', async () => {
    for (const method of ['GET', 'HEAD'])
      expect(await status(bob.basic, method, blob('team/app', OTHER.layer.digest))).toBe(404)
    // A manifest cannot pull it in either.
    const body = new Uint8Array(OTHER.manifest.bytes)
    const put = await world.send('PUT', tag('team/app', 'stolen'), {
      headers: { ...bob.basic, 'content-type': OTHER.manifest.mediaType },
      body,
    })
    expect(JSON.parse(put.text).errors[0].code).toBe('MANIFEST_BLOB_UNKNOWN')
    expect(put.status).toBeWithin(400, 405)
    const finish = await world.send('POST', '/v2/team/app/blobs/uploads/', {
      headers: bob.basic,
      query: { digest: OTHER.layer.digest },
      body: new Uint8Array(),
    })
    expect(finish.status).toBe(400)
  })
})

describe('digest oracle (class); CVE-2019-19030, CVE-2020-13794, GitLab !538', () => {
  /** The same requests for what is there, and is private, and for what is not. */
  const REQUESTS: readonly (readonly [method: string, path: (name: string) => string, body?: string])[] = [
    ['GET', (name) => tag(name)],
    ['HEAD', (name) => tag(name)],
    ['GET', (name) => tag(name, manifest.digest)],
    ['HEAD', (name) => tag(name, manifest.digest)],
    ['PUT', (name) => tag(name), '{}'],
    ['DELETE', (name) => tag(name)],
    ['GET', (name) => blob(name)],
    ['HEAD', (name) => blob(name)],
    ['DELETE', (name) => blob(name)],
    ['GET', (name) => `/v2/${name}/tags/list`],
    ['GET', (name) => `/v2/${name}/referrers/${manifest.digest}`],
    ['GET', (name) => `/v2/${name}/_oci/ext/discover`],
    ['POST', (name) => `/v2/${name}/blobs/uploads/`],
    ['POST', (name) => `/v2/${name}/blobs/uploads/?digest=${layer.digest}`, 'x'],
    ['POST', (name) => `/v2/${name}/blobs/uploads/?mount=${layer.digest}&from=team/app`],
    ['GET', (name) => `/v2/${name}/blobs/uploads/${'0'.repeat(32)}`],
    ['PATCH', (name) => `/v2/${name}/blobs/uploads/${'0'.repeat(32)}`, 'x'],
    ['PUT', (name) => `/v2/${name}/blobs/uploads/${'0'.repeat(32)}?digest=${layer.digest}`, 'x'],
    ['DELETE', (name) => `/v2/${name}/blobs/uploads/${'0'.repeat(32)}`],
  ]

  async function askers(): Promise<readonly (readonly [string, Headers])[]> {
    const scopes = ['secret/app', 'absent/app', 'secret/none'].map((name) => `repository:${name}:${ALL}`)
    const robot = await world.robot('team', { name: 'oracle' })
    await world.grant('team', `robot:${robot.name}`, 'maintainer')
    const key = await world.key(bob)
    const scoped = await world.key(bob, { scopes: [{ pattern: '**', allows: 'maintainer' }] })
    return [
      ['nobody', {}],
      ['an anonymous token', await world.token({}, ...scopes)],
      ['a user', bob.basic],
      ['a user of nothing', outsider.basic],
      ['a token', await world.token(bob.basic, ...scopes)],
      ['a key', key.basic],
      ['a scoped key', scoped.basic],
      ['a robot', robot.basic],
      ['a robot’s token', await world.token(robot.basic, ...scopes)],
    ]
  }

  test('digest oracle: CVE-2019-19030, CVE-2020-13794: private and absent are the same to the byte, for whoever may not', async () => {
    for (const [who, headers] of await askers())
      for (const [method, path, body] of REQUESTS) {
        const answers = new Set<string>()
        for (const name of ['secret/app', 'secret/none', 'absent/app']) {
          const ask = { headers, ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }) }
          const answer = await world.send(method, path(name), ask)
          expect([who, method, name, [401, 403].includes(answer.status)]).toEqual([who, method, name, true])
          answers.add(told(answer, name))
        }
        expect([who, method, path('X'), [...answers]]).toEqual([who, method, path('X'), [found([...answers][0])]])
      }
  })

  test('digest oracle: the admin API: private and absent projects are the same, whatever is asked', async () => {
    const routes = (await apiRoutes()).filter(({ path }) => path.includes('{project}'))
    const key = await world.key(ann, { scopes: [{ pattern: 'team/**', allows: 'pull' }] })
    for (const headers of [bob.basic, outsider.basic, ann.basic, key.basic, {}])
      for (const { method, path } of routes) {
        const of = async (name: string) => {
          const address = path.replace('{project}', name).replaceAll(/\{[a-z]+\}/g, '1')
          const body = method === 'GET' || method === 'DELETE' ? undefined : {}
          return told(await world.api(method, address, headers, body), name)
        }
        expect([method, path, await of('secret')]).toEqual([method, path, await of('absent')])
      }
    const create = async (name: string) => told(await world.api('POST', '/projects', bob.basic, { name }), name)
    expect(await create('secret')).toBe(await create('absent'))
    const explain = async (name: string) =>
      told(await world.api('GET', `/access/explain?action=pull&repository=${name}/app`, bob.basic), name)
    expect(await explain('secret')).toBe(await explain('absent'))
  })

  test('GitLab !538: row 17: a mount that cannot be is the same 202, whatever the reason', async () => {
    const answers = new Set<string>()
    for (const [from, digest] of [
      ['secret/app', OTHER.config.digest],
      ['secret/none', OTHER.config.digest],
      ['absent/app', OTHER.config.digest],
      ['team/app', OTHER.config.digest],
      ['secret/app', `sha256:${'0'.repeat(64)}`],
      ['Bad Name', OTHER.config.digest],
      ['secret/app', 'sha256:short'],
      [undefined, OTHER.config.digest],
      ['', OTHER.config.digest],
    ] as const)
      answers.add(told(await mount(bob.basic, from, digest)))
    expect([...answers]).toEqual([found([...answers][0])])
  })
})

describe('CVE-2026-35172: caches give no right', () => {
  test('CVE-2026-35172: deleted here, warm in every cache, and still elsewhere: 404 at once', async () => {
    await world.project('pair')
    await world.grant('pair', 'user:bob', 'maintainer')
    for (const name of ['pair/a', 'pair/b']) await pushImage({ registry: world.with(bob.basic), name }, IMAGE, 'v1')
    for (const path of [tag('pair/a'), blob('pair/a'), tag('pair/b'), blob('pair/b')])
      for (let twice = 0; twice < 2; twice++) expect(await status(bob.basic, 'GET', path)).toBe(200)
    for (const path of [tag('pair/a'), tag('pair/a', manifest.digest), blob('pair/a')])
      await world.send('DELETE', path, { headers: bob.basic })
    for (const path of [tag('pair/b'), blob('pair/b')]) expect(await status(bob.basic, 'GET', path)).toBe(200)
    for (const path of [tag('pair/a'), tag('pair/a', manifest.digest), blob('pair/a')])
      expect([path, await status(bob.basic, 'GET', path)]).toEqual([path, 404])
  })
})

describe('CVE-2026-32589: an upload belongs to who began it, where it was begun', () => {
  test('CVE-2026-32589: row 11: another user, another repository, another proof of another: 404', async () => {
    const begun = await world.send('POST', '/v2/team/app/blobs/uploads/', { headers: ann.basic })
    const location = begun.headers.get('location') ?? ''
    const elsewhere = location.replace('team/app', 'team/other')
    const robot = await world.robot('team', { name: 'uploads' })
    await world.grant('team', `robot:${robot.name}`, 'owner')
    for (const [headers, path] of [
      [bob.basic, location],
      [admin.basic, location],
      [robot.basic, location],
      [ann.basic, elsewhere],
      [await world.token(bob.basic, `repository:team/app:${ALL}`), location],
    ] as const)
      for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
        const body = method === 'PATCH' || method === 'PUT' ? { body: new TextEncoder().encode('x') } : {}
        const query = method === 'PUT' ? { digest: layer.digest } : {}
        const answer = await world.send(method, path, { headers, query, ...body })
        expect([method, path, answer.status, JSON.parse(answer.text).errors[0].code]).toEqual([
          method,
          path,
          404,
          'BLOB_UPLOAD_UNKNOWN',
        ])
      }
    // One's own key and token are oneself.
    expect(await status((await world.key(ann)).basic, 'GET', location)).toBe(204)
    expect(await status(ann.basic, 'DELETE', location)).toBe(204)
  })
})

describe('CVE-2026-31801, zot #4266: what may only be added', () => {
  test('CVE-2026-31801: row 30: with pull,push no tag moves: by tag, by ?tag=, latest, mixed', async () => {
    const creator = await world.user('creator')
    await world.grant('team', 'user:creator', 'pull,push')
    const as = { registry: world.with(creator.basic), name: 'team/tags' }
    for (const name of ['latest', 'v1']) await pushImage(as, IMAGE, name)
    await pushImage(as, OTHER, 'fresh')
    const key = await world.key(creator)
    const put = (headers: Headers, reference: string, tags: readonly string[] = []) =>
      world.send('PUT', tag('team/tags', reference), {
        headers: { ...headers, 'content-type': OTHER.manifest.mediaType },
        body: new Uint8Array(OTHER.manifest.bytes),
        query: { tag: tags },
      })
    for (const headers of [creator.basic, key.basic, await world.token(creator.basic, `repository:team/tags:${ALL}`)]) {
      for (const name of ['latest', 'v1']) {
        expect((await put(headers, name)).status).toBe(403)
        expect((await put(headers, OTHER.manifest.digest, [name])).status).toBe(403)
        expect((await put(headers, OTHER.manifest.digest, ['brand-new', name])).status).toBe(403)
      }
      expect(await status(headers, 'DELETE', tag('team/tags', 'latest'))).toBe(403)
    }
    const head = await world.send('HEAD', tag('team/tags', 'latest'), { headers: creator.basic })
    expect(head.headers.get('docker-content-digest')).toBe(manifest.digest)
    expect(await status(creator.basic, 'HEAD', tag('team/tags', 'brand-new'))).toBe(404)
    expect((await put(creator.basic, 'another')).status).toBe(201)
    expect((await put(bob.basic, 'v1')).status).toBe(201)
  })
})

describe('CVE-2026-41888: deleting is one right, whatever is deleted', () => {
  test('CVE-2026-41888: tag, manifest, blob, project: by who may push, by who may only manage', async () => {
    const manager = await world.user('manager')
    await world.grant('team', 'user:manager', 'pull,push,overwrite,manage')
    for (const headers of [bob.basic, manager.basic, await world.token(manager.basic, `repository:team/app:${ALL}`)])
      for (const path of [tag('team/app'), tag('team/app', manifest.digest), blob('team/app')])
        expect(await status(headers, 'DELETE', path)).toBe(403)
    expect((await world.api('DELETE', '/projects/team', bob.basic)).status).toBe(403)
    expect((await world.api('DELETE', '/projects/team', manager.basic)).status).toBe(409)
    expect(await status(ann.basic)).toBe(200)
  })
})

describe('CVE-2019-16097: nothing is set that was not asked for by name', () => {
  test('CVE-2019-16097: unknown fields are refused on every route with a body; nobody makes oneself more', async () => {
    const routes = (await apiRoutes()).filter(({ body }) => body !== undefined)
    for (const { method, path } of routes) {
      const address = path.replace('{project}', 'team').replaceAll(/\{[a-z]+\}/g, 'none')
      for (const extra of [
        { systemRole: 'administrator', isAdmin: true },
        { id: 1, has_admin_role: true },
        JSON.parse('{"__proto__":{"systemRole":"administrator"},"x":1}'),
      ])
        expect([path, [400, 404].includes((await world.api(method, address, admin.basic, extra)).status)]).toEqual([
          path,
          true,
        ])
    }
    for (const body of [
      { old: bob.password, new: bob.password, systemRole: 'administrator' },
      { old: bob.password, new: bob.password, disabled: false },
    ])
      expect((await world.api('PUT', '/me/password', bob.basic, body)).status).toBe(400)
    expect((await world.api('PATCH', '/users/bob', bob.basic, { systemRole: 'administrator' })).status).toBe(403)
    expect((await world.userNamed('bob')).systemRole).toBe('none')
  })
})

describe('Harbor #23675, CVE-2019-16919, CVE-2025-4374: nobody gives more than he has', () => {
  test('Harbor #23675: what is called like a robot or an administrator is none', async () => {
    for (const name of ['robot.team.x', 'robot.scanner', 'Robot.x', 'user:ann', 'anonymous:x', 'a b', '../x', 'ann\n'])
      expect([name, (await world.api('POST', '/users', admin.basic, { name })).status]).toEqual([name, 400])
    for (const name of ['anonymous', 'operator', 'administrator', 'admin', 'berth', 'robot', 'robot-x']) {
      const person = await world.user(name)
      expect([name, await status(person.basic)]).toEqual([name, 403])
      expect((await world.api('GET', '/users', person.basic)).status).toBe(403)
    }
  })

  test('CVE-2019-16919: grants, robots and keys: never more than one has oneself', async () => {
    const manager = await world.userNamed('manager')
    const headers = basic(manager.name, 'pass word of manager')
    for (const allows of ['owner', 'maintainer', 'delete', 'pull,delete'])
      for (const subject of ['user:manager', 'user:bob', 'group:x:y'])
        expect([
          allows,
          (await world.api('POST', '/projects/team/grants', headers, { subject, allows })).status,
        ]).toEqual([allows, 403])
    expect(
      (await world.api('POST', '/projects/team/grants', headers, { subject: 'user:outsider', allows: 'writer' }))
        .status,
    ).toBe(204)
    await world.ungrant('team', outsider.id)
    const key = await world.key({ ...bob }, { scopes: [{ pattern: '**', allows: 'owner' }] })
    expect(await status(key.basic, 'DELETE')).toBe(403)
    expect(await status(key.basic, 'GET', tag('secret/app'))).toBe(403)
    expect((await world.api('GET', '/projects/team/grants', key.basic)).status).toBe(404)
  })

  test('Harbor #23675: a robot holds no more than its maker holds now; somebody else can take it over', async () => {
    const maker = await world.user('maker')
    await world.grant('team', 'user:maker', 'owner')
    const made = await world.api('POST', '/projects/team/robots', maker.basic, { name: 'made' })
    const { name, secret } = JSON.parse(made.text)
    world.secrets.add(secret)
    const robot = basic(name, secret)
    // Given more than its maker has: it does not count.
    await world.grant('team', `robot:${name}`, 'owner')
    await world.grant('secret', `robot:${name}`, 'owner')
    expect(await status(robot, 'GET', tag('secret/app'))).toBe(403)
    const token = await world.token(robot, `repository:team/app:${ALL}`)
    for (const headers of [robot, token]) expect(await status(headers, 'DELETE', tag('team/app', 'none'))).toBe(404)
    await world.ungrant('team', maker.id)
    await world.grant('team', 'user:maker', 'reader')
    for (const headers of [robot, token]) {
      expect(await status(headers)).toBe(200)
      expect(await status(headers, 'DELETE', tag('team/app', 'none'))).toBe(403)
      expect(await status(headers, 'POST', '/v2/team/app/blobs/uploads/')).toBe(403)
    }
    await removeUser(world.m, BY, 'maker')
    for (const headers of [robot, token]) expect(await status(headers)).toBe(403)
    // The operator, who may do everything.
    await changeRobot(world.m, BY, await world.robotNamed(name), { takeOver: true })
    for (const headers of [robot, token]) expect(await status(headers, 'DELETE', tag('team/app', 'none'))).toBe(404)
    await removeRobot(world.m, BY, await world.robotNamed(name))
    for (const headers of [{ ...robot, ...fromElsewhere() }, token]) expect(await status(headers)).toBe(401)
  })

  test('Harbor #23675: a robot cannot be its own maker, nor two robots each other’s', async () => {
    const [first, second] = [
      await world.robot('team', { name: 'first' }),
      await world.robot('team', { name: 'second' }),
    ]
    for (const { name } of [first, second]) await world.grant('team', `robot:${name}`, 'owner')
    const takeOver = (by: Person, of: Person) =>
      world.api('PATCH', `/projects/team/robots/${of.name}`, by.basic, { takeOver: true })
    for (const [by, of] of [
      [first, first],
      [first, second],
      [second, first],
    ] as const)
      expect((await takeOver(by, of)).status).toBe(403)
    for (const { basic: headers } of [first, second]) expect(await within('an answer', 2000, status(headers))).toBe(200)
  })

  test('Harbor #23675: who only manages cannot get a new secret of a robot that may more', async () => {
    const robot = await world.robot('team', { name: 'strong' })
    await world.grant('team', `robot:${robot.name}`, 'maintainer')
    const headers = basic('manager', 'pass word of manager')
    const rotated = await world.api('POST', `/projects/team/robots/${robot.name}/secret`, headers, {})
    expect(rotated.status).toBe(403)
    expect(
      (
        await world.api('POST', `/projects/team/robots/${robot.name}/trust`, headers, {
          issuer: 'x',
          claims: { sub: 'x' },
        })
      ).status,
    ).toBe(403)
    expect(await status(robot.basic)).toBe(200)
    const again = await world.api('POST', `/projects/team/robots/${robot.name}/secret`, ann.basic, {})
    expect(again.status).toBe(200)
    world.secrets.add(JSON.parse(again.text).secret)
    expect(await status({ ...robot.basic, ...fromElsewhere() })).toBe(401)
  })

  test('CVE-2025-4374: whoever makes a project by a first push owns that one only, under the own name only', async () => {
    await pushImage({ registry: world.with(outsider.basic), name: 'outsider/app' }, IMAGE, 'v1')
    expect((await world.api('GET', '/projects', outsider.basic)).text).toContain('"outsider"')
    expect(JSON.parse((await world.api('GET', '/projects', outsider.basic)).text).items).toHaveLength(1)
    for (const name of ['bob/app', 'outsider2/app', 'team/app', 'library/app', 'out/app'])
      expect([name, await status(outsider.basic, 'POST', `/v2/${name}/blobs/uploads/`)]).toEqual([name, 403])
    expect((await world.projectNamed('outsider')).public).toBe(false)
    expect(await status({}, 'GET', tag('outsider/app'))).toBe(401)
  })
})

describe('CVE-2026-18255, CVE-2026-105447: a secret is shown once', () => {
  test('CVE-2026-18255, CVE-2026-105447: what a row says has no field for it (all GETs by all roles: matrix.test.ts)', async () => {
    const described = JSON.stringify((await world.send('GET', '/api/v1/openapi.json')).text)
    expect(described).toContain('Shown here and never again')
    await world.refreshToken(bob.basic)
    for (const path of ['/me/keys', '/me/sessions', '/me']) {
      const { text } = await world.api('GET', path, bob.basic)
      for (const word of ['secret', 'hash', 'password', ...world.secrets])
        expect([path, text.includes(word)]).toEqual([path, false])
    }
  })
})

describe('CVE-2026-110697, CVE-2025-30086, CVE-2024-22261, CVE-2019-19026, CVE-2019-19029: names are data', () => {
  test('CVE-2026-110697: _ % and what begins alike cross no border', async () => {
    for (const name of ['a_b', 'axb', 'a-b', 'a', 'a.b', 'ab']) await world.project(name)
    await world.grant('a_b', 'user:bob', 'owner')
    await world.grant('a', 'user:bob', 'owner')
    for (const name of ['a_b', 'axb', 'a', 'a-b', 'ab', 'a.b'])
      await pushImage({ registry: world.with(admin.basic), name: `${name}/app` }, IMAGE, 'v1')
    for (const name of ['a_b', 'a']) expect(await status(bob.basic, 'GET', tag(`${name}/app`))).toBe(200)
    for (const name of ['axb', 'a-b', 'ab', 'a.b'])
      expect([name, await status(bob.basic, 'GET', tag(`${name}/app`))]).toEqual([name, 403])
    const { text } = await world.send('GET', '/v2/_catalog', { headers: bob.basic, query: { n: '1000' } })
    const listed: string[] = JSON.parse(text).repositories
    expect(listed.filter((name) => /^a(xb|-b|b|\.b)\//.test(name))).toEqual([])
    // A pattern's star is the only sign in it.
    await world.grant('ab', 'user:outsider', 'reader', 'a_p')
    await pushImage({ registry: world.with(admin.basic), name: 'ab/a_p' }, IMAGE, 'v1')
    expect(await status(outsider.basic, 'GET', tag('ab/a_p'))).toBe(200)
    expect(await status(outsider.basic, 'GET', tag('ab/app'))).toBe(403)
    for (const pattern of ['%', 'a%', '_', '?', '[a-z]', '.*\\', 'a"']) {
      const answer = await world.api('POST', '/projects/ab/grants', admin.basic, {
        subject: 'user:outsider',
        allows: 'reader',
        pattern,
      })
      if (answer.status === 204) expect(await status(outsider.basic, 'GET', tag('ab/app'))).toBe(403)
    }
  })

  test('CVE-2025-30086, CVE-2024-22261, CVE-2019-19026: quotes and filters are text; unknown filters are refused', async () => {
    const hostile = [
      "' or 1=1 --",
      "x' union select secret_hash from api_keys --",
      '%',
      '_',
      '\\',
      '"',
      '{{7*7}}',
      '; drop table users; --',
    ]
    for (const text of hostile) {
      const q = encodeURIComponent(text)
      for (const path of [`/users/${q}`, `/groups/${q}`, `/projects/${q}`, `/robots/${q}`, `/users/${q}/keys`])
        expect([path, (await world.api('GET', path, admin.basic)).status]).toEqual([path, 404])
      for (const path of [`/audit?actor=${q}`, `/audit?action=${q}`, `/audit?target=${q}`])
        expect([path, JSON.parse((await world.api('GET', path, admin.basic)).text).items]).toEqual([path, []])
      for (const path of [`/users?after=${q}`, `/projects?after=${q}`])
        expect((await world.api('GET', path, admin.basic)).status).toBe(200)
    }
  })

  test('CVE-2025-30086: a filter, an order or a page that is not in the description is refused', async () => {
    // Where there is a search it is for a part of the name, whatever is typed.
    const found = await world.api('GET', '/users?q=password%3D~x', admin.basic)
    expect([found.status, JSON.parse(found.text)]).toEqual([200, { items: [] }])
    for (const query of [
      'sort=password_hash',
      'filter=secret',
      'query=password%3D~x',
      'password=x',
      'order_by=1',
      'limit=0',
      'limit=1e9',
      'limit=-1',
    ])
      for (const path of ['/users', '/projects', '/audit'])
        expect([path, query, (await world.api('GET', `${path}?${query}`, admin.basic)).status]).toEqual([
          path,
          query,
          400,
        ])
  })
})

describe('Harbor #23671: a secret goes only to where it was for', () => {
  test('Harbor #23671: changing the address of an upstream drops its secret', async () => {
    const password = 'secret of the upstream'
    world.secrets.add(password)
    const place = { url: 'https://upstream.example', username: 'ann', password }
    await world.api('POST', '/remotes', admin.basic, { name: 'upstream', ...place })
    const change = async (body: unknown) =>
      JSON.parse((await world.api('PATCH', '/remotes/upstream', admin.basic, body)).text).credentials
    expect(await change({ url: `${place.url}/path` })).toBe('stored')
    expect(await change({ url: 'https://attacker.example' })).toBe('none')
    expect(await change({ url: place.url })).toBe('none')
  })
  test('Harbor #23671: only remotes, scanners and webhooks take an address that the server would call; owners, a public one at most', async () => {
    for (const { method, path, body, access } of await apiRoutes()) {
      const shape = JSON.stringify(body?.toJSONSchema({ io: 'input' }) ?? {})
      if (!/"(?:url|endpoint|host|webhook|callback)"/i.test(shape)) continue
      // What is not public takes an administrator there (test/e2e/webhooks.test.ts).
      if (/^\/projects\/\{project\}\/webhooks/.test(path)) {
        expect([method, path, access]).toEqual([method, path, 'manage'])
        continue
      }
      const isKnown = ['/webhooks', '/webhooks/{webhook}', '/remotes', '/remotes/{remote}', '/scanners'].includes(path)
      expect([method, path, isKnown, access]).toEqual([method, path, true, 'administer'])
    }
  })
})

describe('ECR Public 2022: no hidden route', () => {
  test('ECR Public 2022: the tables are all there is (matrix.test.ts compares them); other verbs are 405 or 404', async () => {
    for (const method of ['TRACE', 'OPTIONS', 'PROPFIND', 'COPY', 'LINK'])
      for (const path of [
        '/v2/',
        tag('team/app'),
        '/api/v1/users',
        '/auth/',
        '/metrics',
        '/internal',
        '/api/internal/users',
      ]) {
        // A Request cannot be made with TRACE.
        const code = method === 'TRACE' ? 405 : await status(admin.basic, method, path)
        expect([method, path, [404, 405].includes(code)]).toEqual([method, path, true])
      }
    // The method in the request counts, whatever a header says.
    for (const header of ['x-http-method-override', 'x-method-override', 'x-http-method'])
      expect(await status({ ...bob.basic, [header]: 'DELETE' }, 'GET')).toBe(200)
    expect(await status(ann.basic)).toBe(200)
  })
})

describe('CVE-2026-24451 (class), invariant 10: what is taken away is gone with the next request', () => {
  interface Held {
    readonly headers: readonly Headers[]
    readonly refresh?: string
  }
  let serial = 0

  /** Somebody new with a right to pull, and every proof of it. */
  async function somebody(allows = 'writer'): Promise<{ person: Person; held: Held; key: string }> {
    const person = await world.user(`held-${serial++}`)
    await world.grant('team', `user:${person.name}`, allows)
    const key = await world.key(person)
    const scope = `repository:team/app:${ALL}`
    const held = {
      headers: [person.basic, await world.token(person.basic, scope), key.basic, await world.token(key.basic, scope)],
      refresh: await world.refreshToken(person.basic),
    }
    for (const headers of held.headers) expect(await status(headers)).toBe(200)
    world.clock.advance(1000)
    return { person, held, key: key.id }
  }

  async function checkAll({ headers: all }: Held, expected: readonly number[]): Promise<void> {
    for (const headers of all) expect(expected).toContain(await status({ ...headers, ...fromElsewhere() }))
  }

  test('invariant 10: disabling a user', async () => {
    const { person, held } = await somebody()
    await changeUser(world.m, BY, person.name, { disabled: true })
    await checkAll(held, [401])
    expect((await world.redeem(held.refresh ?? '')).status).toBe(401)
  })

  test('invariant 10: removing a grant', async () => {
    const { person, held } = await somebody()
    await world.ungrant('team', person.id)
    await checkAll(held, [403])
  })

  test('invariant 10: making a grant smaller', async () => {
    const { person, held } = await somebody('maintainer')
    await world.grant('team', `user:${person.name}`, 'reader')
    await checkAll(held, [200])
    for (const headers of held.headers) expect(await status(headers, 'DELETE', tag('team/app', 'none'))).toBe(403)
  })

  test('invariant 10: taking somebody out of a group', async () => {
    const { person, held } = await somebody()
    await world.ungrant('team', person.id)
    await createGroup(world.m, BY, 'crew')
    await world.grant('team', 'group:crew', 'writer')
    await addGroupMember(world.m, BY, { group: 'crew', user: person.name })
    await checkAll(held, [200])
    await removeGroupMember(world.m, BY, { group: 'crew', user: person.name })
    await checkAll(held, [403])
  })

  test('CVE-2026-24451: invariant 10: making a project private', async () => {
    await world.project('open', true)
    await pushImage({ registry: world.with(admin.basic), name: 'open/app' }, IMAGE, 'v1')
    const all = [
      {},
      await world.token({}, 'repository:open/app:pull'),
      bob.basic,
      await world.token(bob.basic, 'repository:open/app:pull'),
    ]
    for (const headers of all)
      for (const path of [tag('open/app'), blob('open/app')]) expect(await status(headers, 'GET', path)).toBe(200)
    await world.setPublic('open', false)
    for (const headers of all)
      for (const path of [tag('open/app'), blob('open/app')])
        expect([401, 403]).toContain(await status(headers, 'GET', path))
    const { text } = await world.send('GET', '/v2/_catalog', { headers: bob.basic })
    expect(text).not.toContain('open/app')
  })

  test('invariant 10: a robot that is disabled, rotated, removed, or expires', async () => {
    for (const how of ['disabled', 'rotated', 'removed', 'expired']) {
      const robot = await world.robot('team', { name: how, expiresInDays: 1 })
      await world.grant('team', `robot:${robot.name}`, 'writer')
      const held = { headers: [robot.basic, await world.token(robot.basic, 'repository:team/app:pull')] }
      await checkAll(held, [200])
      world.clock.advance(1000)
      const found_ = await world.robotNamed(robot.name)
      if (how === 'disabled') await changeRobot(world.m, BY, found_, { disabled: true })
      if (how === 'removed') await removeRobot(world.m, BY, found_)
      if (how === 'rotated') world.secrets.add((await rotateRobotSecret(world.m, BY, found_, undefined)).secret ?? '')
      if (how === 'expired') world.clock.advance(24 * 3_600_000)
      await checkAll(held, [401])
    }
  })

  test('invariant 10: removing a key ends its tokens and refresh tokens, and no others', async () => {
    const { person, held, key } = await somebody()
    const [own, ownToken, keyed, keyedToken] = held.headers
    const refresh = await world.refreshToken(found(keyed))
    await removeKey(world.m, BY, await world.userNamed(person.name), key)
    await checkAll({ headers: [found(keyed), found(keyedToken)] }, [401])
    expect((await world.redeem(refresh)).status).toBe(401)
    await checkAll({ headers: [found(own), found(ownToken)] }, [200])
  })

  test('invariant 10: ending a terminal’s session ends its refresh token', async () => {
    const { person, held } = await somebody()
    const { items } = JSON.parse((await world.api('GET', '/me/sessions', person.basic)).text)
    expect((await world.api('DELETE', `/me/sessions/${items[0].id}`, person.basic)).status).toBe(204)
    expect((await world.redeem(held.refresh ?? '')).status).toBe(401)
  })

  test('invariant 10: in another process at once: two workers, and commands beside them', async () => {
    const running = await startRegistry({ args: ['--workers', '2'] })
    const secrets = ['correct horse battery']
    try {
      const berth = async (args: readonly string[], stdin?: string) => {
        const child = Bun.spawn([process.execPath, 'src/main.ts', ...args, '--data', running.dataDir], {
          cwd: new URL('../..', import.meta.url).pathname,
          env: { ...process.env, ...(await databaseEnvironment(running.dataDir)) },
          stdin: stdin === undefined ? 'ignore' : new Blob([stdin]),
          stdout: 'pipe',
          stderr: 'pipe',
        })
        const [out, problem, code] = await Promise.all([
          new Response(child.stdout).text(),
          new Response(child.stderr).text(),
          child.exited,
        ])
        if (code !== 0) throw new Error(`berth ${args.join(' ')}: ${code} ${out} ${problem}`)
        return out
      }
      const password = found(secrets[0])
      await berth(['user', 'add', 'root-ann'], `${password}\n`)
      await berth(['user', 'add', 'eve', '--role', 'none'], `${password}\n`)
      const eve = basic('eve', password)
      const registry = registryAt(running.url)
      await until('the server knows of users', async () =>
        (await registry.send('GET', '/v2/')).status === 401 ? true : undefined,
      )
      const api = (method: string, path: string, body?: unknown) =>
        registry.send(method, `/api/v1${path}`, {
          headers: basic('root-ann', password),
          ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }),
        })
      const { token } = JSON.parse((await registry.send('GET', '/token', { headers: eve })).text)
      secrets.push(token)
      expect((await api('POST', '/projects', { name: 'team' })).status).toBe(201)
      const path = '/v2/team/app/tags/list'
      /** Each on a connection of its own, so that both workers are asked. */
      const all = async (headers: Headers, at = path) =>
        new Set(
          await Promise.all(
            Array.from(
              { length: 16 },
              async () => (await fetch(`${running.url}${at}`, { headers: { ...headers, connection: 'close' } })).status,
            ),
          ),
        )
      const pulling = async () =>
        bearer(
          JSON.parse(
            (await registry.send('GET', '/token', { headers: eve, query: { scope: 'repository:team/app:pull' } })).text,
          ).token,
        )
      expect(await all(eve)).toEqual(new Set([403]))
      expect((await api('POST', '/projects/team/grants', { subject: 'user:eve', allows: 'reader' })).status).toBe(204)
      // Given in one process, known in the other with the next request.
      expect(await all(eve)).toEqual(new Set([404]))
      const bound = await pulling()
      expect(await all(bound)).toEqual(new Set([404]))
      const { items } = JSON.parse((await api('GET', '/projects/team/grants')).text)
      const grant = items.find(({ subject }: { subject: string }) => subject === 'user:eve')
      expect((await api('DELETE', `/projects/team/grants/${grant.id}`)).status).toBe(204)
      for (const headers of [eve, bound]) expect(await all(headers)).toEqual(new Set([403]))
      expect((await api('PATCH', '/projects/team', { public: true })).status).toBe(204)
      expect(await all({})).toEqual(new Set([404]))
      expect((await api('PATCH', '/projects/team', { public: false })).status).toBe(204)
      expect(await all({})).toEqual(new Set([401]))
      // A command is a third process.
      expect(await all(bearer(token), '/v2/')).toEqual(new Set([200]))
      await berth(['user', 'set', 'eve', '--disable'])
      expect(await all(bearer(token), '/v2/')).toEqual(new Set([401]))
      for (const secret of secrets) expect(running.output().includes(secret)).toBe(false)
    } finally {
      await running.close()
    }
  })
})

describe('one person, many providers', () => {
  let provider: TestOidcProvider
  let second: TestOidcProvider
  let corp: World
  beforeAll(async () => {
    const callback = (name: string) => `${ORIGIN}/auth/callback/${name}`
    provider = await startOidcProvider({ clients: [{ ...CLIENT, redirectUris: [callback('corp')] }], accounts: {} })
    second = await startOidcProvider({ clients: [{ ...CLIENT, redirectUris: [callback('corp2')] }], accounts: {} })
    corp = await World.open({ auth: { oidc: { ...oidcConfig(provider), ...oidcConfig(second, 'corp2') } } })
  })
  afterAll(async () => {
    await corp?.checkNoSecrets()
    await corp?.checkAudit()
    await corp?.close()
    await provider?.close()
    await second?.close()
  })

  async function throughSecond(login: string): Promise<Answer> {
    const begun = await corp.send('GET', '/auth/login/corp2')
    const cookie = found(begun.headers.getSetCookie()[0]).split(';')[0] ?? ''
    const back = await second.signIn(new URL(begun.headers.get('location') ?? ''), login)
    return corp.send('GET', `${back.pathname}${back.search}`, { headers: { cookie } })
  }

  async function nameOf(answer: Answer): Promise<string> {
    const cookie = found(answer.headers.getSetCookie()[0]).split(';')[0] ?? ''
    return JSON.parse((await corp.api('GET', '/me', { cookie })).text).name
  }

  test('the same verified address is one account, through OIDC twice and locally', async () => {
    await corp.user('carl', { email: 'carl@corp.test' })
    provider.setClaims('c1', { preferred_username: 'carl.one', email: 'Carl@corp.test', email_verified: true })
    second.setClaims('c2', { preferred_username: 'other', email: 'carl@corp.test', email_verified: true })
    expect(await nameOf(await oidcAnswer(corp, provider, 'c1'))).toBe('carl')
    expect(await nameOf(await throughSecond('c2'))).toBe('carl')
    expect((await corp.query<{ n: number }>('select count(*) as n from identities'))[0]?.n).toBe(2)
  })

  test('an unverified address takes over nobody, least of all an administrator', async () => {
    await corp.user('chief', { email: 'chief@corp.test', systemRole: 'administrator' })
    for (const [login, claims] of Object.entries({
      m1: { preferred_username: 'chief', email: 'chief@corp.test', email_verified: false },
      m2: { preferred_username: 'chief', email: 'chief@corp.test' },
      m3: { preferred_username: 'chief@corp.test', email: 'chief@corp.test', email_verified: 'true' },
      m4: { preferred_username: 'chief', email: ' chief@corp.test', email_verified: true },
      m5: { preferred_username: 'chief', email: ['chief@corp.test'], email_verified: true },
      m6: { preferred_username: 'chief', email: 'chief@corp.test\u0000', email_verified: true },
    })) {
      provider.setClaims(login, claims)
      const browser = await oidcBrowser(corp, provider, login)
      const me = JSON.parse((await corp.api('GET', '/me', browser.headers)).text)
      expect([login, me.systemRole, me.name === 'chief']).toEqual([login, 'none', false])
      expect((await corp.api('GET', '/users', browser.headers)).status).toBe(403)
    }
  })

  test('a name that is taken is not shared, by another provider neither; a subject never becomes another’s', async () => {
    provider.setClaims('same', { preferred_username: 'same' })
    second.setClaims('same', { preferred_username: 'same' })
    expect(await nameOf(await oidcAnswer(corp, provider, 'same'))).toBe('same')
    expect(await nameOf(await throughSecond('same'))).toBe('same.corp2')
    // Whatever they call themselves later.
    second.setClaims('same', { preferred_username: 'chief' })
    expect(await nameOf(await throughSecond('same'))).toBe('same.corp2')
    for (const [login, name] of [
      ['r1', 'robot.team.x'],
      ['r2', 'Robot.x'],
      ['r3', '../../etc'],
      ['r4', 'user:x'],
      ['r5', 'operator@x'],
    ] as const) {
      provider.setClaims(login, { preferred_username: name })
      const made = await nameOf(await oidcAnswer(corp, provider, login))
      expect(made).toMatch(/^(?!robot\.)[a-z0-9][a-z0-9._-]*$/)
    }
    expect(new Set(await names(corp)).size).toBe((await names(corp)).length)
  })
})

describe('invariant 19, row 70: what is secret is in no log and in no row', () => {
  test('invariant 19: every kind, used rightly and wrongly', async () => {
    const own = await World.open()
    try {
      const boss = await own.user('boss', { systemRole: 'administrator' })
      await own.project('team')
      const robot = await own.robot('team', { name: 'ci' })
      const key = await own.key(boss)
      const browser = await own.browser(boss)
      const refresh = await own.refreshToken(boss.basic)
      const token = await own.token(boss.basic, 'repository:team/app:pull')
      const device = JSON.parse((await own.form('/auth/device/code', { client_id: 'cli' })).text)
      own.secrets.add(device.device_code)
      const made = await own.api('POST', '/users', browser.headers, { name: 'new', password: 'a canary password 1' })
      own.secrets.add('a canary password 1')
      expect(made.status).toBe(201)
      await own.api('PUT', '/me/password', browser.headers, { old: boss.password, new: 'a canary password 2' })
      own.secrets.add('a canary password 2')
      for (const secret of [
        robot.password,
        key.secret,
        refresh,
        token.Authorization?.slice(7) ?? '',
        device.device_code,
        'a canary password 1',
      ])
        for (const headers of [basic('nobody', secret), bearer(secret), { cookie: `__Host-berth=${secret}` }])
          await own.send('GET', '/v2/', { headers: { ...headers, ...fromElsewhere() } })
      await own.redeem(`${refresh}x`)
      await own.form('/auth/revoke', { token: refresh })
      await own.send('GET', '/token', {
        headers: fromElsewhere(),
        query: { password: 'a canary password 2', refresh_token: refresh },
      })
      // Name and password exchanged: people do that.
      for (const secret of [key.secret, robot.password])
        await own.send('GET', '/v2/', { headers: { ...basic(secret, 'boss'), ...fromElsewhere() } })
      await own.checkNoSecrets()
      await own.checkAudit()
    } finally {
      await own.close()
    }
  })
})
