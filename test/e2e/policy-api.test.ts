/** Rules, exemptions, verdicts and previews by the admin API and by commands. */
import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Project } from '../../src/access/project-store.ts'
import { found, type Person, World } from '../access/support/world.ts'
import { check } from '../conformance/support/check.ts'
import type { Registry } from '../conformance/support/client.ts'
import * as m from '../conformance/support/manifests.ts'
import { startRegistry } from '../support/registry.ts'
import { berth } from './support/command.ts'
import { withDataFolder } from './support/data-folder.ts'
import { FakeEvidence, finding } from './support/fake-evidence.ts'
import { descriptor, image, index, pushImage } from './support/images.ts'
import { PATIENCE_MS, registryAt } from './support/server.ts'

setDefaultTimeout(4 * PATIENCE_MS)

const bad = image('policy-api/bad')
const good = image('policy-api/good')
const RULE = { name: 'no-critical', mode: 'enforce', check: { kind: 'vulnerabilities', severity: 'critical' } }

let world: World
let evidence: FakeEvidence
let admin: Person
let project: Project
let registry: Registry
let target: { registry: Registry; name: string }
let cases = 0

beforeAll(async () => {
  evidence = new FakeEvidence()
  world = await World.open({}, { evidence })
  admin = await world.user('root-ann', { systemRole: 'administrator' })
  registry = world.with(admin.basic)
  evidence.vulnerable(bad.manifest.digest, finding('critical', world.clock.now()))
})
beforeEach(async () => {
  evidence.outage = undefined
  project = await world.project(`api${cases++}`)
  target = { registry, name: `${project.name}/app` }
})
afterAll(async () => {
  expect(world?.errors()).toBe('')
  await world?.close()
})

function inDays(days: number): string {
  return new Date(world.clock.now().getTime() + days * 86_400_000).toISOString()
}

async function api(method: string, path: string, body?: unknown, by = admin) {
  const { status, text } = await world.api(method, path, by.basic, body)
  return { status, body: text === '' ? undefined : JSON.parse(text) }
}

const policies = () => `/projects/${project.name}/policies`
const exemptions = () => `/projects/${project.name}/exemptions`
const verdictAt = (reference: string) =>
  `/repositories/${encodeURIComponent(target.name)}/images/${encodeURIComponent(reference)}/verdict`

describe('rules', () => {
  test('are added, listed with everything they say, changed and removed', async () => {
    const made = await api('POST', policies(), { ...RULE, except: [`user:${admin.name}`], push: true })
    expect(made).toMatchObject({ status: 200, body: { ...RULE, except: [`user:${admin.name}`], repositories: '' } })
    expect(made.body.check).toEqual({
      ...RULE.check,
      fixAvailable: false,
      graceDays: 0,
      unscanned: 'warn',
      unrated: 'warn',
    })
    expect((await api('GET', policies())).body.items).toEqual([made.body])
    expect((await api('POST', policies(), RULE)).status).toBe(409)
    const at = `${policies()}/${made.body.id}`
    expect((await api('PATCH', at, { mode: 'warn' })).status).toBe(204)
    expect((await api('GET', policies())).body.items[0].mode).toBe('warn')
    expect((await api('DELETE', at)).status).toBe(204)
    expect((await api('DELETE', at)).status).toBe(404)
    expect((await api('GET', policies())).body.items).toEqual([])
  })

  test('and exemptions are seen by members, changed by owners, and none of others’ business', async () => {
    const [reader, owner, stranger] = await Promise.all(
      ['reader', 'owner', 'stranger'].map((name) => world.user(`${name}${cases}`)),
    )
    await world.grant(project.name, `user:${found(reader).name}`, 'reader')
    await world.grant(project.name, `user:${found(owner).name}`, 'owner')
    const statuses = async (method: string, path: string, body?: unknown) => [
      (await api(method, path, body, stranger)).status,
      (await api(method, path, body, reader)).status,
      (await api(method, path, body, owner)).status,
    ]
    expect(await statuses('GET', policies())).toEqual([404, 200, 200])
    expect(await statuses('POST', policies(), RULE)).toEqual([404, 403, 200])
    expect(await statuses('POST', `${policies()}/preview`, RULE)).toEqual([404, 403, 200])
    const exemption = { name: 'x', reason: 'because', expiresAt: inDays(3) }
    expect(await statuses('POST', exemptions(), exemption)).toEqual([404, 403, 200])
    const { id } = (await api('GET', exemptions())).body.items[0]
    expect(await statuses('DELETE', `${exemptions()}/${id}`)).toEqual([404, 403, 204])
    const { id: rule } = (await api('GET', policies())).body.items[0]
    const other = await world.project(`${project.name}-other`)
    expect((await api('DELETE', `/projects/${other.name}/policies/${rule}`)).status).toBe(404)
    expect((await api('PATCH', `/projects/${other.name}/policies/${rule}`, { mode: 'off' })).status).toBe(404)
  })

  test('and exemptions are addressed by their names, and by their numbers', async () => {
    for (const of of ['name', 'id'] as const) {
      const made = (await api('POST', policies(), { ...RULE, name: 'lab' })).body
      const exempted = (await api('POST', exemptions(), { name: 'old', reason: 'because', expiresAt: inDays(3) })).body
      expect((await api('PATCH', `${policies()}/${made[of]}`, { mode: 'off' })).status).toBe(204)
      expect((await api('GET', policies())).body.items[0]).toMatchObject({ name: 'lab', mode: 'off' })
      for (const path of [`${exemptions()}/${exempted[of]}`, `${policies()}/${made[of]}`]) {
        expect([path, (await api('DELETE', path)).status]).toEqual([path, 204])
        const again = await api('DELETE', path)
        expect([again.status, again.body.detail]).toEqual([404, expect.stringContaining(`"${path.split('/').at(-1)}"`)])
      }
    }
    for (const path of [policies(), exemptions()])
      for (const absent of ['none', '0', '-1', '1e0', ' 1', 'x'.repeat(3000)]) {
        const { status } = await api('DELETE', `${path}/${encodeURIComponent(absent)}`)
        expect([absent.slice(0, 9), status]).toEqual([absent.slice(0, 9), 404])
      }
    for (const [path, body] of [
      [policies(), { ...RULE, name: '12' }],
      [exemptions(), { name: '12', reason: 'because', expiresAt: inDays(3) }],
    ] as const)
      expect((await api('POST', path, body)).status).toBe(400)
  })

  test.each([
    ['nothing', {}],
    ['no such kind', { ...RULE, check: { kind: 'weight' } }],
    ['a field too many', { ...RULE, check: { ...RULE.check, maxDays: 3 } }],
    ['no such severity', { ...RULE, check: { ...RULE.check, severity: 'awful' } }],
    ['an odd name', { ...RULE, name: '" of project other' }],
    ['a pattern that is none', { ...RULE, repositories: 'Team' }],
    ['no anchors', { ...RULE, check: { kind: 'signatures', anchors: [] } }],
    ['no labels', { ...RULE, check: { kind: 'labels', required: {} } }],
    ['an age of nothing', { ...RULE, check: { kind: 'age', maxDays: 0 } }],
    ['64 KiB', { ...RULE, check: { kind: 'base', allow: ['a'.repeat(60_000)] } }],
  ])('are not made of %s', async (_, body) => {
    expect((await api('POST', policies(), body)).status).toBe(400)
    expect((await api('GET', policies())).body.items).toEqual([])
  })

  test('are 50 at most', async () => {
    for (let n = 0; n < 50; n++) expect((await api('POST', policies(), { ...RULE, name: `r${n}` })).status).toBe(200)
    expect((await api('POST', policies(), RULE)).status).toBe(409)
  })
})

describe('a verdict', () => {
  beforeEach(async () => {
    await pushImage(target, bad, 'bad')
    await pushImage(target, good, 'good')
  })

  test('says what each rule says, to whoever may pull, though he is refused', async () => {
    expect((await api('GET', verdictAt('bad'))).body).toMatchObject({ outcome: 'pass', judged: false, rules: [] })
    await api('POST', policies(), RULE)
    await api('POST', policies(), { name: 'owned', check: { kind: 'labels', required: { owner: '*' } } })
    const reader = await world.user(`reader${cases}`)
    await world.grant(project.name, `user:${reader.name}`, 'reader')
    const { body } = await api('GET', verdictAt('bad'), undefined, reader)
    expect(body).toEqual({
      digest: bad.manifest.digest,
      project: project.name,
      outcome: 'refuse',
      judged: true,
      rules: [
        {
          ...{ policy: 'no-critical', mode: 'enforce', outcome: 'violated' },
          text: 'CVE-2024-3094 (critical) in xz-utils 5.6.0, fixed in 5.6.1',
          findings: [
            {
              ...{ vulnerability: 'CVE-2024-3094', severity: 'critical', package: 'xz-utils' },
              ...{ version: '5.6.0', fixedVersion: '5.6.1' },
            },
          ],
        },
        { policy: 'owned', mode: 'warn', outcome: 'violated', text: 'it has no label owner' },
      ],
    })
    await api('POST', exemptions(), { name: 'known', rule: 'no-critical', reason: 'because', expiresAt: inDays(9) })
    expect((await api('GET', verdictAt(bad.manifest.digest))).body).toMatchObject({
      outcome: 'warn',
      validUntil: inDays(9),
      rules: [{ outcome: 'exempted', exemption: 'known' }, { outcome: 'violated' }],
    })
    const stranger = await world.user(`stranger${cases}`)
    expect((await api('GET', verdictAt('bad'), undefined, stranger)).status).toBe(404)
    for (const absent of ['none', `sha256:${'0'.repeat(64)}`, 'sha256:0', '../x'])
      expect((await api('GET', verdictAt(absent))).status).toBe(404)
  })

  test('is unknown in an outage', async () => {
    await api('POST', policies(), RULE)
    evidence.outage = new Error('away')
    expect((await api('GET', verdictAt('good'))).body).toMatchObject({ outcome: 'unknown' })
  })

  test('is foretold of a rule, for every image that a tag leads to', async () => {
    const both = index([bad, good].map(({ manifest }) => descriptor(manifest, m.OCI_MANIFEST)))
    check(await m.putManifest(target, 'a-both', both), { status: 201 })
    await pushImage({ registry, name: `${project.name}/other` }, bad, 'v1')
    const preview = async (more: object = {}) => (await api('POST', `${policies()}/preview`, { ...RULE, ...more })).body
    expect(await preview()).toMatchObject({ images: 4, refused: 2, warned: 0, unknown: 0, truncated: false })
    expect(await preview({ repositories: 'app' })).toMatchObject({
      ...{ images: 3, refused: 1 },
      items: [{ repository: target.name, tag: 'a-both', digest: bad.manifest.digest, outcome: 'refuse' }],
    })
    expect(await preview({ limit: 1 })).toMatchObject({ refused: 2, items: [expect.anything()], truncated: true })
    // Nothing of it is written down, and nothing is refused.
    check(await registry.send('GET', m.manifestPath(target.name, 'bad')), { status: 200 })
  })
})

test('whoever makes a project inside of another is told what ends there', async () => {
  await withDataFolder(async ({ path }) => {
    const add = async (name: string) => {
      const { code, stdout, stderr } = await berth(['project', 'add', name, '--private', '--data', path])
      expect([code, stderr]).toEqual([0, ''])
      return stdout
    }
    for (const name of ['team', 'teams', 'other/team']) expect(await add(name)).not.toContain('inside of')
    expect(await add('team/app')).toContain('It is inside of the project team, and nothing that is said there holds in')
    expect(await add('team/app/a/b')).toContain('It is inside of the project team/app,')
  })
})

test('commands do the same, beside the server', async () => {
  await withDataFolder(async ({ path }) => {
    const server = await startRegistry({ dataDir: path, args: ['--anonymous', 'push', '--workers', '2'] })
    try {
      const anybody = registryAt(server.url)
      const image_ = image('policy-api/command')
      await pushImage({ registry: anybody, name: 'shop/app' }, image_, 'v1')
      const run = async (words: readonly string[], code = 0) => {
        const result = await berth(['policy', ...words, '--data', path])
        expect([words, result.code, code === 0 ? result.stderr : '']).toEqual([words, code, ''])
        return code === 0 ? result.stdout : `${result.stdout}${result.stderr}`
      }
      await berth(['project', 'add', 'shop', '--public', '--data', path])
      const preview = await run(['preview', 'shop', '--label', 'owner'])
      expect(preview).toContain('Of 1 images it would refuse 1')
      await run(['add', 'shop', 'owned', '--label', 'owner=*', '--mode', 'enforce'])
      expect(await run(['list', 'shop'])).toContain('owned  enforce  labels owner=*')
      /** Each worker answers some of them, and all say the same. */
      const get = async () => {
        const headers = { connection: 'close' }
        const pulls = Array.from({ length: 12 }, () =>
          anybody.send('GET', m.manifestPath('shop/app', 'v1'), { headers }),
        )
        const [first, ...others] = await Promise.all(pulls)
        for (const { status } of others) expect(status).toBe(found(first).status)
        return found(first)
      }
      check(await get(), { status: 403, error: 'DENIED' })
      expect(await run(['check', 'shop/app:v1'], 1)).toContain('owned (enforce): violated: it has no label owner')
      await run([
        'exempt',
        'shop',
        'old',
        '--rule',
        'owned',
        '--digest',
        image_.manifest.digest,
        '--days',
        '9',
        '--reason',
        'legacy',
      ])
      check(await get(), { status: 200 })
      expect(await run(['check', 'shop/app:v1'])).toContain('exempted by "old"')
      expect(await run(['exemptions', 'shop'])).toContain('legacy (operator)')
      await run(['unexempt', 'shop', 'old'])
      check(await get(), { status: 403 })
      await run(['set-mode', 'shop', 'owned', 'warn'])
      expect((await get()).headers.get('warning')).toContain('it has no label owner')
      await run(['remove', 'shop', 'owned'])
      expect((await get()).headers.get('warning')).toBeNull()
      expect(await run(['add', 'shop', 'both', '--label', 'a', '--max-age-days', '3'], 1)).toContain('one thing a rule')
      expect(await run(['set-mode', 'shop', 'none', 'off'], 1)).toContain('there is no policy "none"')
    } finally {
      await server.close()
    }
  })
})
