/** What rules are about, whatever it is called, and what they may know of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Project } from '../../src/access/project-store.ts'
import { parseRepositoryName, type RepositoryName } from '../../src/oci/name.ts'
import { addRule } from '../../src/policy/manage-rules.ts'
import type { RuleInput } from '../../src/policy/rule.ts'
import { BY, World } from '../access/support/world.ts'
import { check, errorsOf } from '../conformance/support/check.ts'
import type { Answer, Registry } from '../conformance/support/client.ts'
import * as m from '../conformance/support/manifests.ts'
import { FakeEvidence } from './support/fake-evidence.ts'
import { descriptor, image, manifestOf, pushImage } from './support/images.ts'
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
