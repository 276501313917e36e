/**
 * Advisories about tokens, keys and signing in (reliability-security.md §1.1), one test or more for each row, and rows
 * 37 to 45 of its §5.
 *
 * | Row | Where |
 * |---|---|
 * | 37 | test/e2e/auth-tokens.test.ts (edge 37, over sockets); here over CVE-2025-24976 and CVE-2026-82329 |
 * | 38 | here: Harbor #22900 |
 * | 39 | test/e2e/auth-login.test.ts (10,000 scopes), src/auth/token-service.test.ts; here: scope parsing |
 * | 40 | test/e2e/auth-login.test.ts (wrong credentials); here |
 * | 41 | here: CVE-2023-20902 |
 * | 42 | here: brute force |
 * | 43 | test/e2e/ldap.test.ts (an empty password is not even asked about); here: LDAP |
 * | 44 | test/e2e/oidc.test.ts (state, nonce, mix-up, discovery); here: PROJQUAY-9805 |
 * | 45 | test/e2e/browser-sign-in.test.ts (forms that another site sent); the API: here and matrix.test.ts |
 *
 * Not applicable: TOTP and remember-me cookies (of CVE-2026-68760), webhooks (of CVE-2025-23208), a database or Redis
 * password (of GHSA-j7jh-fmcm-xxwv), mTLS as a proof (of CVE-2026-61833), conversion of accounts (CVE-2026-105445; the
 * nearest is a name that somebody else gets): there are no such things here.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { ON_POSTGRES } from '../support/postgres.ts'
import fc from 'fast-check'
import { exportSPKI, generateKeyPair, exportJWK, importJWK, type JWTHeaderParameters, SignJWT } from 'jose'
import { decodeJwt } from 'jose'
import { changeUser, removeUser, signOutUser } from '../../src/auth/manage-users.ts'
import { formatScope, parseScopes } from '../../src/auth/scope.ts'
import type { Answer } from '../conformance/support/client.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { basic, bearer, type Headers, PATIENCE_MS } from '../e2e/support/server.ts'
import { startOidcProvider, type TestOidcProvider } from '../support/oidc.ts'
import { hasSlapd, PEOPLE, person, type Slapd, startSlapd } from '../support/slapd.ts'
import {
  beginOidc,
  CLIENT,
  finishOidc,
  groupsOf,
  ldapConfig,
  names,
  oidcAnswer,
  oidcBrowser,
  oidcConfig,
} from './support/providers.ts'
import { BY, found, fromElsewhere, ORIGIN, type Person, World } from './support/world.ts'

setDefaultTimeout(6 * PATIENCE_MS)

const SEED = Number(process.env.BERTH_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
console.log(`advisories-tokens: BERTH_TEST_SEED=${SEED}`)
fc.configureGlobal({ seed: SEED })

const IMAGE = image('access/tokens')
const TAG = (name: string) => `/v2/${name}/manifests/v1`

let world: World
let ann: Person
let admin: Person

beforeAll(async () => {
  world = await World.open()
  admin = await world.user('root-ann', { systemRole: 'administrator' })
  ann = await world.user('ann')
  await world.project('team')
  await world.grant('team', 'user:ann', 'owner')
  await pushImage({ registry: world.with(ann.basic), name: 'team/app' }, IMAGE, 'v1')
})
afterAll(async () => {
  await world?.checkNoSecrets()
  await world?.checkAudit()
  expect(world?.errors()).toBe('')
  await world?.close()
})

async function status(headers: Headers, method = 'GET', path = TAG('team/app'), on = world): Promise<number> {
  return (await on.send(method, path, { headers })).status
}

/** What is compared between two answers: all that the asker sees, but for what differs in every answer. */
function told({ status: code, headers, text }: Answer, ...hide: string[]): string {
  const shown = [...headers].filter(([name]) => name !== 'x-request-id' && name !== 'set-cookie').toSorted()
  let all = JSON.stringify([code, shown, text])
  for (const word of hide) all = all.replaceAll(word, 'NAME')
  return all
}

interface Forge {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  readonly key?: CryptoKey | Uint8Array
}

/** A token that would be good but for what is said. */
async function forge({ header, claims, key }: Forge = {}): Promise<Headers> {
  const good = found(decodeGood(await world.token(ann.basic, 'repository:team/app:pull')))
  const payload = Object.fromEntries(
    Object.entries({ ...good, jti: 'forged', ...claims }).filter(([, value]) => value !== undefined),
  )
  const own = await ownKey()
  const protectedHeader = { alg: 'ES256', typ: 'JWT', kid: own.id, ...header } as JWTHeaderParameters
  return bearer(await new SignJWT(payload).setProtectedHeader(protectedHeader).sign(key ?? own.key))
}

function decodeGood({ Authorization = '' }: Headers) {
  return decodeJwt(Authorization.slice('Bearer '.length))
}

async function ownKey() {
  const [row] = await world.query<{ id: string; private_key: string; public_key: string }>(
    'select * from token_keys order by created_at desc',
  )
  const { id, private_key, public_key } = found(row)
  const key = await importJWK(JSON.parse(private_key), 'ES256')
  const published = await importJWK({ ...JSON.parse(public_key), ext: true }, 'ES256', { extractable: true })
  if (key instanceof Uint8Array || published instanceof Uint8Array) throw new Error('not a key pair')
  return { id, key, pem: await exportSPKI(published) }
}

test('what is forged here would be good, were it not for what is said of it', async () => {
  expect(await status(await forge())).toBe(200)
})

describe('CVE-2025-24976: only our own keys sign', () => {
  test('CVE-2025-24976: row 37: a key that the token brings along, or names', async () => {
    const foreign = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(foreign.publicKey)
    let asked = 0
    const answer = () => {
      asked++
      return Response.json({ keys: [jwk] })
    }
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: answer })
    const url = `http://127.0.0.1:${server.port}/keys`
    for (const header of [{ jwk }, { jku: url }, { x5u: url }, { x5c: ['AAAA'] }, { kid: 'unknown' }, { kid: url }])
      for (const key of [undefined, foreign.privateKey])
        expect([header, await status(await forge({ header, ...(key && { key }) }))]).toEqual([header, 401])
    await server.stop(true)
    expect(asked).toBe(0)
  })
})

describe('CVE-2026-82329: no blank or public key verifies anything', () => {
  test('CVE-2026-82329: row 37: none, HS256 with what is public, an empty secret', async () => {
    const { pem, id } = await ownKey()
    const good = decodeGood(await world.token(ann.basic, 'repository:team/app:pull'))
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    for (const alg of ['none', 'None', 'NONE', '', 'HS256', 'ES256'])
      expect(await status(bearer(`${part({ alg, typ: 'JWT', kid: id })}.${part(good)}.`))).toBe(401)
    for (const secret of [pem, id, 'berth', '\0', ' '])
      for (const alg of ['HS256', 'HS384', 'HS512'])
        expect(await status(await forge({ header: { alg }, key: new TextEncoder().encode(secret) }))).toBe(401)
  })

  test('row 37: Harbor #23270: without a claim that it must have it is 401, and nothing fails', async () => {
    const values = [undefined, null, {}, [], 'x'] as const
    // An identifier only has to be there, and an empty list of rights gives none.
    const harmless = (name: string, value: unknown) =>
      name === 'jti' ? value !== undefined : name === 'access' && Array.isArray(value)
    for (const name of ['iat', 'exp', 'nbf', 'jti', 'sub', 'aud', 'iss', 'access', 'at'])
      for (const value of values.filter((each) => !harmless(name, each)))
        expect([name, value, await status(await forge({ claims: { [name]: value } }))]).toEqual([name, value, 401])
  })
})

describe('GHSA-j7jh-fmcm-xxwv, CVE-2026-4404, CVE-2026-5189, CVE-2023-27584: nothing is known beforehand', () => {
  test('GHSA-j7jh-fmcm-xxwv: a fresh registry has no user, and a key of its own', async () => {
    const fresh = await World.open()
    try {
      expect(await names(fresh)).toEqual([])
      for (const [name, password] of [
        ['admin', 'admin'],
        ['admin', 'Harbor12345'],
        ['admin', 'admin123'],
        ['root', 'root'],
        ['admin', 'password'],
        ['berth', 'berth'],
      ] as const)
        expect(await status({ ...basic(name, password), ...fromElsewhere() }, 'GET', '/v2/', fresh)).toBe(401)
      await fresh.token({})
      const keyOf = async (each: World) =>
        found((await each.query<{ private_key: string }>('select private_key from token_keys'))[0])
      expect(await keyOf(fresh)).not.toEqual(await keyOf(world))
      expect(await status(await world.token(ann.basic), 'GET', '/v2/', fresh)).toBe(401)
    } finally {
      await fresh.close()
    }
  })

  test('GHSA-j7jh-fmcm-xxwv: what is there to copy holds no password', async () => {
    const root = new URL('../..', import.meta.url).pathname
    for await (const file of new Bun.Glob('{deploy,examples}/**/*').scan({ cwd: root, onlyFiles: true })) {
      const text = await Bun.file(`${root}/${file}`).text()
      expect([
        file,
        /(?:password|secret|token)["']?\s*[:=]\s*["']?[A-Za-z0-9+/]{6,}["']?\s*$/im.exec(text)?.[0],
      ]).toEqual([file, undefined])
    }
  })
})

describe('CVE-2026-123710: the audience is not the caller’s to choose', () => {
  test('CVE-2026-123710: whatever service is asked for; and no registry token is good for the API', async () => {
    for (const service of ['berth', 'admin', 'https://registry.test/api', '']) {
      const answer = await world.send('GET', '/token', {
        headers: admin.basic,
        query: { service, aud: service, audience: service },
      })
      const token: unknown = JSON.parse(answer.text).token
      expect(decodeJwt(String(token))).toMatchObject({ aud: 'berth', iss: 'berth' })
      for (const [method, path] of [
        ['GET', '/users'],
        ['POST', '/users'],
        ['GET', '/me'],
        ['POST', '/me/keys'],
        ['GET', '/audit'],
      ] as const)
        expect((await world.api(method, path, bearer(String(token)))).status).toBe(401)
      expect(await status(bearer(String(token)), 'GET', '/metrics')).toBe(401)
    }
    for (const aud of ['admin', '*', ['berth2'], undefined])
      expect(await status(await forge({ claims: { aud } }))).toBe(401)
  })
})

describe('CVE-2026-42016, CVE-2026-61833: the scope counts, for each method its own', () => {
  test('CVE-2026-42016: a good token for something else opens nothing', async () => {
    for (const scope of [
      '',
      'repository:team/other:pull,push,delete',
      'registry:catalog:*',
      'repository:team:pull',
      'repository:team/app:',
    ])
      expect([scope, await status(await world.token(ann.basic, scope))]).toEqual([scope, 401])
    // The catalog is not in it either.
    expect(await status(await world.token(ann.basic, 'repository:team/app:pull'), 'GET', '/v2/_catalog')).toBe(401)
  })

  test('CVE-2026-61833: a token for pushing deletes nothing; a writer deletes nothing however it signs in', async () => {
    const writer = await world.user('writer')
    await world.grant('team', 'user:writer', 'writer')
    const key = await world.key(writer)
    const browser = await world.browser(writer)
    const paths = [
      TAG('team/app'),
      `/v2/team/app/manifests/${IMAGE.manifest.digest}`,
      `/v2/team/app/blobs/${IMAGE.layer.digest}`,
    ]
    const scope = 'repository:team/app:pull,push,delete'
    for (const path of paths) {
      // Its owner may delete, so a wider token would do: 401 says so.
      expect(await status(await world.token(ann.basic, 'repository:team/app:pull,push'), 'DELETE', path)).toBe(401)
      for (const headers of [
        writer.basic,
        key.basic,
        await world.token(writer.basic, scope),
        await world.token(key.basic, scope),
      ])
        expect(await status(headers, 'DELETE', path)).toBe(403)
      expect(await status(browser.headers, 'DELETE', path)).toBe(401)
    }
    expect(await status(ann.basic)).toBe(200)
  })
})

describe('Harbor #22900: a project of the same name is another project', () => {
  const scope = 'repository:old/app:pull,push,delete'

  async function recreate(): Promise<void> {
    await world.app.fetch(new Request(`${ORIGIN}/v2/`), {
      scheme: 'https',
      peer: () => '',
      takeTheTime: () => undefined,
    })
    for (const path of [
      TAG('old/app'),
      `/v2/old/app/manifests/${IMAGE.manifest.digest}`,
      `/v2/old/app/blobs/${IMAGE.layer.digest}`,
      `/v2/old/app/blobs/${IMAGE.config.digest}`,
    ])
      await world.send('DELETE', path, { headers: admin.basic })
    // A project with something in its recycle bin cannot go.
    const binned = await world.query<{ id: number }>(
      "select deletions.id from deletions join repositories on repositories.id = repository_id where name = 'old/app'",
    )
    for (const { id } of binned) await world.api('DELETE', `/deletions/${id}`, admin.basic)
    await world.api('POST', '/gc/run', admin.basic)
    await world.removeProject('old')
    await world.project('old')
    await world.grant('old', 'user:ann', 'owner')
    await pushImage({ registry: world.with(admin.basic), name: 'old/app' }, IMAGE, 'v1')
  }

  test('Harbor #22900, #23270: row 38: tokens made for the one before are good for nothing, nor as a source of mounts', async () => {
    await world.project('old')
    await world.grant('old', 'user:ann', 'owner')
    await pushImage({ registry: world.with(ann.basic), name: 'old/app' }, IMAGE, 'v1')
    const token = await world.token(ann.basic, scope)
    const both = await world.token(ann.basic, scope, 'repository:team/mounted:pull,push')
    const anonymous = await world.token({}, scope)
    expect(await status(token, 'GET', TAG('old/app'))).toBe(200)
    await recreate()
    for (const [method, path] of [
      ['GET', TAG('old/app')],
      ['DELETE', TAG('old/app')],
      ['POST', '/v2/old/app/blobs/uploads/'],
      ['GET', '/v2/old/app/tags/list'],
    ] as const) {
      expect([method, path, await status(token, method, path)]).toEqual([method, path, 401])
      expect(await status(anonymous, method, path)).toBe(401)
    }
    const mount = { mount: IMAGE.layer.digest, from: 'old/app' }
    const mounted = await world.send('POST', '/v2/team/mounted/blobs/uploads/', { headers: both, query: mount })
    expect(mounted.status).toBe(202)
    const fresh = await world.token(ann.basic, scope, 'repository:team/mounted:pull,push')
    expect(await status(fresh, 'GET', TAG('old/app'))).toBe(200)
    expect((await world.send('POST', '/v2/team/mounted/blobs/uploads/', { headers: fresh, query: mount })).status).toBe(
      201,
    )
  })

  test('Harbor #22900: a token made where there was no project is not good for one that somebody made there since', async () => {
    const early = await world.token(ann.basic, 'repository:ann/app:pull,push')
    const foreign = await world.user('bob-of-22900')
    await world.project('ann')
    await world.grant('ann', 'user:ann', 'owner')
    expect(await status(early, 'POST', '/v2/ann/app/blobs/uploads/')).toBe(401)
    // One's own first push makes the project, and its token goes on to be good.
    const own = await world.token(foreign.basic, 'repository:bob-of-22900/app:pull,push')
    await pushImage({ registry: world.with(own), name: 'bob-of-22900/app' }, IMAGE, 'v1')
    expect(await status(own, 'GET', TAG('bob-of-22900/app'))).toBe(200)
  })
})

describe('CVE-2025-23208, CVE-2026-58440, CVE-2026-58434, CVE-2026-58422, CVE-2026-55987: what was taken away is gone', () => {
  let provider: TestOidcProvider
  let corp: World
  beforeAll(async () => {
    provider = await startOidcProvider({ clients: [CLIENT], accounts: {} })
    corp = await World.open({ auth: { oidc: oidcConfig(provider) } })
    await corp.project('team')
    await corp.grant('team', 'group:corp:dev', 'writer')
  })
  afterAll(async () => {
    await corp?.checkNoSecrets()
    await corp?.close()
    await provider?.close()
  })

  test('CVE-2025-23208: OIDC groups are replaced at each sign-in, never added to', async () => {
    provider.setClaims('eve', { preferred_username: 'eve', groups: ['dev', 'ops'] })
    const browser = await oidcBrowser(corp, provider, 'eve')
    expect(await groupsOf(corp, 'eve')).toEqual(['corp:dev', 'corp:ops'])
    expect((await corp.api('GET', '/projects/team', browser.headers)).status).toBe(200)
    provider.setClaims('eve', { preferred_username: 'eve', groups: ['ops'] })
    const again = await oidcBrowser(corp, provider, 'eve')
    expect(await groupsOf(corp, 'eve')).toEqual(['corp:ops'])
    // For the session before, too.
    for (const { headers } of [browser, again])
      expect((await corp.api('GET', '/projects/team', headers)).status).toBe(404)
    provider.setClaims('eve', { preferred_username: 'eve' })
    await oidcBrowser(corp, provider, 'eve')
    expect(await groupsOf(corp, 'eve')).toEqual([])
  })

  test('CVE-2026-58422, CVE-2026-55987: signing in with OIDC does not enable who was disabled', async () => {
    provider.setClaims('dis', { preferred_username: 'dis', groups: ['dev'] })
    const browser = await oidcBrowser(corp, provider, 'dis')
    const key = await corp.api('POST', '/me/keys', browser.headers, { name: 'k' })
    const { secret } = JSON.parse(key.text)
    corp.secrets.add(secret)
    const keyed = basic('dis', secret)
    const refresh = await corp.refreshToken(keyed)
    const token = await corp.token(keyed, 'repository:team/app:pull,push')
    corp.clock.advance(1000)
    await changeUser(corp.m, BY, 'dis', { disabled: true })
    const answer = await oidcAnswer(corp, provider, 'dis')
    expect(answer.status).toBe(403)
    expect(answer.headers.getSetCookie().join()).not.toContain('berth_session')
    expect((await corp.api('GET', '/me', browser.headers)).status).toBe(401)
    expect(await status({ ...keyed, ...fromElsewhere() }, 'GET', '/v2/', corp)).toBe(401)
    expect(await status(token, 'GET', '/v2/', corp)).toBe(401)
    expect((await corp.redeem(refresh)).status).toBe(401)
    expect(
      found((await corp.query<{ disabled: number }>("select disabled from users where name = 'dis'"))[0]).disabled,
    ).toBe(1)
  })

  test('CVE-2026-58440: nothing that was revoked is good again when the account is enabled', async () => {
    const bob = await world.user('bob')
    const [token, refresh, browser] = [
      await world.token(bob.basic),
      await world.refreshToken(bob.basic),
      await world.browser(bob),
    ]
    world.clock.advance(1000)
    await changeUser(world.m, BY, 'bob', { disabled: true })
    world.clock.advance(1000)
    await changeUser(world.m, BY, 'bob', { disabled: false })
    expect(await status(token, 'GET', '/v2/')).toBe(401)
    expect((await world.redeem(refresh)).status).toBe(401)
    expect((await world.api('GET', '/me', browser.headers)).status).toBe(401)
    expect(await status(bob.basic, 'GET', '/v2/')).toBe(200)
  })
})

describe('CVE-2026-27771, CVE-2019-12825: anonymous tokens', () => {
  test('CVE-2026-27771, CVE-2019-12825: open nothing that is private, and list nothing of it', async () => {
    await world.project('shop', true)
    await pushImage({ registry: world.with(admin.basic), name: 'shop/app' }, IMAGE, 'v1')
    const anonymous = await world.token(
      {},
      'repository:team/app:pull,push,delete,*',
      'repository:shop/app:*',
      'registry:catalog:*',
    )
    const requests = [
      ...[
        TAG('team/app'),
        `/v2/team/app/manifests/${IMAGE.manifest.digest}`,
        `/v2/team/app/blobs/${IMAGE.layer.digest}`,
      ].flatMap((path) => [['GET', path] as const, ['HEAD', path] as const]),
      ['GET', '/v2/team/app/tags/list'] as const,
      ['GET', `/v2/team/app/referrers/${IMAGE.manifest.digest}`] as const,
    ]
    for (const headers of [{}, anonymous, basic('', '')])
      for (const [method, path] of requests) expect([path, await status(headers, method, path)]).toEqual([path, 401])
    const { text } = await world.send('GET', '/v2/_catalog', { headers: anonymous })
    expect(JSON.parse(text)).toEqual({ repositories: ['shop/app'] })
    expect(await status(anonymous, 'GET', TAG('shop/app'))).toBe(200)
    for (const method of ['PUT', 'DELETE']) expect(await status(anonymous, method, TAG('shop/app'))).toBe(401)
  })
})

describe('CVE-2020-29662, CVE-2026-42018: another form of a path', () => {
  const variants = (path: string) => [
    `${path}/`,
    `${path}//`,
    `/${path}`,
    path.replace('/v2/', '/v2//'),
    path.replace('/v2/', '/V2/'),
    path.replace('/v2/', '/v2/./'),
    path.replace('/v2/', '/x/../v2/'),
    path.replace('team/app', 'team%2fapp'),
    path.replace('team/app', 'team%2Fapp'),
    path.replace('team', '%74eam'),
    path.replace('team', 'TEAM'),
    `${path};x`,
    `${path}%00`,
    `${path}?x=/`,
    `${path}%2f`,
    `${path}/.`,
    path.replace('/team', '/other/../team'),
  ]

  test('CVE-2020-29662, CVE-2026-42018: is decided in the same way, or is nothing', async () => {
    const paths = [
      TAG('team/app'),
      `/v2/team/app/blobs/${IMAGE.layer.digest}`,
      '/v2/team/app/tags/list',
      `/v2/team/app/referrers/${IMAGE.manifest.digest}`,
      '/v2/_catalog',
      '/v2/team/app/blobs/uploads/',
    ]
    const outsider = await world.user('outsider')
    for (const path of paths.flatMap(variants))
      for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'POST'])
        for (const headers of [{}, outsider.basic]) {
          const code = await status(headers, method, path)
          const listsNothing = headers === outsider.basic && path.includes('_catalog')
          if (!listsNothing)
            expect([method, path, [400, 401, 403, 404, 405].includes(code), code]).toEqual([method, path, true, code])
        }
  })

  test('CVE-2026-42018: the same for the admin API, /metrics and the pages', async () => {
    for (const path of ['/api/v1/users', '/api/v1/audit', '/api/v1/projects/team/grants', '/metrics', '/auth/device'])
      for (const variant of [
        `${path}/`,
        `${path}//`,
        // A relative address with two slashes would name a host.
        `/./${path}`,
        path.toUpperCase(),
        `${path};x`,
        `${path}%2f`,
        `${path}/.`,
        `/x/..${path}`,
        `${path}?x=/`,
        path.replace('/api/v1', '/api//v1'),
        `${path}.json`,
      ]) {
        const code = await status({}, 'GET', variant)
        expect([variant, [303, 401, 404].includes(code), code]).toEqual([variant, true, code])
      }
  })
})

describe('CVE-2026-28699, -20706, -27761, -56443, CVE-2025-68944: a scope counts everywhere', () => {
  test('CVE-2026-28699: a scoped API key: as Basic, by its tokens and refresh tokens, in lists and in the admin API', async () => {
    await world.project('more')
    await world.grant('more', 'user:ann', 'owner')
    await pushImage({ registry: world.with(ann.basic), name: 'more/app' }, IMAGE, 'v1')
    const key = await world.key(ann, { scopes: [{ pattern: 'team/**', allows: 'pull' }] })
    const scopes = [
      'repository:team/app:pull,push,delete',
      'repository:more/app:pull,push,delete',
      'registry:catalog:*',
    ]
    const refresh = await world.refreshToken(key.basic)
    const redeemed = bearer(JSON.parse((await world.redeem(refresh, scopes.join(' '))).text).access_token)
    world.secrets.add(redeemed.Authorization?.slice(7) ?? '')
    for (const headers of [key.basic, await world.token(key.basic, ...scopes), redeemed]) {
      expect(await status(headers)).toBe(200)
      expect(await status(headers, 'PUT')).toBe(403)
      expect(await status(headers, 'DELETE')).toBe(403)
      for (const method of ['GET', 'PUT', 'DELETE']) expect(await status(headers, method, TAG('more/app'))).toBe(403)
      const { text } = await world.send('GET', '/v2/_catalog', { headers })
      expect(JSON.parse(text)).toEqual({ repositories: ['team/app'] })
      // A mount takes the right to pull from the source.
      const mount = { mount: IMAGE.layer.digest, from: 'more/app' }
      expect((await world.send('POST', '/v2/team/x/blobs/uploads/', { headers, query: mount })).status).toBe(403)
    }
    expect(JSON.parse((await world.api('GET', '/projects', key.basic)).text)).toEqual({ items: [] })
    for (const [method, path] of [
      ['GET', '/projects/team'],
      ['GET', '/projects/more'],
      ['DELETE', '/projects/more'],
    ] as const)
      expect([path, (await world.api(method, path, key.basic)).status]).toEqual([path, 404])
    for (const [method, path] of [
      ['POST', '/me/keys'],
      ['PUT', '/me/password'],
      ['GET', '/me/sessions'],
    ] as const)
      expect([path, (await world.api(method, path, key.basic)).status]).toEqual([path, 403])
    const adminKey = await world.key(admin, { scopes: [{ pattern: '**', allows: 'owner' }] })
    for (const path of ['/users', '/audit', '/robots', '/groups'])
      expect([path, (await world.api('GET', path, adminKey.basic)).status]).toEqual([path, 403])
  })

  test('CVE-2026-28699: a key signs in nowhere as a password', async () => {
    const key = await world.key(ann)
    const shown = await world.send('GET', '/auth/')
    const csrf = /name="csrf" value="([^"]+)"/.exec(shown.text)?.[1] ?? ''
    const cookie = found(shown.headers.getSetCookie()[0]).split(';')[0] ?? ''
    const fields = { username: 'ann', password: key.secret, csrf }
    expect((await world.form('/auth/sign-in', fields, { cookie, origin: ORIGIN })).status).toBe(401)
    // Under another's name it is nobody's.
    expect(await status({ ...basic('root-ann', key.secret), ...fromElsewhere() }, 'GET', '/v2/')).toBe(401)
  })
})

describe('CVE-2026-105445: what was somebody’s is never somebody else’s', () => {
  test('CVE-2026-105445: a user of the name of one who was removed gets nothing of hers', async () => {
    const first = await world.user('zoe')
    await world.grant('team', 'user:zoe', 'owner')
    const [token, key, refresh, browser] = [
      await world.token(first.basic, 'repository:team/app:pull'),
      await world.key(first),
      await world.refreshToken(first.basic),
      await world.browser(first),
    ]
    await removeUser(world.m, BY, 'zoe')
    const second = await world.user('zoe')
    expect(await status(second.basic)).toBe(403)
    expect(await status(token)).toBe(401)
    expect(await status({ ...key.basic, ...fromElsewhere() })).toBe(401)
    expect((await world.redeem(refresh)).status).toBe(401)
    expect((await world.api('GET', '/me', browser.headers)).status).toBe(401)
    for (const path of ['/me/keys', '/me/sessions'])
      expect(JSON.parse((await world.api('GET', path, second.basic)).text)).toEqual({ items: [] })
  })
})

describe('CVE-2026-20896, CVE-2019-9733: what a header says of who asks', () => {
  test('CVE-2026-20896: is believed of trusted proxies only, and never who it is', async () => {
    const plain = await World.open({ trustedProxies: [] })
    try {
      const spoofed = { 'x-forwarded-for': '10.9.9.9', 'x-real-ip': '10.9.9.9', forwarded: 'for=10.9.9.9' }
      for (const name of [
        'x-remote-user',
        'remote-user',
        'x-forwarded-user',
        'x-auth-request-user',
        'x-webauth-user',
        'x-forwarded-email',
        'x-ssl-client-cn',
        'ssl-client-verify',
      ])
        expect([name, await status({ ...spoofed, [name]: 'root-ann' }, 'GET', '/v2/')]).toEqual([name, 401])
      const bob = await plain.user('bob')
      expect(await status({ ...bob.basic, ...spoofed }, 'GET', '/v2/', plain)).toBe(200)
      await plain.m.recorder.seal()
      const [row] = await plain.query<{ address: string }>("select address from audit where action = 'sign-in'")
      expect(found(row).address).toBe('198.51.100.1')
      // A trusted one is believed from the right: what a client writes to the left counts for nothing.
      const carol = await world.user('carol-of-20896')
      expect(await status({ ...carol.basic, 'x-forwarded-for': '10.9.9.9, 203.0.113.7' }, 'GET', '/v2/')).toBe(200)
      await world.m.recorder.seal()
      const [seen] = await world.query<{ address: string }>(
        "select address from audit where actor_name = 'carol-of-20896' and action = 'sign-in'",
      )
      expect(found(seen).address).toBe('203.0.113.7')
      expect(await status({ 'x-forwarded-for': '127.0.0.1' }, 'GET', '/metrics')).toBe(401)
    } finally {
      await plain.close()
    }
  })

  test('CVE-2026-20896: X-Forwarded-Host and -Proto lead no challenge elsewhere', async () => {
    const answer = await world.send('GET', '/v2/', {
      headers: {
        'x-forwarded-host': 'evil.test',
        'x-forwarded-proto': 'http',
        'x-original-url': '/healthz',
        'x-rewrite-url': '/healthz',
      },
    })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toContain(`realm="${ORIGIN}/token"`)
  })
})

describe('PROJQUAY-9805, PROJQUAY-9849, zot #3844, zot #4238, CVE-2024-22244, CVE-2026-49478: OIDC', () => {
  let provider: TestOidcProvider
  let corp: World
  beforeAll(async () => {
    provider = await startOidcProvider({
      clients: [CLIENT],
      accounts: { eve: { preferred_username: 'eve' }, mal: { preferred_username: 'mal' } },
    })
    corp = await World.open({ auth: { oidc: oidcConfig(provider) } })
  })
  afterAll(async () => {
    await corp?.checkNoSecrets()
    await corp?.close()
    await provider?.close()
  })

  test('PROJQUAY-9805: row 44: state counts once, and in the browser that began', async () => {
    const mine = await beginOidc(corp)
    const other = await beginOidc(corp)
    const back = await provider.signIn(mine.url, 'eve')
    const attempt = async (url: URL, cookie: string) => (await finishOidc(corp, url, cookie)).status
    // Login CSRF: an attacker's code in a victim's browser.
    expect(await attempt(back, other.cookie)).toBe(400)
    expect(await attempt(back, '')).toBe(400)
    const without = new URL(back)
    without.searchParams.delete('state')
    expect(await attempt(without, mine.cookie)).toBe(400)
    const swapped = new URL(back)
    swapped.searchParams.set('state', other.url.searchParams.get('state') ?? '')
    expect(await attempt(swapped, mine.cookie)).toBe(400)
    const fresh = await beginOidc(corp)
    const good = await provider.signIn(fresh.url, 'eve')
    expect(await attempt(good, fresh.cookie)).toBe(303)
    expect(await attempt(good, fresh.cookie)).toBe(400)
  })

  test('PROJQUAY-9805: row 44: another’s code, and mixing up the issuer', async () => {
    const [first, second] = [await beginOidc(corp), await beginOidc(corp)]
    const [a, b] = [await provider.signIn(first.url, 'eve'), await provider.signIn(second.url, 'mal')]
    const mixed = new URL(a)
    mixed.searchParams.set('code', b.searchParams.get('code') ?? '')
    expect((await finishOidc(corp, mixed, first.cookie)).status).toBe(400)
    const third = await beginOidc(corp)
    const issuer = await provider.signIn(third.url, 'eve')
    issuer.searchParams.set('iss', 'https://evil.test')
    expect((await finishOidc(corp, issuer, third.cookie)).status).toBe(400)
  })

  test.each([
    '//evil.test',
    '/\\evil.test',
    'https://evil.test',
    '/\t/evil.test',
    '\\\\evil.test',
    '/%09/evil.test',
    'javascript:alert(1)',
    '/.//evil.test',
    '/x/..//evil.test',
  ])('zot #3844: row 44: next=%j stays here', async (next) => {
    const started = await beginOidc(corp, next)
    const answer = await finishOidc(corp, await provider.signIn(started.url, 'eve'), started.cookie)
    expect(answer.status).toBe(303)
    const target = new URL(answer.headers.get('location') ?? '', ORIGIN)
    expect([next, target.origin]).toEqual([next, ORIGIN])
    // A browser resolves what is in the header once more.
    expect(answer.headers.get('location')).toMatch(/^\/(?![/\\])/)
  })

  test('PROJQUAY-9849: the redirect address is exactly ours, whatever the Host says', async () => {
    const answer = await corp.send('GET', '/auth/login/corp', { headers: { host: 'evil.test' } })
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('redirect_uri')).toBe(
      `${ORIGIN}/auth/callback/corp`,
    )
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('code_challenge_method')).toBe('S256')
  })

  test('row 44: with the provider down, local users and tokens go on; the client is told no name, the log is', async () => {
    const local = await corp.user('local-1')
    const browser = await oidcBrowser(corp, provider, 'eve')
    await provider.stop()
    const down = await World.open({ auth: { oidc: oidcConfig(provider) } })
    try {
      const answer = await down.send('GET', '/auth/login/corp')
      expect(answer.status).toBe(503)
      expect(answer.text).not.toContain(provider.issuer)
      expect(answer.text).not.toContain(new URL(provider.issuer).port)
      expect(down.errors()).toContain('"provider":"corp"')
      expect(await status(local.basic, 'GET', '/v2/', corp)).toBe(200)
      expect((await corp.api('GET', '/me', browser.headers)).status).toBe(200)
    } finally {
      await down.close()
      await provider.start()
    }
  })
})

describe.skipIf(!hasSlapd && process.env.CI === undefined)('LDAP (class)', () => {
  let slapd: Slapd
  let dir: World
  beforeAll(async () => {
    slapd = await startSlapd()
    dir = await World.open({ auth: { ldap: ldapConfig(slapd) } })
    await dir.project('team')
    await dir.grant('team', 'group:dir:devs', 'writer')
  })
  afterAll(async () => {
    await dir?.checkNoSecrets()
    await dir?.close()
    await slapd?.close()
  })
  const ping = async (name: string, password: string) =>
    status({ ...basic(name, password), ...fromElsewhere() }, 'GET', '/v2/', dir)

  test('LDAP (class): row 43: filters, stars, empty passwords and DNs log nobody in', async () => {
    expect(await ping('alice', 'alicepw')).toBe(200)
    for (const name of [
      '*)(uid=*',
      '*',
      'ali*',
      'alice)(|(uid=*',
      `uid=alice,${PEOPLE}`,
      'alice\0',
      '\\2a',
      'alice)(userPassword=*',
      '(uid=alice)',
    ])
      for (const password of ['alicepw', '', '*'])
        expect([name, password, await ping(name, password)]).toEqual([name, password, 401])
    for (const password of ['', ' ', '\0']) expect([password, await ping('alice', password)]).toEqual([password, 401])
    expect(await names(dir)).toEqual(['alice'])
  })

  test('CVE-2025-23208: LDAP groups are replaced: taken away, the rights are gone with the next sign-in', async () => {
    expect(await groupsOf(dir, 'alice')).toEqual(['dir:devs', 'dir:pushers'])
    const token = await dir.token(basic('alice', 'alicepw'), 'repository:team/app:pull,push')
    expect(await status(token, 'GET', '/v2/team/app/tags/list', dir)).toBe(404)
    await slapd
      .modify(
        `dn: cn=devs,ou=groups,dc=example,dc=test\nchangetype: modify\ndelete: member\nmember: uid=alice,${PEOPLE}\nmember: uid=nobody,${PEOPLE}\n`.replace(
          `member: uid=nobody,${PEOPLE}\n`,
          '',
        ),
      )
      .catch(async () => {
        // A group of names must not be empty.
        await slapd.modify(
          `dn: cn=devs,ou=groups,dc=example,dc=test\nchangetype: modify\nreplace: member\nmember: uid=bob,${PEOPLE}\n`,
        )
      })
    dir.clock.advance(31_000)
    expect(await ping('alice', 'alicepw')).toBe(200)
    expect(await groupsOf(dir, 'alice')).toEqual(['dir:pushers'])
    expect(await status(token, 'GET', '/v2/team/app/tags/list', dir)).toBe(403)
  })

  test('a person called robot.something is no robot, and a name that somebody has is not shared', async () => {
    await dir.project('x')
    const robot = await dir.robot('x', { name: 'ci' })
    const local = await dir.user('bob')
    await slapd.addLdif(person('robot.x.ci'))
    expect(await ping('robot.x.ci', 'robot.x.cipw')).toBe(200)
    const me = await dir.api('GET', '/me', basic('robot.x.ci', 'robot.x.cipw'))
    expect(JSON.parse(me.text)).toMatchObject({ kind: 'user', name: expect.not.stringMatching(/^robot\./) })
    expect(JSON.parse((await dir.api('GET', '/me', robot.basic)).text)).toMatchObject({
      kind: 'robot',
      name: 'robot.x.ci',
    })
    // Two bobs: by their passwords, each is itself.
    expect(JSON.parse((await dir.api('GET', '/me', basic('bob', 'bobpw'))).text)).toMatchObject({ name: 'bob.dir' })
    expect(JSON.parse((await dir.api('GET', '/me', local.basic)).text)).toMatchObject({ name: 'bob' })
  })

  test('with the directory down, local users, keys and tokens go on; the client is told no name, the log is', async () => {
    const local = await dir.user('local')
    const alice = basic('alice', 'alicepw')
    const key = await dir.key({ id: '', name: 'alice', password: '', basic: {} })
    const token = await dir.token(alice, 'repository:team/app:pull')
    await slapd.stop()
    try {
      dir.clock.advance(31_000)
      for (const headers of [local.basic, key.basic, token]) expect(await status(headers, 'GET', '/v2/', dir)).toBe(200)
      const answer = await dir.send('GET', '/v2/', { headers: { ...basic('carol', 'carolpw'), ...fromElsewhere() } })
      expect(answer.status).toBe(503)
      for (const word of ['dir', 'ldap', '127.0.0.1', String(slapd.port), 'ECONN'])
        expect(answer.text).not.toContain(word)
      expect(dir.errors()).toContain('"provider":"dir"')
    } finally {
      await slapd.start()
    }
  })
})

describe('CVE-2023-20902, CVE-2025-59350, distribution #4758, CVE-2025-69413, CVE-2026-21713: nothing tells who exists', () => {
  // Times of a password's hash say nothing beside a database that shares the processor.
  test.skipIf(ON_POSTGRES)(
    'CVE-2023-20902: row 41: wrong password, unknown, disabled, expired key: the same answer in the same time',
    async () => {
      const own = await World.open()
      try {
        const bob = await own.user('bob')
        const off = await own.user('off')
        await changeUser(own.m, BY, 'off', { disabled: true })
        const key = await own.key(bob, { expiresInDays: 1 })
        own.clock.advance(2 * 24 * 3_600_000)
        const kinds: Readonly<Record<string, () => Headers>> = {
          wrong: () => basic('bob', `wrong ${Math.random()}`),
          unknown: () => basic(`nobody${Math.random().toString(36).slice(2)}`, 'wrong'),
          disabled: () => basic('off', `wrong ${Math.random()}`),
          'disabled, right': () => off.basic,
          'expired key': () => key.basic,
          'not a name': () => basic('Bob!', 'wrong'),
        }
        const answers = new Set<string>()
        const times = new Map<string, number[]>(Object.keys(kinds).map((kind) => [kind, []]))
        for (let round = 0; round < 24; round++) {
          for (const [kind, make] of Object.entries(kinds)) {
            const { answer, ms } = await ask(own, make())
            times.get(kind)?.push(ms)
            answers.add(told(answer))
          }
        }
        expect([...answers]).toHaveLength(1)
        const medians = [...times].map(([kind, all]) => [kind, all.toSorted((a, b) => a - b)[12] ?? 0] as const)
        // The right password of somebody disabled is remembered as right for a minute; nobody can use that who does not know it.
        const compared = medians.filter(([kind]) => kind !== 'disabled, right')
        const values = compared.map(([, median]) => median)
        if (Math.max(...values) > 2.5 * Math.min(...values)) throw new Error(`times differ: ${JSON.stringify(medians)}`)
      } finally {
        await own.close()
      }

      /** Time for wrong passwords is short on purpose, so it waits until there is some. */
      async function ask(on: World, headers: Headers): Promise<{ readonly answer: Answer; readonly ms: number }> {
        for (;;) {
          const startedAt = performance.now()
          const answer = await on.send('GET', '/v2/', { headers: { ...headers, ...fromElsewhere() } })
          if (answer.status !== 429) return { answer, ms: performance.now() - startedAt }
          await Bun.sleep(50)
        }
      }
    },
  )
})

describe('CVE-2024-9683, GitLab #220580: all of a password counts', () => {
  test('CVE-2024-9683: 100 characters less the last, 72, 1 KiB and beyond', async () => {
    const long = 'p'.repeat(100)
    const user = await world.user('long', { password: long })
    expect(await status(user.basic, 'GET', '/v2/')).toBe(200)
    for (const wrong of [long.slice(0, -1), long.slice(0, 72), `${long}p`, `${long}\0`, `${long.slice(0, 72)}\0`])
      expect(await status({ ...basic('long', wrong), ...fromElsewhere() }, 'GET', '/v2/')).toBe(401)
    expect(await status({ ...basic('long', 'p'.repeat(1_000_000)), ...fromElsewhere() }, 'GET', '/v2/')).toBe(401)
    expect(
      (await world.api('POST', '/users', admin.basic, { name: 'longer', password: 'p'.repeat(1025) })).status,
    ).toBe(400)
  })
})

describe('CVE-2026-68760, CVE-2026-56750, CVE-2026-20779, Harbor #22726, #22873, #22980: sessions', () => {
  test('CVE-2026-68760: a session is new at each sign-in, and no secret of another kind is one', async () => {
    const bob = await world.user('bob-of-68760')
    const first = await world.browser(bob)
    const second = await world.browser(bob)
    expect(first.cookie).not.toBe(second.cookie)
    const key = await world.key(bob)
    for (const value of [key.secret, await world.refreshToken(bob.basic), first.csrf, ''])
      expect((await world.api('GET', '/me', { cookie: `__Host-berth=${value}` })).status).toBe(401)
    // Two cookies: one of them is not from us.
    expect((await world.api('GET', '/me', { cookie: `${first.cookie}; ${second.cookie}` })).status).toBe(401)
  })

  test.each(['password by oneself', 'password by an administrator', 'signed out'])(
    'Harbor #22726: %s ends every session, refresh token and token',
    async (how) => {
      const name = `u-${how.replaceAll(' ', '-').slice(0, 20)}${how.length}`
      const bob = await world.user(name)
      const [a, b] = [await world.browser(bob), await world.browser(bob)]
      const [token, refresh] = [await world.token(bob.basic), await world.refreshToken(bob.basic)]
      world.clock.advance(1000)
      const changed = 'another password'
      if (how === 'signed out') await signOutUser(world.m, BY, name)
      else if (how === 'password by an administrator') await changeUser(world.m, BY, name, { password: changed })
      else
        expect((await world.api('PUT', '/me/password', a.headers, { old: bob.password, new: changed })).status).toBe(
          204,
        )
      for (const { headers } of [a, b]) expect((await world.api('GET', '/me', headers)).status).toBe(401)
      expect(await status(token, 'GET', '/v2/')).toBe(401)
      expect((await world.redeem(refresh)).status).toBe(401)
      expect(await status({ ...bob.basic, ...fromElsewhere() }, 'GET', '/v2/')).toBe(how === 'signed out' ? 200 : 401)
    },
  )

  test('Harbor #22980: asking again and again does not keep a session alive', async () => {
    const bob = await world.user('bob-polls')
    const { headers } = await world.browser(bob)
    for (let hour = 0; hour < 11; hour++) {
      world.clock.advance(3_600_000)
      expect((await world.api('GET', '/me', headers)).status).toBe(200)
    }
    world.clock.advance(3_600_000)
    expect((await world.api('GET', '/me', headers)).status).toBe(401)
  })

  test('CVE-2026-56750: a device code and a refresh token cannot be used for each other, nor by another client', async () => {
    const begun = JSON.parse((await world.form('/auth/device/code', { client_id: 'cli' })).text)
    world.secrets.add(begun.device_code)
    expect((await world.redeem(begun.device_code)).status).toBe(401)
    const refresh = await world.refreshToken(ann.basic)
    expect(await status({ ...basic('ann', refresh), ...fromElsewhere() }, 'GET', '/v2/')).toBe(401)
    expect(await status(bearer(refresh), 'GET', '/v2/')).toBe(401)
  })
})

describe('scope parsing (class)', () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,8}$/)
  const action = fc.constantFrom('pull', 'push', 'delete', '*')

  test('scope parsing (class): row 39: what is written is what is read', () => {
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 4 }),
        fc.uniqueArray(action, { minLength: 1 }),
        (parts, actions) => {
          const entry = { type: 'repository' as const, name: parts.join('/'), actions }
          expect(parseScopes([formatScope(entry)])).toEqual([entry])
        },
      ),
    )
  })

  test('scope parsing (class): row 39: nothing that is asked for widens what is granted', async () => {
    const reader = await world.user('reader-of-scopes')
    await world.grant('team', 'user:reader-of-scopes', 'reader')
    const words = fc.constantFrom(
      'repository',
      'registry',
      'team/app',
      'catalog',
      'pull',
      'push',
      'delete',
      '*',
      ':',
      ':',
      ':',
      ',',
      '(plugin)',
      ' ',
      'host:5000/',
      '%2a',
      '\0',
      'ü',
      'admin',
      'manage',
      'overwrite',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(words, { maxLength: 12 }), async (pieces) => {
        const headers = await world.token(reader.basic, pieces.join(''))
        expect([401, 403]).toContain(await status(headers, 'DELETE'))
        expect([401, 403]).toContain(await status(headers, 'PUT'))
        expect([401, 403]).toContain(await status(headers, 'GET', TAG('old/app')))
      }),
      { numRuns: 60 },
    )
    for (const scope of [
      'repository:team/app:*',
      'repository(plugin):team/app:push',
      'repository:team/app:pull,push,delete:x',
      'repository:team/app:PUSH',
      'repository:team/*:push',
      'repository:*:*',
      '*',
      'repository:team/app:push repository:team/app:delete',
    ])
      expect([scope, await status(await world.token(reader.basic, scope), 'PUT')]).toEqual([scope, 403])
  })
})

describe('brute force, credential stuffing (class)', () => {
  test('brute force: row 42: 1000 bad sign-ins are slowed down; the right one from elsewhere, keys, robots and tokens go on', async () => {
    const own = await World.open()
    try {
      const bob = await own.user('bob')
      const home = fromElsewhere()
      const away = fromElsewhere()
      expect(await status({ ...bob.basic, ...home }, 'GET', '/v2/', own)).toBe(200)
      const key = await own.key(bob)
      const robot = await own.robot(undefined, { name: 'ci' })
      const token = await own.token(bob.basic)
      const codes = new Map<number, number>()
      const guess = async (n: number) => {
        const name = n % 2 === 0 ? 'bob' : `user${n}`
        const code = await status({ ...basic(name, `guess ${n}`), ...away }, 'GET', '/v2/', own)
        codes.set(code, (codes.get(code) ?? 0) + 1)
      }
      for (let n = 0; n < 1000; n += 20) await Promise.all(Array.from({ length: 20 }, (_, more) => guess(n + more)))
      expect([...codes.keys()].toSorted()).toEqual([401, 429])
      expect(codes.get(401)).toBeLessThan(200)
      expect(await status({ ...bob.basic, ...home }, 'GET', '/v2/', own)).toBe(200)
      expect(await status({ ...bob.basic, ...away }, 'GET', '/v2/', own)).toBe(429)
      for (const headers of [key.basic, robot.basic, token])
        expect(await status({ ...headers, ...away }, 'GET', '/v2/', own)).toBe(200)
      // One address has sixty rows at once, and then one a second: what has none of its own is counted by the next.
      const rows = (await own.audit()).filter(({ action, outcome }) => action === 'sign-in' && outcome === 'refused')
      expect(rows.length).toBeGreaterThanOrEqual(60)
      expect(rows.length).toBeLessThan(100)
    } finally {
      await own.close()
    }
  })
})

describe('CVE-2025-30204: a huge Authorization', () => {
  test('CVE-2025-30204: row 40: points, length, NUL, no colon, other bytes than UTF-8: 401, soon', async () => {
    const raw = (bytes: Uint8Array) => ({ authorization: `Basic ${Buffer.from(bytes).toString('base64')}` })
    for (const authorization of [
      `Bearer ${'.'.repeat(1_000_000)}`,
      `Bearer ${'a.'.repeat(500_000)}`,
      `Bearer ${'x'.repeat(1_000_000)}`,
      `Basic ${'A'.repeat(1_000_000)}`,
      'Basic',
      'Basic ',
      'Bearer',
      'Digest x',
      `Basic ${btoa('nocolon')}`,
      `Basic ${btoa(':')}x`,
    ]) {
      const startedAt = performance.now()
      expect([authorization.slice(0, 20), await status({ authorization, ...fromElsewhere() }, 'GET', '/v2/')]).toEqual([
        authorization.slice(0, 20),
        401,
      ])
      expect(performance.now() - startedAt).toBeLessThan(1000)
    }
    for (const bytes of [
      [0xff, 0x3a, 0x61],
      [0x61, 0x00, 0x3a, 0x61],
      [0x61, 0x3a, 0x00],
      [0xc3, 0x28, 0x3a, 0x61],
    ])
      expect(await status({ ...raw(Uint8Array.from(bytes)), ...fromElsewhere() }, 'GET', '/v2/')).toBe(401)
  })
})

describe('row 45: changes with a cookie', () => {
  test('row 45: the API takes none without the token, from another site, or from another origin', async () => {
    const { cookie, csrf } = await world.browser(ann)
    const ask = async (headers: Headers) =>
      (await world.api('POST', '/me/keys', { cookie, ...headers }, { name: `csrf ${Math.random()}` })).status
    for (const headers of [
      {},
      { origin: ORIGIN },
      { 'x-csrf-token': '' },
      { 'x-csrf-token': csrf.slice(1) },
      { 'x-csrf-token': csrf, origin: 'https://evil.test' },
      { 'x-csrf-token': csrf, origin: 'null' },
      { 'x-csrf-token': csrf, 'sec-fetch-site': 'cross-site' },
      { 'x-csrf-token': csrf, 'sec-fetch-site': 'same-site' },
      { 'x-csrf-token': csrf, origin: 'http://registry.test' },
    ])
      expect([headers, await ask(headers)]).toEqual([headers, 403])
    const other = await world.browser(admin)
    expect(await ask({ 'x-csrf-token': other.csrf })).toBe(403)
  })
})
