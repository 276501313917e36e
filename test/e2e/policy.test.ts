/** What rules of content refuse, and to whom, with evidence that the test gives. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import type { Project } from '../../src/access/project-store.ts'
import { createManagement } from '../../src/app.ts'
import { parseConfig } from '../../src/config/load.ts'
import { forgetVerdicts } from '../../src/metadata/policy-verdicts.ts'
import { createLog } from '../../src/observability/log.ts'
import { parseDigest } from '../../src/oci/digest.ts'
import { parseRepositoryName, type RepositoryName } from '../../src/oci/name.ts'
import {
  addExemption,
  type ExemptionInput,
  exemptionNamed,
  removeExemption,
} from '../../src/policy/manage-exemptions.ts'
import { addRule, removeRule, setMode } from '../../src/policy/manage-rules.ts'
import type { RuleInput } from '../../src/policy/rule.ts'
import { addAnchor } from '../../src/signing/manage-anchors.ts'
import { BY, found, type Person, World } from '../access/support/world.ts'
import { check, errorsOf, headerOf } from '../conformance/support/check.ts'
import type { Answer, Registry } from '../conformance/support/client.ts'
import { content } from '../conformance/support/content.ts'
import * as m from '../conformance/support/manifests.ts'
import { pushBlob } from '../conformance/support/uploads.ts'
import { ON_POSTGRES } from '../support/postgres.ts'
import { openBeside } from '../support/rows.ts'
import { FakeEvidence, finding } from './support/fake-evidence.ts'
import { descriptor, image, index, type Image, manifestOf, pushBlobsOf, pushImage } from './support/images.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const DAY_MS = 86_400_000
const first = image('policy/first')
const second = image('policy/second')
const REFUSED = { status: 403, error: 'DENIED' }
const NO_CRITICAL = { kind: 'vulnerabilities', severity: 'critical' } as const
const PUBLIC_KEY = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).publicKey
const SIGNED: RuleInput['check'] = { kind: 'signatures', anchors: ['ci'] }

let world: World
let evidence: FakeEvidence
let admin: Person
let project: Project
/** May pull only, in each project. */
let reader: Person
let registry: Registry
let target: { registry: Registry; name: RepositoryName }
let cases = 0

beforeAll(async () => {
  evidence = new FakeEvidence()
  world = await World.open({}, { evidence })
  admin = await world.user('root-ann', { systemRole: 'administrator' })
  reader = await world.user('reader-bob')
  registry = world.with(admin.basic)
})
beforeEach(async () => {
  Object.assign(evidence, { outage: undefined, revision: '', asked: 0, pause: undefined })
  for (const known of [evidence.reports, evidence.signed]) known.clear()
  project = await world.project(`policy${cases++}`)
  await world.grant(project.name, `user:${reader.name}`, 'reader')
  await trust('ci')
  target = { registry, name: parseRepositoryName(`${project.name}/app`) }
})
afterEach(() => world.checkAudit())
afterAll(async () => {
  expect(world?.errors()).toBe('')
  await world?.close()
})

function rule(checked: RuleInput['check'], more: Partial<RuleInput> = {}) {
  return addRule(world.m, BY, project, { name: 'strict', mode: 'enforce', check: checked, ...more })
}

function trust(name: string) {
  return addAnchor(world.m, BY, project, { name, kind: 'cosign-key', body: { publicKey: PUBLIC_KEY } })
}

function inDays(days: number): Date {
  return new Date(world.clock.now().getTime() + days * DAY_MS)
}

function exempt(more: Partial<ExemptionInput> = {}) {
  return addExemption(world.m, BY, project, { name: 'for-now', reason: 'we know', expiresAt: inDays(30), ...more })
}

function get(reference: string, by: Registry = world.with(reader.basic), name: string = target.name): Promise<Answer> {
  return by.send('GET', m.manifestPath(name, reference))
}

const critical = () => finding('critical', world.clock.now())

/** As scanning does when it found something. */
async function find(digest: string, ...findings: Parameters<FakeEvidence['vulnerable']>[1][]): Promise<void> {
  evidence.vulnerable(digest, ...findings)
  await world.m.database.write((tx) => forgetVerdicts(tx, parseDigest(digest)))
}

async function sign(digest: string, about: string = digest): Promise<void> {
  evidence.sign(digest, 'ci')
  await m.putManifest(target, 'x', signatureOf(about))
}

/** As notation makes them. */
function signatureOf(digest: string): m.Manifest {
  const empty = content('{}')
  return manifestOf(
    {
      schemaVersion: 2,
      mediaType: m.OCI_MANIFEST,
      artifactType: 'application/vnd.cncf.notary.signature',
      config: { mediaType: 'application/vnd.cncf.notary.signature', digest: empty.digest, size: 2 },
      layers: [{ mediaType: 'application/jose+json', digest: empty.digest, size: 2 }],
      subject: { mediaType: m.OCI_MANIFEST, digest, size: 2 },
    },
    m.OCI_MANIFEST,
  )
}

describe('a rule about vulnerabilities', () => {
  beforeEach(() => pushImage(target, first, 'v1'))

  test('refuses a pull by tag and by digest, and says why and what to do', async () => {
    check(await get('v1'), { status: 200 })
    await rule(NO_CRITICAL)
    check(await get('v1'), { status: 200 })
    await find(first.manifest.digest, critical())
    const answer = check(await get('v1'), REFUSED)
    const { digest } = first.manifest
    expect(errorsOf(answer)[0]).toMatchObject({
      message: `refused by policy "strict" of project ${project.name}: CVE-2024-3094 (critical) in xz-utils 5.6.0, fixed in 5.6.1; an owner of the project can exempt it: berth policy exempt ${project.name} NAME --rule strict --digest ${digest} --days 30 --reason "…"`,
      detail: {
        reason: 'policy',
        rules: [{ rule: 'strict', findings: [{ vulnerability: 'CVE-2024-3094', fixedVersion: '5.6.1' }] }],
      },
    })
    check(await get(digest), REFUSED)
    const byReader = world.with(reader.basic)
    check(await get('v1', registry), REFUSED)
    check(await byReader.send('HEAD', m.manifestPath(target.name, 'v1')), { status: 403 })
    check(
      await byReader.send('GET', m.manifestPath(target.name, 'v1'), { headers: { 'if-none-match': `"${digest}"` } }),
      REFUSED,
    )
  })

  test('says nothing to those who may not pull, or where there is nothing', async () => {
    await rule(NO_CRITICAL)
    await find(first.manifest.digest, critical())
    const stranger = world.with((await world.user(`stranger${cases}`)).basic)
    const [here, nowhere] = [await get('v1', stranger), await get('v1', stranger, `${project.name}/nothing`)]
    expect(here.text).not.toContain('CVE')
    expect(here.status).toBe(nowhere.status)
    expect(errorsOf(here)[0]?.message).toBe(errorsOf(nowhere)[0]?.message ?? '')
    check(await get('v1', world), { status: 401 })
    check(await get('v2'), { status: 404, error: 'MANIFEST_UNKNOWN' })
  })

  test('lets whoever may push look at a tag, so that what is mended can take its place', async () => {
    await rule(NO_CRITICAL)
    await find(first.manifest.digest, critical())
    check(await registry.send('HEAD', m.manifestPath(target.name, 'v1')), { status: 200 })
    await pushImage(target, second, 'v1')
    check(await get('v1'), { status: 200 })
    check(await get(first.manifest.digest), REFUSED)
  })

  test('warns where it is only to warn', async () => {
    await rule(NO_CRITICAL, { mode: 'warn' })
    await find(first.manifest.digest, critical())
    const answer = check(await get('v1'), { status: 200 })
    const text = `299 - "policy strict of project ${project.name}: CVE-2024-3094 (critical) in xz-utils 5.6.0, fixed in 5.6.1"`
    expect(headerOf(answer, 'warning')).toBe(text)
    await setModeOf('strict', 'off')
    expect((await get('v1')).headers.get('warning')).toBeNull()
    await setModeOf('strict', 'enforce')
    check(await get('v1'), REFUSED)
  })

  test('warns in the days of grace, and refuses when they are over', async () => {
    await rule({ ...NO_CRITICAL, graceDays: 7 })
    await find(first.manifest.digest, critical())
    expect(headerOf(check(await get('v1'), { status: 200 }), 'warning')).toContain('it counts from')
    world.clock.advance(7 * DAY_MS - 1)
    check(await get('v1'), { status: 200 })
    world.clock.advance(1)
    check(await get('v1'), REFUSED)
  })

  test('costs one look at the evidence, however many pull', async () => {
    await rule(NO_CRITICAL)
    await Promise.all(Array.from({ length: 20 }, () => get('v1')))
    for (let n = 0; n < 5; n++) check(await get('v1'), { status: 200 })
    check(await get(first.manifest.digest), { status: 200 })
    const { asked } = evidence
    // PostgreSQL's snapshot moves with every commit of the server, this look's own too: who comes then looks again.
    if (ON_POSTGRES) expect(asked).toBeLessThanOrEqual(3)
    else expect(asked).toBe(1)
    await pushImage(target, second, 'v2')
    check(await get('v1'), { status: 200 })
    expect(evidence.asked).toBe(asked)
    // Whom a project trusts is changed like a right.
    evidence.revision = 'other'
    await world.project(`${project.name}-other`)
    check(await get('v1'), { status: 200 })
    expect(evidence.asked).toBe(asked + 1)
  })

  test('holds only for the repositories that it is about, and for none of others’ projects', async () => {
    await rule(NO_CRITICAL, { repositories: 'team/**' })
    await find(first.manifest.digest, critical())
    check(await get('v1'), { status: 200 })
    const inside = { registry, name: `${project.name}/team/app` }
    await pushImage(inside, first, 'v1')
    check(await get('v1', registry, inside.name), REFUSED)
    const longer = await world.project(`${project.name}/team`)
    check(await get('v1', registry, inside.name), { status: 200 })
    expect(longer.name).toBe(`${project.name}/team`)
    expect(evidence.asked).toBe(1)
  })

  test('is not asked about accounts that are excepted, by who they are and not by their names', async () => {
    const scanner = await world.robot(project.name, { name: 'scanner' })
    await world.grant(project.name, `robot:${scanner.name}`, 'reader')
    const owner = await world.user(`owner${cases}`)
    await world.grant(project.name, `user:${owner.name}`, 'owner')
    await rule(NO_CRITICAL, { except: [`robot:${scanner.name}`] })
    await find(first.manifest.digest, critical())
    check(await get('v1', world.with(scanner.basic)), { status: 200 })
    check(await get('v1', world.with(owner.basic)), REFUSED)
    await expect(rule(NO_CRITICAL, { name: 'other', except: ['robot:nobody'] })).rejects.toMatchObject({
      kind: 'not-found',
    })
    await expect(rule(NO_CRITICAL, { name: 'other', except: ['group:all'] })).rejects.toMatchObject({ kind: 'invalid' })
  })

  test('is in the audit when it refuses', async () => {
    const before = found((await world.audit()).at(-1)).id
    await rule(NO_CRITICAL)
    await find(first.manifest.digest, critical())
    check(await get('v1'), REFUSED)
    const rows = (await world.audit(before)).filter(({ action }) => action === 'manifest.pulled')
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ actor: reader.id, target: `repository:${target.name}`, outcome: 'refused' })
    expect(rows[0]?.detail).toContain('CVE-2024-3094')
  })

  async function setModeOf(name: string, mode: 'off' | 'enforce'): Promise<void> {
    const { listRules } = await import('../../src/policy/store.ts')
    const all = await listRules(world.m.database.reader, project.id)
    await setMode(world.m, BY, project, { rule: found(all.find((each) => each.name === name)), mode })
  }
})

describe('an outage', () => {
  beforeEach(() => pushImage(target, first, 'v1'))

  test('of what a rule asks for lets nobody through, and is over when it is over', async () => {
    await rule(NO_CRITICAL)
    evidence.outage = new Error('the scanner is away')
    const answer = await get('v1')
    expect(answer.status).toBe(503)
    expect(headerOf(answer, 'retry-after')).toBe('5')
    expect(answer.text).not.toContain('scanner')
    evidence.outage = undefined
    check(await get('v1'), { status: 200 })
    evidence.outage = new Error('away again')
    check(await get('v1'), { status: 200 })
  })

  test('is a warning where the rule only warns, and nothing where there is none', async () => {
    evidence.outage = new Error('away')
    check(await get('v1'), { status: 200 })
    await rule(NO_CRITICAL, { mode: 'warn' })
    expect(headerOf(check(await get('v1'), { status: 200 }), 'warning')).toContain('cannot be looked at')
    evidence.outage = undefined
    expect((await get('v1')).headers.get('warning')).toBeNull()
  })

  test('does not hide that another rule refuses', async () => {
    await rule({ kind: 'labels', required: { owner: '*' } }, { name: 'labels' })
    await rule(NO_CRITICAL)
    const ask = evidence.findings.reportOf
    Object.assign(evidence.findings, { reportOf: () => Promise.reject(new Error('away')) })
    try {
      check(await get('v1'), REFUSED)
    } finally {
      Object.assign(evidence.findings, { reportOf: ask })
    }
  })
})

describe('an exemption', () => {
  beforeEach(async () => {
    await pushImage(target, first, 'v1')
    await rule(NO_CRITICAL)
    await find(first.manifest.digest, critical())
    check(await get('v1'), REFUSED)
  })

  test('lets through until it ends or is taken back', async () => {
    const made = await exempt({ rule: 'strict', digest: first.manifest.digest })
    check(await get('v1'), { status: 200 })
    world.clock.advance(30 * DAY_MS - 1)
    check(await get('v1'), { status: 200 })
    world.clock.advance(1)
    check(await get('v1'), REFUSED)
    await removeExemption(world.m, BY, project, made)
    const again = await exempt()
    check(await get('v1'), { status: 200 })
    await removeExemption(world.m, BY, project, await exemptionNamed(world.m.database.reader, project, again.name))
    check(await get('v1'), REFUSED)
  })

  test('is about its rule, its repositories and its digest only', async () => {
    await rule({ kind: 'labels', required: { owner: '*' } }, { name: 'labels' })
    await exempt({ name: 'one', rule: 'strict' })
    expect(errorsOf(check(await get('v1'), REFUSED))[0]?.message).toContain('"labels"')
    await exempt({ name: 'two', repositories: 'other' })
    check(await get('v1'), REFUSED)
    await exempt({ name: 'three', digest: second.manifest.digest })
    check(await get('v1'), REFUSED)
    await exempt({ name: 'four', rule: 'labels', repositories: 'app', digest: first.manifest.digest })
    check(await get('v1'), { status: 200 })
  })

  test('of an index is one of what it lists', async () => {
    const both = index([descriptor(first.manifest, m.OCI_MANIFEST)])
    check(await m.putManifest(target, 'multi', both), { status: 201 })
    await exempt({ digest: both.digest })
    check(await get(first.manifest.digest), { status: 200 })
    check(await registry.send('DELETE', m.manifestPath(target.name, both.digest)), { status: 202 })
    check(await get(first.manifest.digest), REFUSED)
  })

  test.each([
    ['no end', { expiresAt: 'never' }],
    ['an end that is over', { expiresAt: '2020-01-01T00:00:00Z' }],
    ['more than a year', { expiresAt: '2999-01-01T00:00:00Z' }],
    ['no reason', { reason: ' ' }],
    ['no such rule', { rule: 'nothing' }],
    ['no digest', { digest: 'latest' }],
  ])('is not made with %s', async (_, more) => {
    await expect(exempt(more as Partial<ExemptionInput>)).rejects.toHaveProperty('name', 'Problem')
    check(await get('v1'), REFUSED)
  })
})

describe('a rule about signatures', () => {
  const both = index([descriptor(first.manifest, m.OCI_MANIFEST), descriptor(second.manifest, m.OCI_MANIFEST)])

  beforeEach(async () => {
    await pushImage(target, first, 'v1')
    await pushImage(target, second, 'v2')
    await pushBlob(target, content('{}'))
    check(await m.putManifest(target, 'multi', both), { status: 201 })
    await rule(SIGNED)
  })

  test('is kept by a signature, from the moment when it comes, and broken when it goes', async () => {
    check(await get('v1'), REFUSED)
    await sign(first.manifest.digest)
    check(await get('v1'), { status: 200 })
    check(await get('v2'), REFUSED)
    check(await get('multi'), REFUSED)
    const signature = signatureOf(first.manifest.digest)
    check(await get(signature.digest), { status: 200 })
    evidence.signed.clear()
    check(await registry.send('DELETE', m.manifestPath(target.name, signature.digest)), { status: 202 })
    check(await get('v1'), REFUSED)
  })

  test('a signature under cosign’s tag counts from the moment of its tag', async () => {
    check(await get('v1'), REFUSED)
    evidence.sign(first.manifest.digest, 'ci')
    const tag = `${first.manifest.digest.replace(':', '-')}.sig`
    check(await m.putManifest(target, tag, signatureOf(`sha256:${'7'.repeat(64)}`)), { status: 201 })
    check(await get('v1'), { status: 200 })
    evidence.signed.clear()
    check(await registry.send('DELETE', m.manifestPath(target.name, tag)), { status: 202 })
    check(await get('v1'), REFUSED)
  })

  test('an index passes with its own, and so do the images that it lists', async () => {
    check(await get('v1'), REFUSED)
    await sign(both.digest)
    check(await get('multi'), { status: 200 })
    check(await get('v1'), { status: 200 })
    check(await get(second.manifest.digest), { status: 200 })
    check(await registry.send('DELETE', m.manifestPath(target.name, both.digest)), { status: 202 })
    check(await get('v1'), REFUSED)
  })

  test('a signed image does not make its index signed, nor its neighbour', async () => {
    await sign(first.manifest.digest)
    check(await get('multi'), REFUSED)
    check(await get('v2'), REFUSED)
  })

  test('a restored index brings back what it passes', async () => {
    await sign(both.digest)
    check(await registry.send('DELETE', m.manifestPath(target.name, both.digest)), { status: 202 })
    check(await get('v1'), REFUSED)
    const [last] = await world.query<{ id: number }>('select max(id) as id from deletions')
    expect((await world.api('POST', `/deletions/${found(last).id}/restore`, admin.basic, {})).status).toBe(200)
    check(await get('v1'), { status: 200 })
  })
})

describe('what nothing can run', () => {
  /** As cosign makes them: an image in all but its layers. */
  async function statement(layer: Uint8Array | string, mediaType: string): Promise<m.Manifest> {
    const blob = content(layer)
    await pushBlob(target, first.config)
    await pushBlob(target, blob)
    const body = { ...first.body, layers: [{ ...descriptor(blob, mediaType) }] }
    return manifestOf(body, m.OCI_MANIFEST)
  }
  const COSIGN = 'application/vnd.dev.cosign.simplesigning.v1+json'

  beforeEach(async () => {
    await pushImage(target, first, 'v1')
    await rule(SIGNED)
  })

  test('is not judged: signatures, attestations, SBOMs, and lists of such', async () => {
    await pushBlob(target, content('{}'))
    const signature = signatureOf(first.manifest.digest)
    check(await m.putManifest(target, signature.digest, signature), { status: 201 })
    check(await get(signature.digest), { status: 200 })
    const cosign = await statement('{"critical":{}}', COSIGN)
    check(await m.putManifest(target, 'cosign', cosign), { status: 201 })
    check(await get('cosign'), { status: 200 })
    const list = index([descriptor(signature, m.OCI_MANIFEST), descriptor(cosign, m.OCI_MANIFEST)])
    check(await m.putManifest(target, first.manifest.digest.replace(':', '-'), list), { status: 201 })
    check(await get(list.digest), { status: 200 })
  })

  test.each([
    ['a subject', { subject: descriptor(second.manifest, m.OCI_MANIFEST) }],
    ['the type of a signature', { artifactType: 'application/vnd.cncf.notary.signature' }],
    [
      'a layer’s type in other letters',
      { layers: [descriptor(first.layer, 'Application/Vnd.Oci.Image.Layer.V1.TAR')] },
    ],
    ['a layer of no type', { layers: [descriptor(first.layer, 'application/octet-stream')] }],
  ])('an image is judged although it has %s', async (_, more) => {
    const odd = manifestOf({ ...first.body, ...more }, m.OCI_MANIFEST)
    check(await m.putManifest(target, 'odd', odd), { status: 201 })
    check(await get('odd'), REFUSED)
    check(await get(odd.digest), REFUSED)
  })

  test.each([
    ['gzip', Bun.gzipSync(new Uint8Array(1000))],
    ['zstd', new Uint8Array(Bun.zstdCompressSync(new Uint8Array(1000)))],
  ])('an image is judged whose layers of %s say that they are signatures', async (_, layer) => {
    check(await m.putManifest(target, 'odd', await statement(layer, COSIGN)), { status: 201 })
    check(await get('odd'), REFUSED)
  })

  test('an index with an image among signatures is judged', async () => {
    const cosign = await statement('{"critical":{}}', COSIGN)
    check(await m.putManifest(target, 'cosign', cosign), { status: 201 })
    const mixed = index([descriptor(cosign, m.OCI_MANIFEST), descriptor(first.manifest, m.OCI_MANIFEST)])
    check(await m.putManifest(target, 'mixed', mixed), { status: 201 })
    check(await get('mixed'), REFUSED)
  })
})

function labelled(labels: Record<string, string>, created = '2020-01-01T00:00:00Z'): Image {
  const config = content(JSON.stringify({ architecture: 'amd64', os: 'linux', created, config: { Labels: labels } }))
  const body = { ...first.body, config: descriptor(config, m.OCI_CONFIG) }
  return { ...first, config, body, manifest: manifestOf(body, m.OCI_MANIFEST) }
}

describe('a base', () => {
  test('is proved by layers: those of an image in a repository of the project come first', async () => {
    const base = image('policy/base')
    const layers = (...blobs: { layer: Image['layer'] }[]) => blobs.map(({ layer }) => descriptor(layer, m.OCI_LAYER))
    const made = (...blobs: { layer: Image['layer'] }[]) => {
      const body = { ...first.body, layers: layers(...blobs) }
      return { ...first, body, manifest: manifestOf(body, m.OCI_MANIFEST) }
    }
    for (const each of [base, first, second]) await pushBlobsOf(target, each)
    const upon = made(base, second)
    const others = { after: made(second, base), without: made(second), nothing: made() }
    check(await m.putManifest(target, 'upon', upon.manifest), { status: 201 })
    for (const [tag, { manifest }] of Object.entries(others))
      check(await m.putManifest(target, tag, manifest), { status: 201 })
    await rule({ kind: 'base', layersOf: ['bases/**'] })
    check(await get('upon'), REFUSED)
    await pushImage({ registry, name: `${project.name}/elsewhere` }, base, 'v1')
    world.clock.advance(5 * 60_000)
    check(await get('upon'), REFUSED)
    await pushImage({ registry, name: `${project.name}/bases/debian` }, base, 'v1')
    world.clock.advance(5 * 60_000)
    check(await get('upon'), { status: 200 })
    for (const tag of Object.keys(others)) check(await get(tag), REFUSED)
    await expect(rule({ kind: 'base' }, { name: 'empty' })).rejects.toHaveProperty('kind', 'invalid')
  })
})

describe('at a push', () => {
  const check_ = { kind: 'labels', required: { owner: '*' } } as const

  test('what an image says of itself is asked where the rule wants it, before anything is changed', async () => {
    const [good, bad] = [labelled({ owner: 'ann' }), labelled({})]
    await rule(check_)
    await pushImage(target, bad, 'bad')
    check(await get('bad'), REFUSED)
    await rule(check_, { name: 'at-push', push: true })
    await pushImage(target, good, 'good')
    await pushBlobsOf(target, bad)
    const before = found((await world.audit()).at(-1)).id
    const refused = check(await m.putManifest(target, 'worse', bad.manifest), REFUSED)
    expect(errorsOf(refused)[0]?.message).toContain('it has no label owner')
    check(await get('worse'), { status: 404, error: 'MANIFEST_UNKNOWN' })
    expect((await world.audit(before)).map(({ action, outcome }) => [action, outcome])).toContainEqual([
      'manifest.pushed',
      'refused',
    ])
    await exempt({ digest: bad.manifest.digest })
    check(await m.putManifest(target, 'worse', bad.manifest), { status: 201 })
  })

  test('age and base are asked too, and what is missing is for others to say', async () => {
    await rule({ kind: 'age', maxDays: 10 }, { push: true })
    await rule({ kind: 'base', allow: ['docker.io/library/*'] }, { name: 'base', push: true })
    const fresh = labelled(
      { 'org.opencontainers.image.base.name': 'docker.io/library/debian:12' },
      world.clock.now().toISOString(),
    )
    const absent = labelled({ none: 'pushed' })
    check(await m.putManifest(target, 'absent', absent.manifest), { status: 400, error: 'MANIFEST_BLOB_UNKNOWN' })
    await pushImage(target, fresh, 'fresh')
    await pushBlobsOf(target, absent)
    check(await m.putManifest(target, 'absent', absent.manifest), REFUSED)
    check(await get('fresh'), { status: 200 })
    world.clock.advance(10 * DAY_MS)
    check(await get('fresh'), REFUSED)
  })

  test('a tag is not set on what is known to be refused', async () => {
    await pushImage(target, first, 'v1')
    await rule(NO_CRITICAL, { push: true })
    check(await m.putManifest(target, 'v2', first.manifest), { status: 201 })
    await find(first.manifest.digest, critical())
    check(await get('v1'), REFUSED)
    check(await m.putManifest(target, 'v3', first.manifest), REFUSED)
    const path = `/repositories/${encodeURIComponent(target.name)}/tags/v4`
    const retagged = await world.api('PUT', path, admin.basic, { from: 'v1' })
    expect([retagged.status, retagged.text]).toEqual([403, expect.stringContaining('CVE-2024-3094')])
    await exempt()
    check(await get('v1'), { status: 200 })
    expect((await world.api('PUT', path, admin.basic, { from: 'v1' })).status).toBeLessThan(300)
  })
})

test('what is refused here is not promoted to where it would not be', async () => {
  const both = index([descriptor(first.manifest, m.OCI_MANIFEST)])
  await pushImage(target, first, 'v1')
  check(await m.putManifest(target, 'multi', both), { status: 201 })
  await rule(NO_CRITICAL)
  await find(first.manifest.digest, critical())
  const free = await world.project(`${project.name}-free`)
  const promote = (tag: string) =>
    world.api('POST', `/repositories/${encodeURIComponent(`${free.name}/app`)}/promotions`, admin.basic, {
      from: `${target.name}:${tag}`,
    })
  for (const tag of ['v1', 'multi']) {
    const { status, text } = await promote(tag)
    expect([status, text]).toEqual([403, expect.stringContaining('CVE-2024-3094')])
  }
  check(await get('v1', registry, `${free.name}/app`), { status: 404 })
  await exempt()
  expect((await promote('multi')).status).toBe(201)
  check(await get(first.manifest.digest, registry, `${free.name}/app`), { status: 200 })
})

describe('changes', () => {
  beforeEach(() => pushImage(target, first, 'v1'))

  test('of rules hold from the next pull on, when a command beside the server makes them', async () => {
    evidence.vulnerable(first.manifest.digest, critical())
    check(await get('v1'), { status: 200 })
    const beside = await openBeside(world.dataDir, world.clock)
    try {
      const log = createLog({ level: 'error', now: () => world.clock.now(), write: () => undefined })
      const others = createManagement(parseConfig({ data: world.dataDir }), beside, world.clock, log)
      for (let n = 0; n < 3; n++) {
        const made = await addRule(others, BY, project, { name: 'strict', mode: 'enforce', check: NO_CRITICAL })
        check(await get('v1'), REFUSED)
        await removeRule(others, BY, project, made)
        check(await get('v1'), { status: 200 })
      }
    } finally {
      await beside.close()
    }
  })

  test('of findings while a verdict is being found are not lost', async () => {
    await rule(NO_CRITICAL)
    const reached = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    evidence.pause = async () => {
      reached.resolve()
      await goOn.promise
    }
    const pull = get('v1')
    await reached.promise
    evidence.pause = undefined
    await find(first.manifest.digest, critical())
    check(await get('v1'), REFUSED)
    goOn.resolve()
    // It began before anybody knew; what it found is not written down over what is known since.
    check(await pull, { status: 200 })
    check(await get('v1'), REFUSED)
    const [row] = await world.query<{ outcome: string }>(
      'select outcome from policy_verdicts join repositories on repositories.id = repository_id where name = ?',
      target.name,
    )
    expect(row).toEqual({ outcome: 'refuse' })
  })

  test('go with the project, and rows of what is gone with it', async () => {
    await rule(NO_CRITICAL)
    await exempt()
    check(await get('v1'), { status: 200 })
    const rows = (table: string) => world.query(`select * from ${table} where project_id = ?`, project.id)
    expect([await rows('policy_rules'), await rows('policy_exemptions')]).toEqual([
      [expect.anything()],
      [expect.anything()],
    ])
    expect(await world.query('select * from policy_verdicts where digest = ?', first.manifest.digest)).not.toEqual([])
  })

  test('verdicts of tagged images are found before anybody pulls, those of what indexes list too', async () => {
    await pushImage(target, second)
    check(await m.putManifest(target, 'multi', index([descriptor(second.manifest, m.OCI_MANIFEST)])), { status: 201 })
    await rule(NO_CRITICAL)
    const job = found((await world.app.jobs()).find(({ name }) => name === 'policy'))
    await job.run()
    const { asked } = evidence
    expect(asked).toBeGreaterThanOrEqual(2)
    for (const reference of ['v1', 'multi', second.manifest.digest]) check(await get(reference), { status: 200 })
    expect(evidence.asked).toBe(asked)
    await job.run()
    expect(evidence.asked).toBe(asked)
  })
})
