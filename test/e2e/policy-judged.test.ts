/** What rules are about, whatever it is called, and what they may know of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { createProject } from '../../src/access/manage-projects.ts'
import type { Project } from '../../src/access/project-store.ts'
import { parseDigest } from '../../src/oci/digest.ts'
import { parseRepositoryName, type RepositoryName } from '../../src/oci/name.ts'
import { addRule } from '../../src/policy/manage-rules.ts'
import type { RuleInput } from '../../src/policy/rule.ts'
import { analyzeImage } from '../../src/scanning/analyze-image.ts'
import { BY, World } from '../access/support/world.ts'
import { check, errorsOf } from '../conformance/support/check.ts'
import type { Answer, Registry } from '../conformance/support/client.ts'
import * as m from '../conformance/support/manifests.ts'
import { content } from '../conformance/support/content.ts'
import { pushBlob } from '../conformance/support/uploads.ts'
import { FakeEvidence, finding } from './support/fake-evidence.ts'
import { descriptor, image, index, manifestOf, pushImage } from './support/images.ts'
import { openInProcess } from './support/in-process.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const first = image('judged/first')
const REFUSED = { status: 403, error: 'DENIED' }
const UNSCANNED = { kind: 'vulnerabilities', severity: 'critical', unscanned: 'refuse' } as const

let world: World
let evidence: FakeEvidence
let registry: Registry
let project: Project
let target: { registry: Registry; name: RepositoryName }
let cases = 0

beforeAll(async () => {
  evidence = new FakeEvidence()
  world = await World.open({ content: { sparse: true } }, { evidence })
  registry = world.with((await world.user('root-ann', { systemRole: 'administrator' })).basic)
})
beforeEach(async () => {
  evidence.reports.clear()
  project = await world.project(`judged${cases++}`)
  target = { registry, name: parseRepositoryName(`${project.name}/app`) }
})
afterAll(async () => {
  expect(world?.errors()).toBe('')
  await world?.close()
})

function rule(checked: RuleInput['check'], more: Partial<RuleInput> = {}) {
  return addRule(world.m, BY, project, { name: 'strict', mode: 'enforce', check: checked, ...more })
}

function get(reference: string): Promise<Answer> {
  return registry.send('GET', m.manifestPath(target.name, reference))
}

/** An image, called otherwise. */
async function called(config: string, layer: string): Promise<m.Manifest> {
  await pushImage(target, first, 'v1')
  const types = { config: descriptor(first.config, config), layers: [descriptor(first.layer, layer)] }
  const made = manifestOf({ ...first.body, ...types }, m.OCI_MANIFEST)
  check(await m.putManifest(target, 'odd', made), { status: 201 })
  evidence.reports.set(made.digest, { state: 'waiting', reasons: [], packages: 0, findings: [] })
  return made
}

describe('types that somebody made up', () => {
  test.each([
    ['application/vnd.docker.plugin.v1+json', 'application/octet-stream'],
    ['application/vnd.foo.v1+json', 'application/vnd.foo'],
    ['application/vnd.oci.empty.v1+json', 'application/octet-stream'],
  ])('keep nothing from being judged: %s with %s', async (config, layer) => {
    await called(config, layer)
    await rule(UNSCANNED)
    const answer = check(await get('odd'), REFUSED)
    expect(errorsOf(answer)[0]?.message).toContain('it has not been scanned yet (its types are of no known artifact')
    expect(errorsOf(answer)[0]?.message).toContain('the repositories of a rule, its exceptions and exemptions')
  })

  test('keep no artifact out of where rules leave it alone', async () => {
    await called('application/vnd.foo.v1+json', 'application/vnd.foo')
    await rule(UNSCANNED, { repositories: 'images/**' })
    check(await get('odd'), { status: 200 })
  })
})

describe('an index that has manifests inside itself', () => {
  const data = Buffer.from(first.manifest.bytes).toString('base64')
  const embedding = index([{ ...descriptor(first.manifest, m.OCI_MANIFEST), data }])
  const plainOne = index([descriptor(first.manifest, m.OCI_MANIFEST)])

  test('is refused where what it hands out would be', async () => {
    await pushImage(target, first, 'v1')
    check(await m.putManifest(target, 'embedding', embedding), { status: 201 })
    check(await m.putManifest(target, 'plain', plainOne), { status: 201 })
    check(await get('embedding'), { status: 200 })
    evidence.vulnerable(first.manifest.digest, finding('critical', world.clock.now()))
    await rule(UNSCANNED)
    check(await get('v1'), REFUSED)
    check(await get('plain'), { status: 200 })
    const answer = check(await get('embedding'), REFUSED)
    expect(errorsOf(answer)[0]?.message).toContain('push it without them')
    expect(answer.text).not.toContain(data)
  })
})

describe('what is private elsewhere', () => {
  const LABELS: RuleInput['check'] = { kind: 'labels', required: { owner: 'nobody' } }
  const EMPTY = { state: 'complete', reasons: [], unknownBinaries: [], files: [], packageFiles: [] } as const

  test('is not told by rules to whoever has a manifest only', async () => {
    const server = await openInProcess({ config: { content: { sparse: true } } })
    try {
      const config = content(JSON.stringify({ created: '2020-01-01T00:00:00Z', config: { Labels: { owner: 'ann' } } }))
      const made = manifestOf({ ...first.body, config: descriptor(config, m.OCI_CONFIG) }, m.OCI_MANIFEST)
      const [secret, own] = ['secret/a', 'own/a'].map((name) => ({ registry: server, name }))
      if (secret === undefined || own === undefined) throw new Error('there are two')
      for (const blob of [config, first.layer]) await pushBlob(secret, blob)
      for (const each of [secret, own]) check(await m.putManifest(each, 'v1', made), { status: 201 })
      const parts = { registry: server.app.registry, reader: { read: async () => EMPTY } }
      expect(await analyzeImage(parts, parseDigest(made.digest), NEVER)).toBe('done')
      for (const name of ['secret', 'own'])
        await addRule(
          server.app.management,
          BY,
          await createProject(server.app.management, BY, { name, public: true }),
          {
            ...{ name: 'labels', mode: 'enforce', check: LABELS },
          },
        )
      const said = async (name: string) =>
        errorsOf(check(await server.send('GET', m.manifestPath(name, 'v1')), REFUSED))[0]?.message
      expect(await said('secret/a')).toContain('"ann"')
      expect(await said('own/a')).toContain('its configuration cannot be read')
    } finally {
      await server.close()
    }
  })

  const NEVER = new AbortController().signal
})
