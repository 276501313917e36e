import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { z } from 'zod'
import { apiRoutes } from '../../src/api-routes.ts'
import { AUTH_ROUTES } from '../../src/http/auth-pages.ts'
import type { ApiRoute } from '../../src/http/api/api-route.ts'
import { ociRoutes } from '../../src/http/oci-routes.ts'
import { plainRouteTable } from '../../src/http/plain-routes.ts'
import type { Answer } from '../conformance/support/client.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { PATIENCE_MS } from '../e2e/support/server.ts'
import {
  type Asker,
  type Cast,
  IMAGE,
  openCast,
  PLACES,
  type Place,
  repositoryAt,
  type RoleName,
} from './support/cast.ts'
import { found, fromElsewhere } from './support/world.ts'

setDefaultTimeout(6 * PATIENCE_MS)

let cast: Cast
beforeAll(async () => {
  cast = await openCast()
})
afterAll(() => cast?.close())

// ——— The oracle: what ought to be, written down here once more and from nothing of the program's.

/** The admin API tells these apart; over /v2/ moving a tag is part of pushing. */
type RepositoryVerb = 'pull' | 'push' | 'overwrite' | 'delete' | 'protect' | 'manage'
type Verb = Extract<RepositoryVerb, 'pull' | 'push' | 'delete'>

/** In a project where somebody has the role. */
const RIGHTS: Readonly<Record<RoleName, readonly RepositoryVerb[]>> = {
  none: [],
  reader: ['pull'],
  writer: ['pull', 'push', 'overwrite'],
  maintainer: ['pull', 'push', 'overwrite', 'delete', 'protect'],
  owner: ['pull', 'push', 'overwrite', 'delete', 'protect', 'manage'],
  'create-only': ['pull', 'push'],
  'pattern-hit': ['pull', 'push', 'overwrite'],
  'pattern-miss': [],
  group: ['pull', 'push', 'overwrite'],
  administrator: ['pull', 'push', 'overwrite', 'delete', 'protect', 'manage'],
  auditor: ['pull'],
}

function hasRight(role: RoleName, verb: RepositoryVerb, place: Place): boolean {
  if (role === 'administrator') return true
  if (role === 'auditor' && verb === 'pull') return true
  if (place === 'pub' && verb === 'pull') return true
  return (place === 'priv' || place === 'pub') && RIGHTS[role].includes(verb)
}

type Expected = 'allowed' | '401' | '403' | 'dead'

/** A cookie opens nothing outside of pages and the admin API: with one, somebody is nobody. */
const NOBODY: readonly Asker['proof'][] = ['nothing', 'session', 'session-without-csrf', 'dead-session']

function expectOci(asker: Asker, need: Verb | 'any' | 'catalog', place: Place): Expected {
  const { proof } = asker
  if (proof === 'dead') return 'dead'
  if (need === 'any') return NOBODY.includes(proof) ? '401' : 'allowed'
  if (need === 'catalog') return [...NOBODY, 'narrow-token', 'foreign-token'].includes(proof) ? '401' : 'allowed'
  if (NOBODY.includes(proof) || proof === 'anonymous-token')
    return place === 'pub' && need === 'pull' ? 'allowed' : '401'
  return hasRight(asker.role, need, place) ? withinProof(proof, need, place) : '403'
}

/** Of what an account may do, what this proof of it may. */
function withinProof(proof: Asker['proof'], need: Verb, place: Place): Expected {
  if (proof === 'scoped-key') return place === 'priv' && need === 'pull' ? 'allowed' : '403'
  if (proof === 'narrow-token') return need === 'pull' ? 'allowed' : '401'
  return proof === 'foreign-token' ? '401' : 'allowed'
}

interface OciRow {
  readonly need: Verb | 'any' | 'catalog'
  readonly path: (repository: string) => string
  readonly body?: string
  /** How it goes on once it is let in, without changing anything: in a project, and where there is nothing. */
  readonly after: readonly [number, number]
}

const NO_BLOB = `sha256:${'0'.repeat(64)}`
const NO_UPLOAD = '0'.repeat(32)
const { layer, manifest } = IMAGE

const OCI: Readonly<Record<string, OciRow>> = {
  'GET base': { need: 'any', path: () => '/v2/', after: [200, 200] },
  'HEAD base': { need: 'any', path: () => '/v2/', after: [200, 200] },
  'GET catalog': { need: 'catalog', path: () => '/v2/_catalog', after: [200, 200] },
  'GET discover': { need: 'any', path: () => '/v2/_oci/ext/discover', after: [200, 200] },
  'GET repository-discover': { need: 'pull', path: (name) => `/v2/${name}/_oci/ext/discover`, after: [200, 200] },
  'GET blob': { need: 'pull', path: (name) => `/v2/${name}/blobs/${layer.digest}`, after: [200, 404] },
  'HEAD blob': { need: 'pull', path: (name) => `/v2/${name}/blobs/${layer.digest}`, after: [200, 404] },
  'DELETE blob': { need: 'delete', path: (name) => `/v2/${name}/blobs/${NO_BLOB}`, after: [404, 404] },
  'GET manifest': { need: 'pull', path: (name) => `/v2/${name}/manifests/v1`, after: [200, 404] },
  'HEAD manifest': { need: 'pull', path: (name) => `/v2/${name}/manifests/${manifest.digest}`, after: [200, 404] },
  'PUT manifest': { need: 'push', path: (name) => `/v2/${name}/manifests/new`, body: 'no manifest', after: [400, 400] },
  'DELETE manifest': { need: 'delete', path: (name) => `/v2/${name}/manifests/none`, after: [404, 404] },
  'POST uploads': { need: 'push', path: (name) => `/v2/${name}/blobs/uploads/?digest=none`, after: [400, 400] },
  'GET upload': { need: 'push', path: (name) => `/v2/${name}/blobs/uploads/${NO_UPLOAD}`, after: [404, 404] },
  'HEAD upload': { need: 'push', path: (name) => `/v2/${name}/blobs/uploads/${NO_UPLOAD}`, after: [404, 404] },
  'PATCH upload': {
    need: 'push',
    path: (name) => `/v2/${name}/blobs/uploads/${NO_UPLOAD}`,
    body: 'x',
    after: [404, 404],
  },
  'PUT upload': {
    need: 'push',
    path: (name) => `/v2/${name}/blobs/uploads/${NO_UPLOAD}?digest=${layer.digest}`,
    body: 'x',
    after: [404, 404],
  },
  'DELETE upload': { need: 'push', path: (name) => `/v2/${name}/blobs/uploads/${NO_UPLOAD}`, after: [404, 404] },
  'GET tags': { need: 'pull', path: (name) => `/v2/${name}/tags/list`, after: [200, 404] },
  'GET referrers': { need: 'pull', path: (name) => `/v2/${name}/referrers/${manifest.digest}`, after: [200, 200] },
}

type RepositoryNeed = `repository:${RepositoryVerb}`
type ProjectNeed = 'see' | 'manage' | 'administer-project' | 'create-project'
type Need = 'signed-in' | 'own' | 'inspect' | 'administer' | ProjectNeed | RepositoryNeed

/** Every row of the admin API, and whom it is for. */
const API: Readonly<Record<string, Need>> = {
  'GET /me': 'signed-in',
  'PUT /me/password': 'own',
  'GET /me/keys': 'signed-in',
  'POST /me/keys': 'own',
  'DELETE /me/keys/{key}': 'own',
  'GET /me/sessions': 'own',
  'DELETE /me/sessions/{session}': 'own',
  'GET /users': 'inspect',
  'POST /users': 'administer',
  'GET /users/{user}': 'inspect',
  'PATCH /users/{user}': 'administer',
  'DELETE /users/{user}': 'administer',
  'POST /users/{user}/sign-out': 'administer',
  'GET /users/{user}/keys': 'inspect',
  'DELETE /users/{user}/keys/{key}': 'administer',
  'GET /groups': 'inspect',
  'POST /groups': 'administer',
  'GET /groups/{group}': 'inspect',
  'DELETE /groups/{group}': 'administer',
  'PUT /groups/{group}/members/{user}': 'administer',
  'DELETE /groups/{group}/members/{user}': 'administer',
  'GET /projects': 'signed-in',
  'POST /projects': 'create-project',
  'GET /projects/{project}': 'see',
  'PATCH /projects/{project}': 'manage',
  'DELETE /projects/{project}': 'manage',
  'GET /projects/{project}/grants': 'manage',
  'POST /projects/{project}/grants': 'manage',
  'DELETE /projects/{project}/grants/{grant}': 'manage',
  'GET /projects/{project}/robots': 'manage',
  'POST /projects/{project}/robots': 'manage',
  'GET /projects/{project}/robots/{robot}': 'manage',
  'PATCH /projects/{project}/robots/{robot}': 'manage',
  'DELETE /projects/{project}/robots/{robot}': 'manage',
  'POST /projects/{project}/robots/{robot}/secret': 'manage',
  'GET /projects/{project}/robots/{robot}/trust': 'manage',
  'POST /projects/{project}/robots/{robot}/trust': 'manage',
  'DELETE /projects/{project}/robots/{robot}/trust/{rule}': 'manage',
  'GET /robots': 'inspect',
  'POST /robots': 'administer',
  'GET /robots/{robot}': 'inspect',
  'PATCH /robots/{robot}': 'administer',
  'DELETE /robots/{robot}': 'administer',
  'POST /robots/{robot}/secret': 'administer',
  'GET /robots/{robot}/trust': 'inspect',
  'POST /robots/{robot}/trust': 'administer',
  'DELETE /robots/{robot}/trust/{rule}': 'administer',
  'GET /access/explain': 'signed-in',
  'GET /audit': 'inspect',
  'GET /projects/{project}/webhooks': 'manage',
  'POST /projects/{project}/webhooks': 'manage',
  'GET /projects/{project}/webhooks/{webhook}': 'manage',
  'PATCH /projects/{project}/webhooks/{webhook}': 'manage',
  'DELETE /projects/{project}/webhooks/{webhook}': 'manage',
  'POST /projects/{project}/webhooks/{webhook}/test': 'manage',
  'GET /projects/{project}/webhooks/{webhook}/deliveries': 'manage',
  'POST /projects/{project}/webhooks/{webhook}/replay': 'manage',
  'GET /webhooks': 'administer',
  'POST /webhooks': 'administer',
  'GET /webhooks/{webhook}': 'administer',
  'PATCH /webhooks/{webhook}': 'administer',
  'DELETE /webhooks/{webhook}': 'administer',
  'POST /webhooks/{webhook}/test': 'administer',
  'GET /webhooks/{webhook}/deliveries': 'administer',
  'POST /webhooks/{webhook}/replay': 'administer',
  'GET /events': 'signed-in',
  'GET /events/stream': 'signed-in',
  'GET /repositories': 'signed-in',
  'GET /repositories/{repository}': 'repository:pull',
  'DELETE /repositories/{repository}': 'repository:delete',
  'GET /repositories/{repository}/tags': 'repository:pull',
  'GET /repositories/{repository}/tags/{tag}': 'repository:pull',
  'PUT /repositories/{repository}/tags/{tag}': 'repository:push',
  'DELETE /repositories/{repository}/tags/{tag}': 'repository:delete',
  'POST /repositories/{repository}/promotions': 'repository:push',
  'GET /repositories/{repository}/history': 'repository:pull',
  'GET /repositories/{repository}/usage': 'repository:pull',
  'POST /repositories/{repository}/tags/{tag}/roll-back': 'repository:overwrite',
  'POST /repositories/{repository}/tags/{tag}/restore': 'repository:delete',
  'GET /usage': 'inspect',
  'GET /usage/history': 'inspect',
  'GET /quotas': 'inspect',
  'GET /projects/{project}/quota': 'see',
  'PUT /projects/{project}/quota': 'administer-project',
  'DELETE /projects/{project}/quota': 'administer-project',
  'GET /projects/{project}/usage': 'see',
  'GET /projects/{project}/usage/history': 'see',
  'GET /projects/{project}/retention': 'see',
  'POST /projects/{project}/retention': 'manage',
  'DELETE /projects/{project}/retention/{rule}': 'manage',
  'POST /projects/{project}/retention/preview': 'manage',
  'POST /projects/{project}/retention/run': 'manage',
  'GET /repositories/{repository}/tags/{tag}/explain': 'repository:pull',
  'PUT /repositories/{repository}/tags/{tag}/expiry': 'repository:delete',
  'DELETE /repositories/{repository}/tags/{tag}/expiry': 'repository:delete',
  'POST /repositories/{repository}/preview-delete': 'repository:delete',
  'GET /projects/{project}/immutability': 'see',
  'POST /projects/{project}/immutability': 'manage',
  'DELETE /projects/{project}/immutability/{rule}': 'manage',
  'GET /projects/{project}/trust': 'see',
  'POST /projects/{project}/trust': 'manage',
  'DELETE /projects/{project}/trust/{anchor}': 'manage',
  'GET /repositories/{repository}/images/{reference}/signatures': 'repository:pull',
  'POST /repositories/{repository}/images/{reference}/signatures': 'repository:push',
  'GET /repositories/{repository}/images/{reference}': 'repository:pull',
  'DELETE /repositories/{repository}/images/{reference}': 'repository:delete',
  'GET /repositories/{repository}/images/{reference}/referrers': 'repository:pull',
  'GET /repositories/{repository}/images/{reference}/files': 'repository:pull',
  'GET /repositories/{repository}/images/{reference}/file': 'repository:pull',
  'GET /repositories/{repository}/images/{reference}/report': 'repository:pull',
  'GET /repositories/{repository}/images/{reference}/reports/{scanner}': 'repository:pull',
  'POST /repositories/{repository}/images/{reference}/scan': 'repository:push',
  'GET /repositories/{repository}/images/{reference}/inventory': 'repository:pull',
  'GET /repositories/{repository}/images/{reference}/sbom': 'repository:pull',
  'POST /repositories/{repository}/images/{reference}/sbom': 'repository:push',
  'GET /repositories/{repository}/images/{reference}/sboms': 'repository:pull',
  'GET /repositories/{repository}/compare': 'repository:pull',
  'GET /repositories/{repository}/compare/files': 'repository:pull',
  'GET /packages': 'signed-in',
  'GET /search': 'signed-in',
  'GET /vulnerability-data': 'signed-in',
  'GET /projects/{project}/exceptions': 'see',
  'POST /projects/{project}/exceptions': 'manage',
  'DELETE /projects/{project}/exceptions/{exception}': 'manage',
  'GET /projects/{project}/vex': 'see',
  'POST /projects/{project}/vex': 'manage',
  'DELETE /projects/{project}/vex/{document}': 'manage',
  'GET /projects/{project}/policies': 'see',
  'POST /projects/{project}/policies': 'manage',
  'POST /projects/{project}/policies/preview': 'manage',
  'PATCH /projects/{project}/policies/{policy}': 'manage',
  'DELETE /projects/{project}/policies/{policy}': 'manage',
  'GET /projects/{project}/exemptions': 'see',
  'POST /projects/{project}/exemptions': 'manage',
  'DELETE /projects/{project}/exemptions/{exemption}': 'manage',
  'GET /repositories/{repository}/images/{reference}/verdict': 'repository:pull',
  'GET /projects/{project}/protections': 'see',
  // Who sees the project is let in; what he may then say is in use see below.
  'PUT /projects/{project}/protections/{holder}': 'see',
  'DELETE /projects/{project}/protections/{holder}': 'see',
  'GET /sources': 'inspect',
  'POST /sources': 'administer',
  'GET /sources/{source}': 'inspect',
  'PATCH /sources/{source}': 'administer',
  'DELETE /sources/{source}': 'administer',
  'GET /namespaces': 'inspect',
  'GET /namespaces/{namespace}': 'inspect',
  'PUT /namespaces/{namespace}': 'administer',
  'DELETE /namespaces/{namespace}': 'administer',
  'GET /gc': 'inspect',
  'GET /replicas': 'inspect',
  'POST /gc/run': 'administer',
  'GET /system': 'inspect',
  'GET /settings': 'inspect',
  'GET /jobs': 'inspect',
  'GET /jobs/{job}': 'inspect',
  'POST /jobs/{job}/run': 'administer',
  'POST /jobs/{job}/cancel': 'administer',
  'GET /adoptions': 'inspect',
  'GET /adoptions/{place}/problems': 'inspect',
  'POST /adoptions/{place}/again': 'administer',
  'GET /scrub': 'inspect',
  'GET /remotes': 'inspect',
  'POST /remotes': 'administer',
  'GET /remotes/{remote}': 'inspect',
  'PATCH /remotes/{remote}': 'administer',
  'DELETE /remotes/{remote}': 'administer',
  'POST /remotes/{remote}/test': 'administer',
  'GET /scanners': 'inspect',
  'POST /scanners': 'administer',
  'PATCH /scanners/{scanner}': 'administer',
  'DELETE /scanners/{scanner}': 'administer',
  'POST /scanners/{scanner}/test': 'administer',
  'GET /replication/rules': 'inspect',
  'POST /replication/rules': 'administer',
  'GET /replication/rules/{rule}': 'inspect',
  'PATCH /replication/rules/{rule}': 'administer',
  'DELETE /replication/rules/{rule}': 'administer',
  'GET /replication/rules/{rule}/executions': 'inspect',
  'POST /replication/rules/{rule}/executions': 'administer',
  'GET /replication/executions/{execution}': 'inspect',
  'GET /replication/executions/{execution}/images': 'inspect',
  'POST /replication/executions/{execution}/retry': 'administer',
  'POST /replication/executions/{execution}/stop': 'administer',
  // Of what is in the recycle bin see below: here they are asked for what is not.
  'GET /deletions': 'signed-in',
  'GET /deletions/{deletion}': 'signed-in',
  'POST /deletions/{deletion}/restore': 'signed-in',
  'DELETE /deletions/{deletion}': 'signed-in',
}

type ApiExpected = 'allowed' | '401' | '403' | '404' | 'dead'

function knows(role: RoleName, place: Place): boolean {
  if (place === 'nowhere') return false
  if (role === 'administrator' || role === 'auditor' || place === 'pub') return true
  return place === 'priv' && role !== 'none'
}

/** The registry's own tokens are for /v2/ only. */
const API_PROOFS: readonly Asker['proof'][] = [
  'basic',
  'key',
  'scoped-key',
  'robot-secret',
  'workload',
  'session',
  'session-without-csrf',
]

function expectApi(asker: Asker, method: string, need: Need, place: Place): ApiExpected {
  const { proof } = asker
  if (proof === 'dead') return 'dead'
  // Where something is public it takes no credentials, and the cookie of a session that is over is none.
  if (need === 'repository:pull' && place === 'pub' && ['nothing', 'dead-session'].includes(proof)) return 'allowed'
  if (!API_PROOFS.includes(proof)) return '401'
  if (proof === 'session-without-csrf' && method !== 'GET') return '403'
  if (isRepositoryNeed(need))
    return expectInRepository(asker, need.slice('repository:'.length) as RepositoryVerb, place)
  return BY_NEED[need](asker, place)
}

function isRepositoryNeed(need: Need): need is RepositoryNeed {
  return need.startsWith('repository:')
}

/** Whoever may pull may know that it is there; to others it is not. */
function expectInRepository({ proof, role }: Asker, verb: RepositoryVerb, place: Place): ApiExpected {
  const may = (each: RepositoryVerb) =>
    hasRight(role, each, place) && (proof !== 'scoped-key' || (place === 'priv' && each === 'pull'))
  if (may(verb)) return 'allowed'
  return may('pull') ? '403' : '404'
}

const BY_NEED: Readonly<Record<Exclude<Need, RepositoryNeed>, (asker: Asker, place: Place) => ApiExpected>> = {
  'signed-in': () => 'allowed',
  own: ({ proof }) => (['robot-secret', 'workload', 'key', 'scoped-key'].includes(proof) ? '403' : 'allowed'),
  inspect: ({ proof, role }) =>
    proof !== 'scoped-key' && (role === 'administrator' || role === 'auditor') ? 'allowed' : '403',
  administer: onlyAdministrators,
  'create-project': onlyAdministrators,
  'administer-project': (asker, place) =>
    onlyAdministrators(asker) === 'allowed' && !knows(asker.role, place) ? '404' : onlyAdministrators(asker),
  see: ({ proof, role }, place) => (proof !== 'scoped-key' && knows(role, place) ? 'allowed' : '404'),
  manage: ({ proof, role }, place) => {
    if (proof === 'scoped-key' || !knows(role, place)) return '404'
    return role === 'administrator' || (role === 'owner' && place !== 'other') ? 'allowed' : '403'
  },
}

function onlyAdministrators({ proof, role }: Asker): ApiExpected {
  return proof !== 'scoped-key' && role === 'administrator' ? 'allowed' : '403'
}

// ——— Asking.

/** Bad secrets cost the time of a slow hash each, of which there is only so much: then they are told to wait. */
const DEAD_STATUS = [401, 429]

function judge(answer: Answer, expected: Expected, after: number): string[] {
  if (expected === 'dead') return DEAD_STATUS.includes(answer.status) ? [] : ['a dead one was let in']
  const status = expected === 'allowed' ? after : Number(expected)
  if (answer.status !== status) return [`expected ${expected} (${status})`]
  return status === 401 && !answer.headers.has('www-authenticate') ? ['401 without a challenge'] : []
}

interface Case {
  readonly label: string
  readonly ask: () => Promise<Answer>
  /** What is wrong with the answer: nothing, where all is well. */
  readonly judge: (answer: Answer) => readonly string[] | Promise<readonly string[]>
}

/** Fails with all that differs, or the beginning of it. */
async function run(cases: readonly Case[]): Promise<void> {
  const problems: string[] = []
  for (const { label, ask, judge: judgeOf } of cases) {
    const answer = await ask()
    for (const problem of await judgeOf(answer))
      problems.push(`${label}: ${answer.status} ${answer.text.slice(0, 200)}, ${problem}`)
  }
  if (problems.length > 0)
    throw new Error(`${problems.length} of ${cases.length} answers are wrong:\n${problems.slice(0, 40).join('\n')}`)
  expect(cases.length).toBeGreaterThan(0)
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

function ociTable(): string[] {
  const { registry, management } = cast.world.app
  const table = ociRoutes(registry, management.authorizer, async () => undefined)
  return Object.entries(table).flatMap(([kind, methods]) => Object.keys(methods).map((method) => `${method} ${kind}`))
}

describe('every route has a decision here, and every decision a route', () => {
  test('of the OCI API', () => {
    expect(ociTable().toSorted()).toEqual(Object.keys(OCI).toSorted())
  })

  test('of the admin API', async () => {
    const routes = (await apiRoutes()).map(({ method, path }) => `${method} ${path}`)
    expect(routes.toSorted()).toEqual(Object.keys(API).toSorted())
    expect(new Set(routes).size).toBe(routes.length)
  })

  test('of the pages for signing in', () => {
    const routes = AUTH_ROUTES.map(({ method, path }) => `${method} ${path}`)
    expect(routes.toSorted()).toEqual(Object.keys(AUTH).toSorted())
  })

  test('of the rest', () => {
    const table = plainRouteTable({} as Parameters<typeof plainRouteTable>[0])
    const routes = Object.entries(table).flatMap(([path, { methods }]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    )
    expect(routes.toSorted()).toEqual(Object.keys(PLAIN).toSorted())
  })

  test('nothing is served beside the tables but the API’s own description, which says no more than this', async () => {
    const described = await cast.world.send('GET', '/api/v1/openapi.json')
    expect(described.status).toBe(200)
    const { paths } = z
      .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(JSON.parse(described.text))
    const rows = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/^\/api\/v1/, '')}`),
    )
    expect(rows.toSorted()).toEqual(Object.keys(API).toSorted())
    for (const path of [
      '/api/',
      '/api/v1',
      '/api/v1/',
      '/api/v2/users',
      '/administration',
      '/debug',
      '/v1/',
      '/auth',
      '/.env',
    ])
      expect((await cast.world.send('GET', path)).status).toBe(404)
  })
})

describe('the OCI API', () => {
  function casesOf(asker: Asker, place: Place): Case[] {
    return Object.entries(OCI).map(([row, { need, path, body, after }]) => ({
      label: `${row} in ${place} by ${asker.label}`,
      ask: () =>
        cast.world.send(row.split(' ')[0] ?? '', path(repositoryAt(place, asker)), {
          headers: asker.headers(place),
          ...(body === undefined ? {} : { body: bytesOf(body) }),
        }),
      judge: (answer) => judge(answer, expectOci(asker, need, place), after[place === 'nowhere' ? 1 : 0]),
    }))
  }

  test.each(PLACES.map((place) => [place]))('in %s', async (place) => {
    await run(cast.askers.flatMap((asker) => casesOf(asker, place)))
  })

  test('the catalog lists to each exactly what it may pull', async () => {
    for (const asker of cast.askers) {
      if (expectOci(asker, 'catalog', 'priv') !== 'allowed') continue
      const answer = await cast.world.send('GET', '/v2/_catalog', { headers: asker.headers('priv') })
      const { repositories } = z.object({ repositories: z.array(z.string()) }).parse(JSON.parse(answer.text))
      const expected = ['other/app', 'priv/app', 'pub/app'].filter((name) => {
        const place = PLACES.find((each) => name.startsWith(`${each}/`)) ?? 'other'
        return expectOci(asker, 'pull', place) === 'allowed'
      })
      expect([asker.label, repositories]).toEqual([asker.label, expected])
    }
  })
})

describe('the admin API', () => {
  /** That every route has a row has its own test. */
  async function decided(): Promise<ApiRoute[]> {
    return (await apiRoutes()).filter(({ method, path }) => API[`${method} ${path}`] !== undefined)
  }

  const QUERIES: Readonly<Record<string, string>> = {
    '/access/explain': '?action=pull&repository=priv/app',
    '/repositories/{repository}/compare': '?from=v1&to=v1',
    '/repositories/{repository}/compare/files': '?from=v1&to=v1',
    '/packages': '?name=musl',
    '/search': '?q=app',
    // No answer that does not end.
    '/events/stream': '?since=none',
  }

  /** Reads use what is there; changes name what is not, or say what is nonsense, so that nothing changes. */
  function addressOf({ path, method }: ApiRoute, place: Place, asker: Asker, expected: ApiExpected): string {
    const reads = method === 'GET'
    const isWhole = method === 'DELETE' && path === '/repositories/{repository}'
    const values: Readonly<Record<string, string>> = {
      project: place,
      user: reads ? 'u-owner' : 'u-nobody',
      group: reads ? 'team' : 'nobodies',
      robot: reads ? `robot.${place}.owner` : 'robot.nowhere.none',
      key: 'none',
      session: 'none',
      grant: '999999',
      rule: '999999',
      webhook: '999999',
      execution: '999999',
      holder: 'nobody',
      place: 'none',
      job: 'none',
      remote: 'none.example',
      scanner: 'none',
      source: '999999',
      namespace: 'none.example',
      // Only who may delete one as a whole is asked to delete another that is not there.
      repository: isWhole && expected === 'allowed' ? `${place}/absent` : repositoryAt(place, asker),
      tag: reads ? 'v1' : 'none',
      reference: reads ? 'v1' : 'none',
      ...{ exception: '999999', document: '999999', anchor: 'none', policy: '999999', exemption: '999999' },
      deletion: '999999',
    }
    const address = path.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''))
    return `${address}${QUERIES[path] ?? ''}`
  }

  function bodyOf({ method, path }: ApiRoute): unknown {
    if (method === 'GET' || method === 'DELETE') return undefined
    return path === '/projects' ? { name: 'priv' } : { nonsense: true }
  }

  /** Let in: whatever the answer is then, it is about what was asked. */
  function isAsExpected({ status, text }: Answer, expected: ApiExpected): boolean {
    if (expected === 'dead') return DEAD_STATUS.includes(status)
    const isHidden = status === 404 && /there is no (project|repository)/.test(text)
    if (expected === '404') return isHidden
    if (expected !== 'allowed') return String(status) === expected
    return isHidden === false && ![401, 403].includes(status) && status < 500
  }

  /** Whoever may do something where nothing is, is told that nothing is there. */
  function isAbsence({ status }: Answer, address: string): boolean {
    return /^\/repositories\/(nowhere-|[a-z]+%2Fabsent)/.test(address) && status === 404
  }

  function caseOf(asker: Asker, route: ApiRoute, place: Place): Case {
    const { method } = route
    const expected = expectApi(asker, method, found(API[`${method} ${route.path}`]), place)
    const address = addressOf(route, place, asker, expected)
    return {
      label: `${method} ${address} by ${asker.label}`,
      ask: () => cast.world.api(method, address, asker.headers(place), bodyOf(route)),
      judge: async (answer) => [
        ...(isAsExpected(answer, expected) || (expected === 'allowed' && isAbsence(answer, address))
          ? []
          : [`expected ${expected}`]),
        ...(method === 'GET' ? await leaks(answer) : []),
      ],
    }
  }

  /** Tables that nothing here changes. */
  const LASTING = [
    ...['repositories', 'tags', 'tag_events', 'tag_expiry', 'deletions', 'quotas'],
    ...['retention_rules', 'immutability_rules', 'protection_holders', 'protections', 'trust_anchors'],
  ]

  test.each(PLACES.map((place) => [place]))('for %s', async (place) => {
    const routes = (await decided()).filter(({ path }) => place === 'priv' || /\{(project|repository)\}/.test(path))
    const kept = () => Promise.all(LASTING.map((table) => cast.world.query(`select * from ${table}`)))
    const before = await kept()
    await run(cast.askers.flatMap((asker) => routes.map((route) => caseOf(asker, route, place))))
    expect(await kept()).toEqual(before)
  })

  test('the list of repositories shows to each exactly what it may pull', async () => {
    for (const asker of cast.askers) {
      if (expectApi(asker, 'GET', 'signed-in', 'priv') !== 'allowed') continue
      const answer = await cast.world.api('GET', '/repositories', asker.headers('priv'))
      const { items } = z.object({ items: z.array(z.object({ name: z.string() })) }).parse(JSON.parse(answer.text))
      const expected = (['other', 'priv', 'pub'] as const).filter(
        (place) => expectApi(asker, 'GET', 'repository:pull', place) === 'allowed',
      )
      expect([asker.label, items.map(({ name }) => name)]).toEqual([
        asker.label,
        expected.map((place) => `${place}/app`),
      ])
    }
  })

  const HOLDER_ACTS = [
    { act: 'says', method: 'PUT', isOwn: true },
    { act: 'replaces another’s', method: 'PUT', isOwn: false },
    { act: 'ends another’s', method: 'DELETE', isOwn: false },
    { act: 'ends', method: 'DELETE', isOwn: true },
  ] as const
  type HolderAct = (typeof HOLDER_ACTS)[number]

  function expectOfHolder(asker: Asker, { method, isOwn }: HolderAct, place: Place): readonly number[] {
    const outside = expectApi(asker, method, 'see', place)
    if (outside === 'dead') return DEAD_STATUS
    if (outside !== 'allowed') return [Number(outside)]
    const right = method === 'PUT' ? 200 : 204
    if (isOwn) return [expectOfOwn(method, expectInRepository(asker, 'protect', place))]
    return [expectApi(asker, method, 'manage', place) === 'allowed' ? right : 403]
  }

  /** Who may not know of the repository protects nothing, and has nothing to end; what others said is for owners. */
  function expectOfOwn(method: HolderAct['method'], protecting: ApiExpected): number {
    if (method === 'PUT') return protecting === '403' ? 403 : 200
    return protecting === 'allowed' ? 204 : 404
  }

  /** Nothing is in use that the asker may not protect: where he may not know of it, it is said to be missing. */
  function isRightCount({ status, text }: Answer, asker: Asker, place: Place): boolean {
    if (status !== 200) return true
    const { images, missing } = z.object({ images: z.int(), missing: z.array(z.string()) }).parse(JSON.parse(text))
    const mayProtect = expectInRepository(asker, 'protect', place) === 'allowed'
    return images === (mayProtect ? 1 : 0) && missing.length === (mayProtect ? 0 : 1)
  }

  test.each(PLACES.map((place) => [place]))('what is in use in %s', async (place) => {
    const { world, askers } = cast
    const operator = found(askers.find(({ role, proof }) => role === 'administrator' && proof === 'basic'))
    const body = { images: [`${place}/app:v1`], for: 3600 }
    const at = (holder: string) => `/projects/${place}/protections/${holder}`
    const again = () => world.api('PUT', at('operators'), operator.headers(place), body)
    expect((await again()).status).toBe(place === 'nowhere' ? 404 : 200)
    const holders = () => world.query('select name, created_by from protection_holders order by id')
    const held = await holders()
    const caseFor = (asker: Asker, act: HolderAct, own: string): Case => {
      const { method, isOwn } = act
      const holder = isOwn ? own : 'operators'
      const statuses = expectOfHolder(asker, act, place)
      return {
        label: `${asker.label} ${act.act} in ${place}`,
        ask: async () => {
          const answer = await world.api(method, at(holder), asker.headers(place), method === 'PUT' ? body : undefined)
          if (statuses.includes(204) && !isOwn) await again()
          return answer
        },
        judge: (answer) => [
          ...(statuses.includes(answer.status) ? [] : [`expected ${statuses}`]),
          ...(isRightCount(answer, asker, place) ? [] : ['the wrong images are protected']),
        ],
      }
    }
    await run(askers.flatMap((asker, index) => HOLDER_ACTS.map((act) => caseFor(asker, act, `holder-${index}`))))
    // Nothing is left of whoever ended his own, nor of whoever had nothing to protect.
    expect(await holders()).toEqual(held)
    await world.api('DELETE', at('operators'), operator.headers(place))
  })

  test('whoever may protect nothing takes no place from those who may', async () => {
    const { world, askers } = cast
    const stranger = found(askers.find(({ role, proof }) => role === 'none' && proof === 'basic'))
    const kept = async () => [
      await world.query('select * from protection_holders'),
      (await world.audit()).filter(({ action }) => action.startsWith('protection.')).length,
    ]
    const before = await kept()
    for (const images of [[], ['pub/none:v1']]) {
      const body = { images, for: 60 }
      const answer = await world.api('PUT', '/projects/pub/protections/squatter', stranger.headers('pub'), body)
      expect(answer.status).toBe(images.length === 0 ? 200 : 403)
    }
    expect(await kept()).toEqual(before)
  })

  /** To whoever may not delete there, it is as absent as one that is not there. */
  function expectOfDeletion(asker: Asker, method: string, place: Place): ApiExpected {
    const outside = expectApi(asker, method, 'signed-in', place)
    if (outside !== 'allowed') return outside
    const needed = method === 'DELETE' ? 'manage' : 'delete'
    if (expectInRepository(asker, needed, place) === 'allowed') return 'allowed'
    return expectInRepository(asker, 'delete', place) === 'allowed' ? '403' : '404'
  }

  const DELETION_ROWS = [
    { method: 'GET', more: '', body: undefined, right: 200 },
    // Judged before it is looked at what was asked.
    { method: 'POST', more: '/restore', body: { to: 'No Name' }, right: 400 },
    // Twice is as once.
    { method: 'DELETE', more: '', body: undefined, right: 204 },
  ] as const

  function deletionCase(
    { method, more, body, right }: (typeof DELETION_ROWS)[number],
    asker: Asker,
    { place, id }: { readonly place: Place; readonly id: number },
  ): Case {
    const expected = expectOfDeletion(asker, method, place)
    const statuses = expected === 'dead' ? DEAD_STATUS : [expected === 'allowed' ? right : Number(expected)]
    return {
      label: `${method} of a deletion in ${place} by ${asker.label}`,
      ask: () => cast.world.api(method, `/deletions/${id}${more}`, asker.headers(place), body),
      judge: ({ status }) => (statuses.includes(status) ? [] : [`expected ${expected}`]),
    }
  }

  test('what is in the recycle bin is there for whoever may delete it', async () => {
    const { world, askers } = cast
    const admin = found(askers.find(({ role, proof }) => role === 'administrator' && proof === 'basic'))
    const bin: (readonly [Place, number])[] = []
    for (const place of ['priv', 'pub', 'other'] as const) {
      const gone = image(`access/gone-${place}`)
      await pushImage({ registry: world.with(admin.headers(place)), name: `${place}/app` }, gone)
      await world.send('DELETE', `/v2/${place}/app/manifests/${gone.manifest.digest}`, {
        headers: admin.headers(place),
      })
      bin.push([place, found((await world.query<{ id: number }>('select max(id) as id from deletions'))[0]).id])
    }
    const cases = bin.flatMap(([place, id]) =>
      askers.flatMap((asker) => DELETION_ROWS.map((row) => deletionCase(row, asker, { place, id }))),
    )
    // Those that change something last, or there would be nothing left to ask about.
    await run(cases.toSorted((a, b) => Number(a.label.startsWith('DELETE')) - Number(b.label.startsWith('DELETE'))))
  })

  /** CVE-2026-18255, CVE-2026-105447: whoever may read everything reads no secret. */
  async function leaks(answer: Answer): Promise<string[]> {
    return (await secretsToHide())
      .filter((secret) => answer.text.includes(secret))
      .map((secret) => `it holds ${secret}`)
  }

  let hashes: string[] | undefined
  async function secretsToHide(): Promise<string[]> {
    if (hashes === undefined)
      hashes = (
        await cast.world.query<{ hash: string }>(
          `select secret_hash as hash from api_keys union select secret_hash from robots where secret_hash is not null
           union select secret_hash from refresh_tokens union select secret_hash from web_sessions
           union select password_hash from users where password_hash is not null`,
        )
      ).map(({ hash }) => hash)
    return [...cast.world.secrets, ...hashes, '$argon2', 'PRIVATE KEY']
  }

  test('the same path is nothing in another form', async () => {
    const admin = found(cast.askers.find(({ role, proof }) => role === 'administrator' && proof === 'basic'))
    for (const path of [
      '/api/v1/users/',
      '/api/v1//users',
      '/api//v1/users',
      '/API/v1/users',
      '/api/v1/users;x',
      '/api/v1/USERS',
    ])
      for (const headers of [{}, admin.headers('priv')])
        expect([path, (await cast.world.send('GET', path, { headers })).status]).toEqual([path, 404])
    // Dot segments are resolved before anything is judged, and escaped letters are the letters: the same decision.
    for (const path of ['/api/v1/x/../users', '/api/v1/%75sers', '/v2/../api/v1/users']) {
      const nobody = await cast.world.send('GET', path)
      expect([path, [401, 404].includes(nobody.status)]).toEqual([path, true])
    }
  })

  test('HEAD is judged as GET is', async () => {
    const rows = (await decided()).filter(({ method }) => method === 'GET')
    for (const asker of cast.askers.filter(({ proof }) => proof === 'nothing' || proof === 'basic'))
      for (const route of rows) {
        const address = addressOf(route, 'other', asker, 'allowed')
        const [get, head] = [
          await cast.world.api('GET', address, asker.headers('other')),
          await cast.world.api('HEAD', address, asker.headers('other')),
        ]
        expect([address, asker.label, head.status, head.bytes.length]).toEqual([address, asker.label, get.status, 0])
      }
  })
})

/** Who may what of the pages: nobody, a session, a session without the form's token. */
const AUTH: Readonly<Record<string, readonly [nobody: number, session: number, forged: number]>> = {
  'GET /auth/': [200, 200, 200],
  'POST /auth/sign-in': [403, 403, 403],
  'POST /auth/sign-out': [401, 303, 403],
  'GET /auth/login/:provider': [404, 404, 404],
  'GET /auth/callback/:provider': [404, 404, 404],
  'GET /auth/device': [303, 200, 200],
  'POST /auth/device': [401, 400, 403],
  // Programs ask these, and prove what they must by what they send.
  'POST /auth/device/code': [200, 200, 200],
  'POST /auth/revoke': [200, 200, 200],
}

describe('the pages for signing in', () => {
  test.each(Object.entries(AUTH))('%s', async (row, [nobody, session, forged]) => {
    const { world } = cast
    const [method = '', pattern = ''] = row.split(' ')
    const path = pattern.replace(':provider', 'corp')
    const person = await world.user(`page-${row.replaceAll(/[^a-z]/gi, '').toLowerCase()}`)
    const browser = await world.browser(person)
    const ask = (cookie: string | undefined, csrf: string, more: Readonly<Record<string, string>> = {}) => {
      const headers = { origin: 'https://registry.test', ...fromElsewhere(), ...(cookie && { cookie }), ...more }
      return method === 'GET' ? world.send('GET', path, { headers }) : world.form(path, { csrf }, headers)
    }
    expect((await ask(undefined, '')).status).toBe(nobody)
    for (const headers of [person.basic, await world.token(person.basic)])
      // No other proof than the cookie is looked at here.
      expect((await ask(undefined, '', headers)).status).toBe(nobody)
    expect((await ask(browser.cookie, 'invented')).status).toBe(forged)
    const isForm = method === 'POST' && !['/auth/device/code', '/auth/revoke'].includes(path)
    if (isForm) {
      for (const foreign of [{ origin: 'https://evil.test' }, { 'sec-fetch-site': 'cross-site' }])
        expect((await ask(browser.cookie, browser.csrf, foreign)).status).toBe(403)
    }
    expect((await ask(browser.cookie, browser.csrf)).status).toBe(session)
  })
})

/** Nobody, somebody by Basic, a registry token. */
const PLAIN: Readonly<Record<string, readonly [nobody: number, basic: number, token: number]>> = {
  'GET /healthz': [200, 200, 200],
  'HEAD /healthz': [200, 200, 200],
  'GET /readyz': [200, 200, 200],
  'HEAD /readyz': [200, 200, 200],
  'GET /metrics': [401, 200, 401],
  'GET /token': [200, 200, 401],
  'POST /token': [400, 400, 400],
}

describe('the rest', () => {
  test.each(Object.entries(PLAIN))('%s', async (row, [nobody, basic, token]) => {
    const { world, askers } = cast
    const [method = '', path = ''] = row.split(' ')
    const allowedTo = ({ proof }: Asker): readonly number[] => {
      if (NOBODY.includes(proof)) return [nobody]
      if (proof === 'dead') return nobody === basic && basic === token ? [nobody] : DEAD_STATUS
      return [proof.endsWith('token') ? token : basic]
    }
    await run(
      askers.map((asker) => ({
        label: asker.label,
        ask: () => world.send(method, path, { headers: asker.headers('priv') }),
        judge: ({ status }) => (allowedTo(asker).includes(status) ? [] : [`expected ${allowedTo(asker)}`]),
      })),
    )
  })

  test('/metrics is for this machine only as long as nobody stands in between', async () => {
    for (const forwarded of [{}, { 'x-forwarded-for': '127.0.0.1' }, { forwarded: 'for=127.0.0.1' }])
      expect((await cast.world.send('GET', '/metrics', { headers: forwarded })).status).toBe(401)
  })
})

describe('CVE-2022-31666 class: what belongs to another project is not there', () => {
  const BODIES: Readonly<Record<string, unknown>> = {
    'PATCH /projects/{project}/robots/{robot}': { disabled: true },
    'PATCH /projects/{project}/policies/{policy}': { mode: 'off' },
    'POST /projects/{project}/robots/{robot}/secret': {},
    'POST /projects/{project}/robots/{robot}/trust': { issuer: 'ci', claims: { sub: 'evil' } },
  }

  /** What hangs on a project. */
  const OF_PROJECTS = ['retention_rules', 'immutability_rules', 'protection_holders', 'protections', 'trust_anchors']

  test('every route with a project and something in it', async () => {
    const { world, foreign, askers } = cast
    const tables = ['robots', 'grants, trust_rules', ...OF_PROJECTS]
    const snapshot = () => Promise.all(tables.map((table) => world.query(`select * from ${table}`)))
    const before = await snapshot()
    const admin = found(askers.find(({ role, proof }) => role === 'administrator' && proof === 'basic'))
    const owner = found(askers.find(({ role, proof }) => role === 'owner' && proof === 'basic'))
    const ruleOf = (path: string) => {
      const kind = (['retention', 'immutability'] as const).find((each) => path.includes(`/${each}/`))
      return kind === undefined ? foreign.rule : foreign[kind]
    }
    const values = (path: string, robot: string): Readonly<Record<string, string>> => ({
      project: 'priv',
      robot,
      grant: String(foreign.grant),
      rule: String(ruleOf(path)),
      holder: foreign.holder,
      ...{ anchor: 'of-another', policy: '1', exemption: '1', exception: '1', document: '1' },
    })
    const fill = (path: string, robot: string) =>
      path.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => values(path, robot)[name] ?? '')
    const routes = (await apiRoutes()).filter(({ id, path }) => /\{project\}.*\{/.test(path) && id !== 'protectImages')
    expect(routes.length).toBeGreaterThan(10)
    // A rule of another's robot, under one of our own.
    const addresses = routes.flatMap(({ method, path }) =>
      [foreign.robot, ...(path.includes('{robot}') && path.includes('{rule}') ? ['robot.priv.owner'] : [])].map(
        (robot) => [method, fill(path, robot), BODIES[`${method} ${path}`]] as const,
      ),
    )
    for (const [method, address, body] of addresses)
      for (const asker of [admin, owner]) {
        const { status } = await world.api(method, address, asker.headers('priv'), body)
        expect([method, address, status]).toEqual([method, address, 404])
      }
    // Nor are they under the registry’s own robots.
    for (const [method, path, body] of [
      ['GET', `/robots/${foreign.robot}`],
      ['PATCH', `/robots/${foreign.robot}`, { disabled: true }],
      ['POST', `/robots/${foreign.robot}/secret`, {}],
      ['DELETE', `/robots/${foreign.robot}`],
      ['DELETE', `/robots/${foreign.robot}/trust/${foreign.rule}`],
    ] as const)
      expect((await world.api(method, path, admin.headers('priv'), body)).status).toBe(404)
    expect(await snapshot()).toEqual(before)
  })

  test('a holder of another project, and its images', async () => {
    const { world, foreign, askers } = cast
    const snapshot = () => Promise.all(OF_PROJECTS.map((table) => world.query(`select * from ${table}`)))
    const before = await snapshot()
    for (const role of ['administrator', 'owner'] as const) {
      const asker = found(askers.find((each) => each.role === role && each.proof === 'basic'))
      const body = { images: ['other/app:v1'], for: 60 }
      const path = `/projects/priv/protections/${foreign.holder}`
      const answer = await world.api('PUT', path, asker.headers('priv'), body)
      expect(JSON.parse(answer.text)).toMatchObject({ images: 0, missing: body.images })
    }
    expect(await snapshot()).toEqual(before)
  })

  test('a key and a session under another user', async () => {
    const { world, askers } = cast
    const admin = found(askers.find(({ role, proof }) => role === 'administrator' && proof === 'basic'))
    const owner = found(askers.find(({ role, proof }) => role === 'owner' && proof === 'basic'))
    const [key] = await world.query<{ id: string }>(
      "select api_keys.id from api_keys join users on users.id = user_id where users.name = 'u-reader'",
    )
    const reader = found(askers.find(({ role, proof }) => role === 'reader' && proof === 'basic'))
    await world.refreshToken(reader.headers('priv'))
    const [session] = await world.query<{ id: string }>('select id from refresh_tokens')
    const { id } = found(key)
    for (const [path, headers] of [
      [`/users/u-owner/keys/${id}`, admin.headers('priv')],
      [`/me/keys/${id}`, owner.headers('priv')],
      [`/me/keys/${id}`, admin.headers('priv')],
      [`/me/sessions/${found(session).id}`, owner.headers('priv')],
      [`/me/sessions/${found(session).id}`, admin.headers('priv')],
    ] as const)
      expect((await world.api('DELETE', path, headers)).status).toBe(404)
  })
})

test('invariant 19: no secret of the whole run is in the log or in the audit, and nothing failed', async () => {
  await cast.world.checkNoSecrets()
  await cast.world.checkAudit()
  expect(cast.world.errors()).toBe('')
})
