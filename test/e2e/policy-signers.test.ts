/** Who gets an image that only lacks signatures, so that it can be signed, and who does not. */
import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import type { Project } from '../../src/access/project-store.ts'
import { addRule, setMode } from '../../src/policy/manage-rules.ts'
import type { RuleInput } from '../../src/policy/rule.ts'
import { addAnchor, removeAnchor } from '../../src/signing/manage-anchors.ts'
import { BY, found, type Person, World } from '../access/support/world.ts'
import { check, errorsOf, headerOf } from '../conformance/support/check.ts'
import * as m from '../conformance/support/manifests.ts'
import { FakeEvidence, finding } from './support/fake-evidence.ts'
import { image, pushImage } from './support/images.ts'
import { type Headers, PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(4 * PATIENCE_MS)

const PUBLIC_KEY = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).publicKey
const IMAGE = image('policy-signers')
const SIGNED: RuleInput = { name: 'signed', mode: 'enforce', check: { kind: 'signatures', anchors: ['ci'] } }
const ATTESTED: RuleInput = {
  ...{ name: 'attested', mode: 'enforce' },
  check: { kind: 'attestations', predicateType: 'https://slsa.dev/provenance/v1', anchors: ['ci'] },
}
const OWNED: RuleInput = { name: 'owned', mode: 'enforce', check: { kind: 'labels', required: { owner: '*' } } }
const REFUSED = { status: 403, error: 'DENIED' }

let world: World
let evidence: FakeEvidence
let writer: Person
let reader: Person
let project: Project
let name: string
let cases = 0

beforeAll(async () => {
  evidence = new FakeEvidence()
  world = await World.open({}, { evidence })
  writer = await world.user('writer')
  reader = await world.user('reader')
})
beforeEach(async () => {
  evidence.outage = undefined
  evidence.reports.clear()
  evidence.signed.clear()
  project = await world.project(`signers${cases++}`)
  name = `${project.name}/app`
  await world.grant(project.name, `user:${writer.name}`, 'pull,push')
  await world.grant(project.name, `user:${reader.name}`, 'reader')
  await trust('ci')
  await pushImage({ registry: world.with(writer.basic), name }, IMAGE, 'v1')
})
afterAll(async () => {
  expect(world?.errors()).toBe('')
  await world?.checkNoSecrets()
  await world?.checkAudit()
  await world?.close()
})

const trust = (anchor: string) =>
  addAnchor(world.m, BY, project, { name: anchor, kind: 'cosign-key', body: { publicKey: PUBLIC_KEY } })
const rule = (input: RuleInput) => addRule(world.m, BY, project, input)
const ask = (method: 'GET' | 'HEAD', headers: Headers) => world.send(method, m.manifestPath(name, 'v1'), { headers })
const pullToken = (credentials: Headers) => world.token(credentials, `repository:${name}:pull`)

describe('an image that only lacks signatures', () => {
  test.each([
    ['signatures', [SIGNED]],
    ['attestations', [ATTESTED]],
    ['both', [SIGNED, ATTESTED]],
  ])('goes to whoever may push, to be signed, with a warning: %s', async (_, rules) => {
    for (const each of rules) await rule(each)
    for (const headers of [writer.basic, await pullToken(writer.basic)])
      for (const method of ['GET', 'HEAD'] as const) {
        const warning = headerOf(check(await ask(method, headers), { status: 200 }), 'warning')
        for (const each of rules)
          expect(warning).toContain(`policy ${each.name} of project ${project.name} refuses it to whoever may not push`)
      }
  })

  test('does not go to whoever may only pull, whatever his token was asked for', async () => {
    await rule(SIGNED)
    const robot = await world.robot(project.name, { name: 'deploy' })
    await world.grant(project.name, `robot:${robot.name}`, 'reader')
    const narrow = await world.key(writer, { scopes: [{ pattern: `${project.name}/**`, allows: 'pull' }] })
    const elsewhere = await world.key(writer, {
      scopes: [
        { pattern: `${project.name}/**`, allows: 'pull' },
        { pattern: 'other/**', allows: 'pull,push' },
      ],
    })
    for (const { basic } of [reader, robot, narrow, elsewhere])
      for (const headers of [
        basic,
        await pullToken(basic),
        await world.token(basic, `repository:${name}:pull,push`, `repository:other/app:pull,push`),
      ]) {
        expect(errorsOf(check(await ask('GET', headers), REFUSED))[0]?.message).toContain('"signed"')
        check(await ask('HEAD', headers), { status: 403 })
      }
    const wide = await world.key(writer, { scopes: [{ pattern: `${project.name}/**`, allows: 'pull,push' }] })
    for (const headers of [wide.basic, await pullToken(wide.basic)]) check(await ask('GET', headers), { status: 200 })
  })

  test('goes to nobody any more who may push no more', async () => {
    await rule(SIGNED)
    const token = await pullToken(writer.basic)
    check(await ask('GET', token), { status: 200 })
    await world.ungrant(project.name, writer.id)
    await world.grant(project.name, `user:${writer.name}`, 'reader')
    check(await ask('GET', token), REFUSED)
  })

  test('is not promoted before it is signed', async () => {
    await rule(SIGNED)
    const free = await world.project(`${project.name}-free`)
    await world.grant(free.name, `user:${writer.name}`, 'writer')
    const path = `/repositories/${encodeURIComponent(`${free.name}/app`)}/promotions`
    const { status, text } = await world.api('POST', path, writer.basic, { from: `${name}:v1` })
    expect([status, text]).toEqual([403, expect.stringContaining('it has no signature that ci accepts')])
  })
})

describe('an image that another rule refuses, too', () => {
  test('is refused to whoever may push; he may look at it', async () => {
    await rule(SIGNED)
    await rule(OWNED)
    for (const headers of [writer.basic, await pullToken(writer.basic)]) {
      check(await ask('GET', headers), REFUSED)
      check(await ask('HEAD', headers), { status: 200 })
    }
  })

  test('for its vulnerabilities, or because nobody can say', async () => {
    await rule(SIGNED)
    await rule({ name: 'no-critical', mode: 'enforce', check: { kind: 'vulnerabilities', severity: 'critical' } })
    const ask_ = evidence.findings.reportOf
    Object.assign(evidence.findings, { reportOf: () => Promise.reject(new Error('away')) })
    try {
      check(await ask('GET', writer.basic), REFUSED)
    } finally {
      Object.assign(evidence.findings, { reportOf: ask_ })
    }
    check(await ask('GET', writer.basic), { status: 200 })
  })

  test('and in an outage nobody gets what may be unsigned', async () => {
    await rule(SIGNED)
    evidence.outage = new Error('away')
    expect((await ask('GET', writer.basic)).status).toBe(503)
  })
})

describe('whoever did not sign in, in a public project', () => {
  beforeEach(() => world.setPublic(project.name, true))

  test('is asked to sign in where only a signature is missing: whoever may push can come back', async () => {
    await rule(SIGNED)
    for (const method of ['GET', 'HEAD'] as const) {
      const answer = await ask(method, {})
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringMatching(
          new RegExp(`^Bearer realm="[^"]+",service="[^"]+",scope="repository:${name}:pull,push"$`),
        ),
      ])
      if (method === 'GET') {
        const [error] = errorsOf(check(answer, { status: 401, error: 'UNAUTHORIZED' }))
        expect(error?.message).toContain('refused by policy "signed"')
        expect(error).toMatchObject({ detail: { reason: 'policy', rules: [{ rule: 'signed' }] } })
      }
    }
    const again = check(await ask('GET', await world.token({}, `repository:${name}:pull,push`)), { status: 401 })
    expect(headerOf(again, 'www-authenticate')).toContain('error="insufficient_scope"')
    check(await ask('GET', await world.token(writer.basic, `repository:${name}:pull,push`)), { status: 200 })
    check(await ask('GET', await world.token(reader.basic, `repository:${name}:pull,push`)), REFUSED)
  })

  test('is refused for good where anything else is wrong', async () => {
    await rule(SIGNED)
    evidence.vulnerable(IMAGE.manifest.digest, finding('critical', world.clock.now()))
    await rule({ name: 'no-critical', mode: 'enforce', check: { kind: 'vulnerabilities', severity: 'critical' } })
    check(await ask('GET', {}), REFUSED)
    check(await ask('HEAD', {}), { status: 403 })
  })
})

describe('a rule and the anchors that it names', () => {
  const expectProblem = (doing: Promise<unknown>, kind: string, message: string) =>
    expect(doing).rejects.toMatchObject({ name: 'Problem', kind, message: expect.stringContaining(message) })

  test('it is not made, nor turned on, where the project has no such anchor', async () => {
    const of = (...anchors: string[]) => ({ ...SIGNED, name: 'other', check: { ...SIGNED.check, anchors } })
    await trust('also')
    for (const input of [
      of('cii'),
      { ...ATTESTED, check: { ...ATTESTED.check, anchors: ['ci', 'cii'] } },
    ] as RuleInput[])
      await expectProblem(rule(input), 'invalid', 'has no trust anchor "cii"; it trusts "also", "ci"')
    const made = await rule({ ...SIGNED, mode: 'off' })
    await removeAnchor(world.m, BY, project, 'ci')
    await expectProblem(setMode(world.m, BY, project, { rule: made, mode: 'warn' }), 'invalid', 'no trust anchor "ci"')
    await trust('ci')
    await setMode(world.m, BY, project, { rule: made, mode: 'warn' })
    const bare = await world.project(`${project.name}-bare`)
    await expectProblem(addRule(world.m, BY, bare, SIGNED), 'invalid', 'it trusts nobody yet')
  })

  test('an anchor stays while a rule asks for it', async () => {
    const made = await rule({ ...SIGNED, mode: 'warn' })
    const remove = () => removeAnchor(world.m, BY, project, 'ci')
    await expectProblem(remove(), 'conflict', `the policy "signed" of the project ${project.name} asks for`)
    await setMode(world.m, BY, project, { rule: made, mode: 'enforce' })
    await rule(ATTESTED)
    await expectProblem(remove(), 'conflict', '2 policies "signed", "attested"')
    const { status } = await world.api('DELETE', `/projects/${project.name}/trust/ci`, found(await owner()).basic)
    expect(status).toBe(409)
    await trust('unused')
    await removeAnchor(world.m, BY, project, 'unused')
  })

  async function owner(): Promise<Person> {
    const person = await world.user(`owner${cases}`)
    await world.grant(project.name, `user:${person.name}`, 'owner')
    return person
  }
})
