/**
 * Invariant 18: every change that was made has exactly one row in the audit, by whoever made it; one that was not made
 * has none, but what was refused to somebody who signed in has one that says so. The chain verifies.
 */
import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import type { Digest } from '../../src/oci/digest.ts'
import { parseRepositoryName } from '../../src/oci/name.ts'
import { analyzeImage } from '../../src/scanning/analyze-image.ts'
import { endExecution } from '../../src/replication/execution-store.ts'
import { putImages } from '../../src/replication/image-store.ts'
import { apiRoutes } from '../../src/api-routes.ts'
import { writeEntry } from '../../src/jobs/entry.ts'
import type { Transaction } from '../../src/metadata/db.ts'
import { putReplica } from '../../src/replicas/store.ts'
import { enterAdoptedPlace } from '../../src/metadata/adopted-places.ts'
import { check } from '../conformance/support/check.ts'
import { OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { descriptor, image, index, pushBlobsOf, pushImage } from '../e2e/support/images.ts'
import { basic, type Headers, PATIENCE_MS } from '../e2e/support/server.ts'
import { type AuditLine, type Browser, found, fromElsewhere, ORIGIN, type Person, World } from './support/world.ts'

setDefaultTimeout(PATIENCE_MS)

const IMAGE = image('access/audit')
const SECOND = image('access/audit/second')
const OLD = image('access/audit/old')
const IMAGE_ROUTE = '/repositories/{repository}/images/{reference}'
const IMAGE_AT = '/repositories/vault%2Fapp/images/v1'
const PUBLIC_KEY = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).publicKey

const IN_A_MONTH = new Date(Date.now() + 30 * 86_400_000).toISOString()
const VEX = {
  ...{ '@context': 'https://openvex.dev/ns/v0.2.0', author: 'somebody', timestamp: '2026-01-01T00:00:00Z' },
  statements: [
    { vulnerability: { name: 'CVE-2024-3094' }, products: [{ '@id': 'pkg:deb/debian/xz-utils' }], status: 'fixed' },
  ],
}
const POLICY = { name: 'no-critical', mode: 'warn', check: { kind: 'vulnerabilities', severity: 'critical' } }

let world: World
let admin: Person
let bob: Person
let browser: Browser

beforeAll(async () => {
  world = await World.open({
    auth: { workload: { ci: { preset: 'generic', issuer: 'http://127.0.0.1:9', audience: 'berth-test' } } },
  })
  admin = await world.user('root-ann', { systemRole: 'administrator' })
  bob = await world.user('bob')
  browser = await world.browser(admin)
  await world.project('team')
  await world.grant('team', 'user:bob', 'writer')
  await world.project('vault')
  await world.api('POST', '/remotes', admin.basic, { name: 'upstream.test', url: 'https://upstream.test' })
  await world.app.database.write((tx) => enterAdoptedPlace(tx, 'old', world.clock.now()))
  await world.app.database.write((tx) => runJob(tx, world.clock.now()))
  const vault = { registry: world.with(admin.basic), name: 'vault/app' }
  await pushImage(vault, IMAGE, 'v1')
  await pushImage(vault, SECOND, 'v1')
  await pushImage(vault, OLD, 'old')
})
afterEach(() => {
  // Of one asker so many refusals are written down at once, and then one a second.
  world.clock.advance(1000)
  return world.checkAudit()
})
afterAll(async () => {
  await world?.checkNoSecrets()
  expect(world?.errors()).toBe('')
  await world?.close()
})

/** The rows that a piece of work left, but for sign-ins. */
async function rowsOf(work: () => Promise<unknown>): Promise<AuditLine[]> {
  const before = (await world.audit()).at(-1)?.id ?? 0
  await work()
  return (await world.audit(before)).filter(({ action }) => action !== 'sign-in')
}

type Row = readonly [actor: string, action: string, target: string, outcome: string]

function short({ actor, action, target, outcome }: AuditLine): Row {
  return [actor, action, target, outcome]
}

interface Step {
  readonly route: string
  readonly path: string
  readonly body?: unknown
  /** Undefined: it changes nothing. */
  readonly row: readonly [action: string, target: string] | undefined
  /** The same again is in conflict, or finds nothing to do: undefined where it just does it again. */
  readonly again?: number
}

/** Every change that the API can make, one after the other. */
const STEPS: readonly Step[] = [
  {
    route: 'POST /users',
    path: '/users',
    body: { name: 'eve', password: 'eve has a password' },
    row: ['user.created', 'user:eve'],
    again: 409,
  },
  {
    route: 'PATCH /users/{user}',
    path: '/users/eve',
    body: { email: 'eve@corp.test' },
    row: ['user.changed', 'user:eve'],
  },
  { route: 'POST /users/{user}/sign-out', path: '/users/eve/sign-out', row: ['user.signed-out', 'user:eve'] },
  { route: 'POST /groups', path: '/groups', body: { name: 'crew' }, row: ['group.created', 'group:crew'], again: 409 },
  {
    route: 'PUT /groups/{group}/members/{user}',
    path: '/groups/crew/members/eve',
    row: ['group.member-added', 'group:crew'],
  },
  {
    route: 'DELETE /groups/{group}/members/{user}',
    path: '/groups/crew/members/eve',
    row: ['group.member-removed', 'group:crew'],
    again: 404,
  },
  { route: 'DELETE /groups/{group}', path: '/groups/crew', row: ['group.removed', 'group:crew'], again: 404 },
  {
    route: 'POST /projects',
    path: '/projects',
    body: { name: 'new' },
    row: ['project.created', 'project:new'],
    again: 409,
  },
  {
    route: 'PATCH /projects/{project}',
    path: '/projects/new',
    body: { public: true },
    row: ['project.changed', 'project:new'],
  },
  {
    route: 'POST /projects/{project}/grants',
    path: '/projects/new/grants',
    body: { subject: 'user:eve', allows: 'reader' },
    row: ['grant.added', 'project:new'],
  },
  {
    route: 'DELETE /projects/{project}/grants/{grant}',
    path: '/projects/new/grants/GRANT',
    row: ['grant.removed', 'project:new'],
    again: 404,
  },
  ...robotSteps('/projects/{project}', '/projects/new', 'robot.new.ci'),
  ...robotSteps('', '', 'robot.ci'),
  { route: 'DELETE /projects/{project}', path: '/projects/new', row: ['project.removed', 'project:new'], again: 404 },
  {
    route: 'POST /me/keys',
    path: '/me/keys',
    body: { name: 'mine' },
    row: ['key.created', 'user:root-ann'],
    again: 409,
  },
  { route: 'DELETE /me/keys/{key}', path: '/me/keys/KEY', row: ['key.removed', 'user:root-ann'], again: 404 },
  {
    route: 'DELETE /me/sessions/{session}',
    path: '/me/sessions/SESSION',
    row: ['user.session-ended', 'user:root-ann'],
    again: 404,
  },
  {
    route: 'DELETE /users/{user}/keys/{key}',
    path: '/users/bob/keys/KEY',
    row: ['key.removed', 'user:bob'],
    again: 404,
  },
  { route: 'DELETE /users/{user}', path: '/users/eve', row: ['user.removed', 'user:eve'], again: 404 },
  ...repositorySteps(),
  ...lifecycleSteps(),
  ...remoteSteps(),
  ...scannerSteps(),
  ...webhookSteps('/projects/{project}', '/projects/vault', 'project:vault'),
  ...webhookSteps('', '', 'registry'),
  ...sourceSteps(),
  ...replicationSteps(),
  {
    ...{ route: 'POST /adoptions/{place}/again', path: '/adoptions/old/again' },
    row: ['adoption.repeated', 'adoption:old'],
  },
  { route: 'POST /jobs/{job}/run', path: '/jobs/scrub/run', row: ['job.asked', 'job:scrub'] },
  { route: 'POST /jobs/{job}/cancel', path: '/jobs/scrub/cancel', row: ['job.cancelled', 'job:scrub'] },
  // It collects what is due, as itself, whoever asks: see below.
  { route: 'POST /gc/run', path: '/gc/run', row: undefined, again: 200 },
]

/** A job that runs in a server that lives. */
async function runJob(tx: Transaction, now: Date): Promise<void> {
  const here = { id: 'another', host: 'elsewhere' }
  // Whoever changes rights waits for servers that have not heard of it: this one has.
  const accessVersion = Number.MAX_SAFE_INTEGER
  await putReplica(tx, {
    ...here,
    version: '',
    startedAt: now,
    seenAt: new Date(now.getTime() + 3_600_000),
    accessVersion,
  })
  const running = { startedAt: now.getTime(), asked: false, server: here.id, host: here.host }
  const entry = { about: '', everyMs: 1000, everywhere: false, nextAt: now.getTime(), running, runs: [] }
  await writeEntry(tx, 'scrub', entry, now)
}

/** Rules and quotas of a project that bob knows nothing of. */
function lifecycleSteps(): Step[] {
  const [project, at, row] = ['/projects/{project}', '/projects/vault', 'project:vault']
  const [tag, tagAt] = ['/repositories/{repository}/tags/{tag}', '/repositories/vault%2Fapp/tags/v1']
  const app = 'repository:vault/app'
  return [
    { route: `PUT ${project}/quota`, path: `${at}/quota`, body: { bytes: 1e9 }, row: ['quota.set', row] },
    { route: `DELETE ${project}/quota`, path: `${at}/quota`, row: ['quota.removed', row], again: 404 },
    {
      route: `POST ${project}/retention`,
      path: `${at}/retention`,
      body: { tags: 'old', keep: {} },
      row: ['retention.added', row],
    },
    { route: `POST ${project}/retention/preview`, path: `${at}/retention/preview`, body: {}, row: undefined },
    {
      route: `POST ${project}/retention/run`,
      path: `${at}/retention/run`,
      row: ['manifest.deleted', app],
      again: 200,
    },
    {
      route: `DELETE ${project}/retention/{rule}`,
      path: `${at}/retention/RETENTION`,
      row: ['retention.removed', row],
      again: 404,
    },
    {
      route: `POST ${project}/immutability`,
      path: `${at}/immutability`,
      body: { tags: 'fixed-*' },
      row: ['immutability.added', row],
      again: 409,
    },
    {
      route: `DELETE ${project}/immutability/{rule}`,
      path: `${at}/immutability/IMMUTABILITY`,
      row: ['immutability.removed', row],
      again: 404,
    },
    {
      route: `POST ${project}/trust`,
      path: `${at}/trust`,
      body: { name: 'ci', kind: 'cosign-key', body: { publicKey: PUBLIC_KEY } },
      row: ['trust.added', row],
      again: 409,
    },
    {
      route: `DELETE ${project}/trust/{anchor}`,
      path: `${at}/trust/ci`,
      row: ['trust.removed', row],
      again: 404,
    },
    { route: `POST ${IMAGE_ROUTE}/signatures`, path: `${IMAGE_AT}/signatures`, row: undefined },
    {
      route: `POST ${project}/exceptions`,
      path: `${at}/exceptions`,
      body: { vulnerability: 'CVE-2024-3094', reason: 'not used', expiresAt: IN_A_MONTH },
      row: ['exception.added', row],
    },
    {
      route: `DELETE ${project}/exceptions/{exception}`,
      path: `${at}/exceptions/EXCEPTION`,
      row: ['exception.removed', row],
      again: 404,
    },
    {
      route: `POST ${project}/vex`,
      path: `${at}/vex`,
      body: { document: VEX },
      row: ['vex.added', row],
    },
    {
      route: `DELETE ${project}/vex/{document}`,
      path: `${at}/vex/DOCUMENT`,
      row: ['vex.removed', row],
      again: 404,
    },
    {
      route: `POST ${project}/policies`,
      path: `${at}/policies`,
      body: POLICY,
      row: ['policy.added', row],
      again: 409,
    },
    {
      route: `POST ${project}/policies/preview`,
      path: `${at}/policies/preview`,
      body: POLICY,
      row: undefined,
    },
    {
      route: `POST ${project}/exemptions`,
      path: `${at}/exemptions`,
      body: { name: 'for-now', reason: 'not yet', expiresAt: IN_A_MONTH },
      row: ['policy.exempted', row],
      again: 409,
    },
    {
      route: `DELETE ${project}/exemptions/{exemption}`,
      path: `${at}/exemptions/EXEMPTION`,
      row: ['policy.unexempted', row],
      again: 404,
    },
    {
      route: `PATCH ${project}/policies/{policy}`,
      path: `${at}/policies/POLICY`,
      body: { mode: 'off' },
      row: ['policy.mode-set', row],
    },
    {
      route: `DELETE ${project}/policies/{policy}`,
      path: `${at}/policies/POLICY`,
      row: ['policy.removed', row],
      again: 404,
    },
    { route: `POST ${IMAGE_ROUTE}/scan`, path: `${IMAGE_AT}/scan`, row: ['scan.requested', app] },
    { route: `POST ${IMAGE_ROUTE}/sbom`, path: `${IMAGE_AT}/sbom`, body: {}, row: ['manifest.pushed', app] },
    {
      route: `PUT ${project}/protections/{holder}`,
      path: `${at}/protections/ci`,
      body: { images: ['vault/app:v1'], for: 60 },
      row: ['protection.set', row],
    },
    {
      route: `DELETE ${project}/protections/{holder}`,
      path: `${at}/protections/ci`,
      row: ['protection.removed', row],
      again: 404,
    },
    {
      route: `PUT ${tag}/expiry`,
      path: `${tagAt}/expiry`,
      body: { at: '2100-01-01T00:00:00Z' },
      row: ['tag.expiry', app],
    },
    { route: `DELETE ${tag}/expiry`, path: `${tagAt}/expiry`, row: ['tag.expiry', app], again: 204 },
    {
      route: 'POST /repositories/{repository}/preview-delete',
      path: '/repositories/vault%2Fapp/preview-delete',
      body: { tags: ['v1'] },
      row: undefined,
    },
  ]
}

/** Other registries that this one knows. */
function remoteSteps(): Step[] {
  const [one, at, row] = ['/remotes/{remote}', '/remotes/site', 'remote:site']
  const body = { name: 'site', url: 'https://127.0.0.1:9', allowPrivate: true }
  return [
    { route: 'POST /remotes', path: '/remotes', body, row: ['remote.created', row], again: 409 },
    { route: `PATCH ${one}`, path: at, body: { maxConcurrent: 2 }, row: ['remote.changed', row] },
    { route: `POST ${one}/test`, path: `${at}/test`, row: undefined },
    { route: `DELETE ${one}`, path: at, row: ['remote.removed', row], again: 404 },
  ]
}

/** Of a project, and of the whole registry. */
function webhookSteps(base: string, at: string, row: string): Step[] {
  const [one, path] = [`${base}/webhooks/{webhook}`, `${at}/webhooks/WEBHOOK`]
  const body = { url: 'https://127.0.0.1:9', allowPrivate: true }
  return [
    { route: `POST ${base}/webhooks`, path: `${at}/webhooks`, body, row: ['webhook.added', row] },
    { route: `PATCH ${one}`, path, body: { tags: 'v*' }, row: ['webhook.changed', row] },
    { route: `POST ${one}/test`, path: `${path}/test`, row: undefined },
    { route: `POST ${one}/replay`, path: `${path}/replay`, body: { since: 'latest' }, row: ['webhook.replayed', row] },
    { route: `DELETE ${one}`, path, row: ['webhook.removed', row] },
  ]
}

/** Scanners that are not ours. */
function scannerSteps(): Step[] {
  const [one, at, row] = ['/scanners/{scanner}', '/scanners/clair', 'scanner:clair']
  const body = { name: 'clair', url: 'https://127.0.0.1:9', allowPrivate: true }
  return [
    { route: 'POST /scanners', path: '/scanners', body, row: ['scanner.added', row], again: 409 },
    { route: `PATCH ${one}`, path: at, body: { enabled: false }, row: ['scanner.disabled', row] },
    { route: `POST ${one}/test`, path: `${at}/test`, row: undefined },
    { route: `DELETE ${one}`, path: at, row: ['scanner.removed', row], again: 404 },
  ]
}

/** Where a project gets from what it does not have. */
function sourceSteps(): Step[] {
  const [project, namespace] = ['project:vault', 'namespace:upstream.test']
  return [
    {
      route: 'POST /sources',
      path: '/sources',
      body: { remote: 'upstream.test', project: 'vault' },
      row: ['source.added', project],
      again: 409,
    },
    {
      route: 'PATCH /sources/{source}',
      path: '/sources/SOURCE',
      body: { allow: ['library/*'], position: 1 },
      row: ['source.changed', project],
    },
    {
      route: 'DELETE /sources/{source}',
      path: '/sources/SOURCE',
      row: ['source.removed', project],
      again: 404,
    },
    {
      route: 'PUT /namespaces/{namespace}',
      path: '/namespaces/upstream.test',
      body: { project: 'vault', default: true },
      row: ['namespace.set', namespace],
    },
    {
      route: 'DELETE /namespaces/{namespace}',
      path: '/namespaces/upstream.test',
      row: ['namespace.removed', namespace],
      again: 404,
    },
  ]
}

/** Rules that bring images to other registries. The server has no scheduler here: what is started stays so until it is stopped. */
function replicationSteps(): Step[] {
  const [one, at, row] = ['/replication/rules/{rule}', '/replication/rules/nightly', 'replication:nightly']
  const [execution, executionAt] = ['/replication/executions/{execution}', '/replication/executions/1']
  const body = { name: 'nightly', remote: 'upstream.test', direction: 'push' }
  return [
    {
      route: 'POST /replication/rules',
      path: '/replication/rules',
      body,
      row: ['replication.created', row],
      again: 409,
    },
    { route: `PATCH ${one}`, path: at, body: { concurrency: 2 }, row: ['replication.changed', row] },
    { route: `POST ${one}/executions`, path: `${at}/executions`, row: ['replication.started', row], again: 409 },
    { route: `POST ${execution}/stop`, path: `${executionAt}/stop`, row: ['replication.stopped', 'execution:1'] },
    {
      route: `POST ${execution}/retry`,
      path: `/replication/executions/EXECUTION/retry`,
      row: ['replication.started', row],
      again: 409,
    },
    { route: `DELETE ${one}`, path: at, row: ['replication.removed', row], again: 404 },
  ]
}

/** In a repository that bob knows nothing of. */
function repositorySteps(): Step[] {
  const [one, at, row] = ['/repositories/{repository}', '/repositories/vault%2Fapp', 'repository:vault/app']
  const copy = 'repository:vault/copy'
  return [
    { route: `PUT ${one}/tags/{tag}`, path: `${at}/tags/new`, body: { from: 'v1' }, row: ['tag.moved', row] },
    {
      route: `POST ${one}/tags/{tag}/roll-back`,
      path: `${at}/tags/v1/roll-back`,
      body: { to: IMAGE.manifest.digest },
      row: ['tag.moved', row],
    },
    { route: `DELETE ${one}/tags/{tag}`, path: `${at}/tags/new`, row: ['tag.deleted', row], again: 404 },
    { route: `POST ${one}/tags/{tag}/restore`, path: `${at}/tags/new/restore`, row: ['tag.moved', row], again: 409 },
    {
      route: `POST ${one}/promotions`,
      path: '/repositories/vault%2Fcopy/promotions',
      body: { from: 'vault/app:v1' },
      row: ['manifest.pushed', copy],
    },
    {
      route: `DELETE ${one}/images/{reference}`,
      path: `/repositories/vault%2Fcopy/images/${IMAGE.manifest.digest}`,
      row: ['manifest.deleted', copy],
      again: 404,
    },
    {
      route: `POST ${one}/promotions`,
      path: '/repositories/vault%2Fcopy/promotions',
      body: { from: 'vault/app:v1' },
      row: ['manifest.pushed', copy],
    },
    { route: `DELETE ${one}`, path: '/repositories/vault%2Fcopy', row: ['repository.deleted', copy] },
    {
      route: 'POST /deletions/{deletion}/restore',
      path: '/deletions/DELETION/restore',
      body: {},
      row: ['repository.restored', copy],
    },
    { route: 'DELETE /deletions/{deletion}', path: '/deletions/DELETION', row: ['deletion.purged', copy] },
  ]
}

function robotSteps(route: string, base: string, name: string): Step[] {
  const [one, at, row] = [`${route}/robots/{robot}`, `${base}/robots/${name}`, `robot:${name}`]
  return [
    {
      route: `POST ${route}/robots`,
      path: `${base}/robots`,
      body: { name: 'ci' },
      row: ['robot.created', row],
      again: 409,
    },
    { route: `PATCH ${one}`, path: at, body: { expiresInDays: 5 }, row: ['robot.changed', row] },
    { route: `POST ${one}/secret`, path: `${at}/secret`, body: {}, row: ['robot.secret-changed', row] },
    {
      route: `POST ${one}/trust`,
      path: `${at}/trust`,
      body: { issuer: 'ci', claims: { sub: 'job' } },
      row: ['robot.trust-added', row],
    },
    { route: `DELETE ${one}/trust/{rule}`, path: `${at}/trust/RULE`, row: ['robot.trust-removed', row], again: 404 },
    { route: `DELETE ${one}`, path: at, row: ['robot.removed', row], again: 404 },
  ]
}

/** The one that was stopped, ended, with an image that could not be brought. */
async function failedExecution(): Promise<string> {
  const at = world.clock.now()
  const image = {
    repository: parseRepositoryName('vault/app'),
    reference: 'v1',
    reason: 'it was away',
    attempts: 1,
    bytes: 0,
  }
  await world.app.database.write(async (tx) => {
    await putImages(tx, 1, [{ ...image, digest: undefined, state: 'failed', at, nextAt: at }])
    await endExecution(tx, { id: 1, ruleId: 1 }, { state: 'failed', now: at })
  })
  return '1'
}

/** As if somebody had looked into the image, and found nothing. */
async function lookInto(): Promise<void> {
  const { registry } = world.app
  const [row] = await world.query<{ digest: Digest }>("select digest from tags where name = 'v1'")
  const empty = { state: 'complete', reasons: [], packageFiles: [], unknownBinaries: [], files: [] } as const
  await analyzeImage({ registry, reader: { read: async () => empty } }, found(row).digest, new AbortController().signal)
}

/** Ids that only exist once the steps before were made. */
async function resolved(path: string): Promise<string> {
  if (path.startsWith('/users/bob/keys')) await world.key(bob)
  if (path === '/deletions/DELETION') await world.api('DELETE', '/repositories/vault%2Fcopy', admin.basic)
  if (path.includes('EXECUTION')) return path.replace('EXECUTION', await failedExecution())
  if (path.endsWith('/sbom')) await lookInto()
  if (path.includes('SESSION')) await world.refreshToken(admin.basic)
  const key = path.startsWith('/users/bob') ? 'bob' : 'root-ann'
  const newest = {
    GRANT: 'select max(id) as id from grants',
    RETENTION: 'select max(id) as id from retention_rules',
    WEBHOOK: 'select max(id) as id from webhooks',
    POLICY: 'select max(id) as id from policy_rules',
    EXEMPTION: 'select max(id) as id from policy_exemptions',
    EXCEPTION: 'select max(id) as id from vulnerability_exceptions',
    DOCUMENT: 'select max(id) as id from vex_documents',
    IMMUTABILITY: 'select max(id) as id from immutability_rules',
    RULE: 'select max(id) as id from trust_rules',
    KEY: `select api_keys.id from api_keys join users on users.id = user_id where users.name = '${key}'`,
    DELETION: 'select max(id) as id from deletions',
    SESSION: 'select id from refresh_tokens',
    SOURCE: 'select max(id) as id from sources',
  }
  for (const [word, sql] of Object.entries(newest))
    if (path.includes(word)) {
      const [row] = await world.query<{ id: string | number }>(sql)
      return path.replace(word, String(found(row).id))
    }
  return path
}

describe('changes through the API', () => {
  test('every route that changes something is here', async () => {
    const changing = (await apiRoutes())
      .filter(({ method }) => method !== 'GET')
      .map(({ method, path }) => `${method} ${path}`)
    const stepped = new Set([...STEPS.map(({ route }) => route), 'PUT /me/password'])
    expect([...stepped].toSorted()).toEqual(changing.toSorted())
  })

  test.each(STEPS.map((step) => [step.route, step] as const))('%s', async (route, { path, body, row, again }) => {
    const method = route.split(' ')[0] ?? ''
    const address = await resolved(path)
    // Somebody who may not: refused, which is written down, also where he is told that nothing is there.
    const mine = route.includes('/me/')
    let status = 404
    const refused = await rowsOf(async () => {
      if (!mine) status = (await world.api(method, address, bob.basic, body)).status
    })
    expect([403, 404]).toContain(status)
    const expected = mine ? [] : [[bob.id, 'refused', `/api/v1${address}`]]
    expect(refused.map(({ actor, outcome, target: on }) => [actor, outcome, on])).toEqual(expected)
    // Nobody: nothing.
    expect(await rowsOf(() => world.api(method, address, {}, body))).toEqual([])
    // What cannot be understood: nothing.
    if (body !== undefined)
      expect(await rowsOf(() => world.api(method, address, browser.headers, { nonsense: 1 }))).toEqual([])

    const rows = await rowsOf(async () => {
      const answer = await world.api(method, address, browser.headers, body)
      expect([answer.text, answer.status < 300]).toEqual([answer.text, true])
      if (answer.text.includes('"secret"')) world.secrets.add(JSON.parse(answer.text).secret)
    })
    // A bill of materials comes with its blobs.
    const own = rows.filter(
      ({ actor, action }) => actor !== 'job:gc' && (action !== 'blob.pushed' || row?.[0] === action),
    )
    expect(own.map(short)).toEqual(row === undefined ? [] : [[admin.id, ...row, 'done']])
    if (again !== undefined) {
      const rows = await rowsOf(async () => {
        expect((await world.api(method, address, browser.headers, body)).status).toBe(again)
      })
      // A project that is not there is refused like one that nobody may know of.
      const unknown = address.startsWith('/projects/') && again === 404 && route === 'DELETE /projects/{project}'
      expect(rows.map(({ outcome }) => outcome)).toEqual(unknown ? ['refused'] : [])
    }
  })

  test('PUT /me/password: wrong, refused; right, done', async () => {
    const change = (old: string) => () => world.api('PUT', '/me/password', bob.basic, { old, new: 'the next password' })
    const refused = await rowsOf(change('wrong'))
    expect(refused.map(short)).toEqual([[bob.id, 'changeMyPassword', '/api/v1/me/password', 'refused']])
    world.clock.advance(1000)
    const rows = await rowsOf(change(bob.password))
    expect(rows.map(short)).toEqual([[bob.id, 'user.changed', 'user:bob', 'done']])
    world.secrets.add('the next password')
    bob = { ...bob, password: 'the next password', basic: basic('bob', 'the next password') }
  })
})

describe('what is several changes has a row for each', () => {
  const NAME = 'vault/many'
  const [one, two] = [image('access/audit/amd64'), image('access/audit/arm64')]
  const whole = index([one, two].map(({ manifest }) => descriptor(manifest, OCI_MANIFEST)))
  const at = (name = NAME) => `/repositories/${encodeURIComponent(name)}`

  async function done(...[method, path, body]: readonly [method: string, path: string, body?: unknown]) {
    const answer = await world.api(method, path, admin.basic, body)
    expect([answer.text, answer.status < 300]).toEqual([answer.text, true])
    return answer
  }

  const binned = async () => found((await world.query<{ id: number }>('select max(id) as id from deletions'))[0]).id

  const detailed = (rows: readonly AuditLine[]) =>
    rows.map((row) => {
      const { digest, tags } = JSON.parse(row.detail)
      return [...short(row), digest, tags]
    })

  beforeAll(async () => {
    const vault = { registry: world.with(admin.basic), name: NAME }
    for (const platform of [one, two]) await pushImage(vault, platform)
    check(await putManifest(vault, 'all', whole), { status: 201 })
  })

  test('a promotion: each manifest that was not there, and nothing the second time', async () => {
    const to = 'vault/prod'
    const promote = () => done('POST', `${at(to)}/promotions`, { from: `${NAME}:all` })
    const row = [admin.id, 'manifest.pushed', `repository:${to}`, 'done'] as const
    const parts = [one, two].map(({ manifest }) => manifest.digest).toSorted()
    expect(detailed(await rowsOf(promote))).toEqual([
      ...parts.map((digest) => [...row, digest, []]),
      [...row, whole.digest, [{ tag: 'all' }]],
    ])
    expect(await rowsOf(promote)).toEqual([])
  })

  test('restoring an image: what came back, and the tag that moved', async () => {
    const target = `repository:${NAME}`
    const remove = () => world.send('DELETE', `/v2/${NAME}/manifests/${whole.digest}`, { headers: admin.basic })
    expect((await rowsOf(remove)).map(short)).toEqual([[admin.id, 'manifest.deleted', target, 'done']])
    expect(detailed(await rowsOf(async () => done('POST', `/deletions/${await binned()}/restore`, {})))).toEqual([
      [admin.id, 'manifest.restored', target, 'done', whole.digest, undefined],
      [admin.id, 'tag.moved', target, 'done', whole.digest, [{ tag: 'all' }]],
    ])
    await remove()
    expect((await rowsOf(() => done('POST', `${at()}/tags/all/restore`))).map(short)).toEqual([
      [admin.id, 'manifest.restored', target, 'done'],
      [admin.id, 'tag.moved', target, 'done'],
    ])
  })

  test('the bin emptied twice: once', async () => {
    await world.send('DELETE', `/v2/${NAME}/manifests/${whole.digest}`, { headers: admin.basic })
    const purge = async () => done('DELETE', `/deletions/${await binned()}`)
    expect((await rowsOf(purge)).map(short)).toEqual([[admin.id, 'deletion.purged', `repository:${NAME}`, 'done']])
    expect(await rowsOf(purge)).toEqual([])
  })

  test('the collector: it does so itself, whoever made it run, and once', async () => {
    const lone = image('access/audit/lone')
    await pushImage({ registry: world.with(admin.basic), name: 'vault/lone' }, lone)
    world.clock.advance(400 * 24 * 60 * 60_000)
    const collect = () => done('POST', '/gc/run')
    const rows = await rowsOf(collect)
    expect(rows.filter(({ target }) => target === 'repository:vault/lone').map(short)).toEqual([
      ['job:gc', 'manifest.deleted', 'repository:vault/lone', 'done'],
    ])
    expect(rows.every(({ actor }) => actor === 'job:gc')).toBe(true)
    expect(rows.filter(({ action }) => action === 'garbage.collected')).toHaveLength(1)
    expect(await rowsOf(collect)).toEqual([])
  })
})

describe('writes to repositories', () => {
  const NAME = 'team/app'
  const tag = (what: string, name = NAME) => `/v2/${name}/manifests/${what}`

  async function put(headers: Headers, what: string, { manifest } = IMAGE) {
    return world.send('PUT', tag(what), {
      headers: { ...headers, 'content-type': manifest.mediaType },
      body: new Uint8Array(manifest.bytes),
    })
  }

  test('a blob that was pushed, mounted, and deleted', async () => {
    const target = { registry: world.with(bob.basic), name: NAME }
    const rows = await rowsOf(() => pushBlobsOf(target, IMAGE))
    expect(rows.map(({ actor, outcome }) => [actor, outcome])).toEqual([
      [bob.id, 'done'],
      [bob.id, 'done'],
    ])
    for (const [index, { digest }] of [IMAGE.config, IMAGE.layer].entries())
      expect(JSON.stringify(rows[index])).toContain(digest)
    const mounted = await rowsOf(() =>
      world.send('POST', '/v2/team/other/blobs/uploads/', {
        headers: bob.basic,
        query: { mount: IMAGE.layer.digest, from: NAME },
      }),
    )
    expect(mounted.map(({ actor, target: on, outcome }) => [actor, on, outcome])).toEqual([
      [bob.id, 'repository:team/other', 'done'],
    ])
    const deleted = await rowsOf(() =>
      world.send('DELETE', `/v2/team/other/blobs/${IMAGE.layer.digest}`, { headers: admin.basic }),
    )
    expect(deleted.map(({ actor, target: on, outcome }) => [actor, on, outcome])).toEqual([
      [admin.id, 'repository:team/other', 'done'],
    ])
    expect(
      await rowsOf(() => world.send('DELETE', `/v2/team/other/blobs/${IMAGE.layer.digest}`, { headers: admin.basic })),
    ).toEqual([])
  })

  test('a manifest that was pushed, tagged and deleted, by its token too', async () => {
    const token = await world.token(bob.basic, `repository:${NAME}:pull,push`)
    const rows = await rowsOf(() => put(token, 'v1'))
    expect(rows.map(({ actor, target, outcome }) => [actor, target, outcome])).toEqual([
      [bob.id, `repository:${NAME}`, 'done'],
    ])
    expect(JSON.stringify(rows)).toContain(IMAGE.manifest.digest)
    expect(JSON.stringify(rows)).toContain('v1')
    const deleted = await rowsOf(() => world.send('DELETE', tag(IMAGE.manifest.digest), { headers: admin.basic }))
    expect(deleted.map(({ actor, target, outcome }) => [actor, target, outcome])).toEqual([
      [admin.id, `repository:${NAME}`, 'done'],
    ])
  })

  test('what fails leaves none, what is refused one that says so', async () => {
    const invalid = () =>
      world.send('PUT', tag('v2'), { headers: bob.basic, body: new TextEncoder().encode('no manifest') })
    const missing = () => put(bob.basic, 'v2', SECOND)
    const wrongDigest = () =>
      world.send('POST', `/v2/${NAME}/blobs/uploads/`, {
        headers: bob.basic,
        query: { digest: SECOND.layer.digest },
        body: new Uint8Array([1]),
      })
    for (const work of [invalid, missing, wrongDigest]) expect(await rowsOf(work)).toEqual([])
    for (const [method, path] of [
      ['DELETE', tag('v1')],
      ['PUT', tag('v1', 'secret/app')],
      ['POST', '/v2/secret/app/blobs/uploads/'],
      ['DELETE', '/v2/secret/app/blobs/x'],
    ] as const) {
      const rows = await rowsOf(() => world.send(method, path, { headers: bob.basic }))
      expect([path, rows.map(({ actor, outcome }) => [actor, outcome])]).toEqual([path, [[bob.id, 'refused']]])
      // Whatever it is called, it says where.
      expect(rows[0]?.target).toContain(path.split('/')[3] ?? '')
      expect(await rowsOf(() => world.send(method, path))).toEqual([])
    }
    // Looking is no change.
    expect(await rowsOf(() => world.send('GET', '/v2/secret/app/tags/list', { headers: bob.basic }))).toEqual([])
  })

  test('a first push makes its project once, in the name of whoever pushed', async () => {
    const rows = await rowsOf(() => pushImage({ registry: world.with(bob.basic), name: 'bob/app' }, IMAGE, 'v1'))
    expect(rows.every(({ actor, outcome }) => actor === bob.id && outcome === 'done')).toBe(true)
    expect(rows.filter(({ action }) => action === 'project.created').map(short)).toEqual([
      [bob.id, 'project.created', 'project:bob', 'done'],
    ])
    expect(rows).toHaveLength(4)
  })
})

describe('signing in', () => {
  const signIns = async (work: () => Promise<unknown>) => {
    const before = (await world.audit()).at(-1)?.id ?? 0
    await work()
    return (await world.audit(before)).map(({ actor, actor_name, action, outcome }) => [
      actor,
      actor_name,
      action,
      outcome,
    ])
  }

  test('in, wrongly, and out again: a row each', async () => {
    const elsewhere = fromElsewhere()
    expect(await signIns(() => world.send('GET', '/token', { headers: { ...bob.basic, ...elsewhere } }))).toEqual([
      [bob.id, 'bob', 'sign-in', 'done'],
    ])
    expect(
      await signIns(() => world.send('GET', '/token', { headers: { ...basic('bob', 'wrong'), ...elsewhere } })),
    ).toEqual([['anonymous', 'bob', 'sign-in', 'refused']])
    const { cookie, csrf } = await world.browser(bob)
    expect(await signIns(() => world.form('/auth/sign-out', { csrf }, { cookie, origin: ORIGIN }))).toEqual([
      [bob.id, 'bob', 'sign-out', 'done'],
    ])
    const refresh = await world.refreshToken(bob.basic)
    expect(await signIns(() => world.form('/auth/revoke', { token: refresh }))).toEqual([
      [bob.id, 'bob', 'sign-out', 'done'],
    ])
    expect(await signIns(() => world.form('/auth/revoke', { token: refresh }))).toEqual([])
  })
})

test('the API lists what was changed just before', async () => {
  // Whatever was tried above, somebody is signed in.
  const { headers } = await world.browser(admin)
  for (const name of ['first', 'second', 'third']) {
    expect((await world.api('POST', '/groups', headers, { name })).status).toBe(201)
    const answer = await world.api('GET', '/audit?limit=1', headers)
    expect(JSON.parse(answer.text)).toMatchObject({ items: [{ action: 'group.created', target: `group:${name}` }] })
  }
})
