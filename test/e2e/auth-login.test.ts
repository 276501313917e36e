import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { z } from 'zod'
import { check, headerOf, parse } from '../conformance/support/check.ts'
import { type Answer, type Registry, streamOf } from '../conformance/support/client.ts'
import { randomContent } from '../conformance/support/content.ts'
import * as m from '../conformance/support/manifests.ts'
import * as uploads from '../conformance/support/uploads.ts'
import { addUser } from './support/command.ts'
import { withDataFolder } from './support/data-folder.ts'
import { image, pushImage } from './support/images.ts'
import { openInProcess } from './support/in-process.ts'
import { addMember } from './support/members.ts'
import { head, rawRequest } from './support/raw.ts'
import { PATIENCE_MS, basic, bearer, type Headers, registryAt, useServer } from './support/server.ts'
import { EVERYONE_CREATES, makeUsers, Token, tokenFor } from './support/sign-in.ts'
import { until } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

const users = makeUsers({ ann: 'correct horse', bob: 'battery staple' })
const server = useServer(async () => ({ args: ['--htpasswd', await users.file()], env: EVERYONE_CREATES }))
const open = useServer({ args: ['--anonymous', 'pull'] })
afterAll(() => users.remove())

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

function postToken(fields: readonly (readonly [string, string])[], registry: Registry = server): Promise<Answer> {
  const body = new TextEncoder().encode(
    new URLSearchParams(fields.map(([key, value]): [string, string] => [key, value])).toString(),
  )
  return registry.send('POST', '/token', { headers: FORM, body })
}

const Offline = z.object({ refresh_token: z.string().min(40) })

function scopesOf(answer: Answer): string[] {
  return parse(check(answer, { status: 200 }), Token)
    .scope.split(' ')
    .filter((scope) => scope !== '')
}

describe('docker login, by its requests', () => {
  test('the ping is 401 with exactly one challenge, a Bearer one', async () => {
    const answer = await rawRequest(server.url, head('GET', '/v2/'))
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toEqual(['Bearer realm="http://localhost/token",service="berth"'])
    expect(answer.headers.get('docker-distribution-api-version')).toEqual(['registry/2.0'])
    check(await server.send('HEAD', '/v2/'), { status: 401, headers: { 'WWW-Authenticate': /^Bearer / } })
  })

  test('GET on the realm with the password gives a token, and the ping with it is 200', async () => {
    const ping = await server.send('GET', '/v2/')
    const realm = /realm="([^"]+)"/.exec(headerOf(ping, 'WWW-Authenticate'))?.[1] ?? ''
    expect(realm).toBe(`${server.url}/token`)
    const query = { account: 'ann', client_id: 'docker', offline_token: 'true', service: 'berth' }
    const answer = check(await server.send('GET', realm, { headers: users.basic('ann'), query }), {
      status: 200,
      headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
    })
    const { token, access_token: same, scope } = parse(answer, Token)
    expect(same).toBe(token)
    expect(scope).toBe('')
    check(await server.send('GET', '/v2/', { headers: bearer(token) }), { status: 200, body: '{}' })
  })

  test('the challenge of a push names what it takes, and the token for it does', async () => {
    const name = 'e2e/auth/push'
    const refused = await server.send('POST', `/v2/${name}/blobs/uploads/`)
    check(refused, { status: 401, error: 'UNAUTHORIZED' })
    const scope = /scope="([^"]+)"/.exec(headerOf(refused, 'WWW-Authenticate'))?.[1] ?? ''
    expect(scope).toBe(`repository:${name}:pull,push`)
    const registry = server.with(await tokenFor(server, users.basic('ann'), scope))
    await pushImage({ registry, name }, image('auth/push'), 'v1')
    await m.checkManifest({ registry, name }, 'v1', image('auth/push').manifest)
  })

  test.each(['Basic', 'basic', 'BASIC', 'bAsIc'])('the scheme %s is understood', async (scheme) => {
    const Authorization = users.basic('ann').Authorization?.replace('Basic', scheme) ?? ''
    check(await server.send('GET', '/v2/', { headers: { Authorization } }), { status: 200 })
  })

  test.each(['Bearer', 'bearer', 'BEARER'])('edge 37: the scheme %s is understood', async (scheme) => {
    const { Authorization = '' } = await tokenFor(server, users.basic('ann'), '')
    const headers = { Authorization: Authorization.replace('Bearer', scheme) }
    check(await server.send('GET', '/v2/', { headers }), { status: 200 })
  })

  test('edge 37: two Authorization headers prove nothing, even if both are good', async () => {
    const good = users.basic('ann').Authorization ?? ''
    const token = (await tokenFor(server, users.basic('ann'), '')).Authorization ?? ''
    for (const pair of [
      [good, good],
      [good, token],
      [token, good],
      [token, token],
      [good, 'Basic Og=='],
    ]) {
      const answer = await rawRequest(
        server.url,
        head(
          'GET',
          '/v2/',
          pair.map((value) => `Authorization: ${value}`),
        ),
      )
      expect([400, 401]).toContain(answer.status)
    }
  })

  test.each(['Digest x', 'Negotiate abc', 'Basic', 'Bearer', 'Bearer ', 'Basic !!!!', 'nonsense', 'Basic YW5u'])(
    'Authorization "%s" is 401',
    async (value) => {
      check(await server.send('GET', '/v2/', { headers: { Authorization: value } }), {
        status: 401,
        error: 'UNAUTHORIZED',
      })
    },
  )
})

/** Wrong passwords may take 3 s of the server's time, so these have a server of their own. */
describe('wrong credentials', () => {
  const guarded = useServer(async () => ({
    args: ['--htpasswd', await users.file()],
    env: { BERTH_TRUSTEDPROXIES: '127.0.0.1' },
  }))
  let addresses = 0

  /** The same server asked from an address that nobody made a mistake from. */
  function elsewhere(headers: Headers = {}): Registry {
    return guarded.with({ 'X-Forwarded-For': `10.0.0.${++addresses}`, ...headers })
  }

  const WRONG = [
    ['ann', 'wrong'],
    ['ann', ''],
    ['ann', 'correct hors'],
    ['ann', 'correct horse '],
    ['ANN', 'correct horse'],
    ['nobody', 'correct horse'],
    ['', 'correct horse'],
    ['ann', 'x'.repeat(2000)],
    ['ann\0', 'correct horse'],
  ] as const

  test('are 401 with a challenge, on the realm and on the ping, all alike', async () => {
    const texts = new Set<string>()
    for (const [name, password] of WRONG)
      for (const path of ['/token', '/v2/']) {
        const answer = await elsewhere(basic(name, password)).send('GET', path)
        check(answer, { status: 401, error: 'UNAUTHORIZED' })
        expect(headerOf(answer, 'WWW-Authenticate')).toMatch(/^Bearer realm="[^"]+",service="berth"/)
        texts.add(answer.text)
      }
    expect([...texts]).toHaveLength(1)
  })

  test.each([WRONG[0], WRONG[5]])('%j with %j is 401 by POST too', async (username, password) => {
    const fields = Object.entries({ grant_type: 'password', username, password })
    check(await postToken(fields, elsewhere()), { status: 401, error: 'UNAUTHORIZED' })
  })

  test('six of them for one account from one network make it wait there, and nowhere else', async () => {
    const there = elsewhere()
    const ann = users.basic('ann')
    const status = async (registry: Registry, headers: Headers) =>
      (await registry.send('GET', '/v2/', { headers })).status
    for (let mistake = 0; mistake < 6; mistake++) expect(await status(there, basic('ann', 'wrong'))).toBe(401)
    const answer = await there.send('GET', '/v2/', { headers: ann })
    check(answer, { status: 429, error: 'TOOMANYREQUESTS', headers: { 'Retry-After': /^[1-9]\d*$/ } })
    expect(await status(there, users.basic('bob'))).toBe(200)
    expect(await status(elsewhere(), ann)).toBe(200)
    const seconds = Number(headerOf(answer, 'Retry-After'))
    expect(
      await until(
        'ann may try again',
        async () => (await status(there, ann)) === 200 || undefined,
        seconds * 1000 + 5000,
      ),
    ).toBe(true)
  })
})

describe('the token endpoint', () => {
  beforeAll(async () => {
    for (const name of ['a', 'b', 'c'])
      await uploads.pushBlob({ registry: server.with(users.basic('ann')), name }, randomContent('token endpoint', 10))
  })

  test('takes several scope parameters and several scopes in one', async () => {
    const scope = ['repository:a:pull', 'repository:b:push,pull repository:c:delete']
    const answer = await server.send('GET', '/token', { headers: users.basic('ann'), query: { scope } })
    expect(scopesOf(answer)).toEqual(['repository:a:pull', 'repository:b:push,pull', 'repository:c:delete'])
  })

  test('POST, password grant: the same, with scopes repeated or in one', async () => {
    const fields = [
      ['grant_type', 'password'],
      ['username', 'ann'],
      ['password', 'correct horse'],
      ['service', 'berth'],
      ['client_id', 'containerd'],
      ['scope', 'repository:a:pull repository:b:pull,push'],
      ['scope', 'repository:c:*'],
    ] as const
    const answer = await postToken(fields)
    expect(scopesOf(answer)).toEqual(['repository:a:pull', 'repository:b:pull,push', 'repository:c:pull,push,delete'])
    const { access_token: token } = parse(answer, Token)
    check(await server.send('GET', '/v2/', { headers: bearer(token) }), { status: 200 })
  })

  test.each(['client_credentials', 'constructor', ''])('POST with grant_type "%s" is 400', async (grant) => {
    check(await postToken([['grant_type', grant]]), { status: 400 })
  })

  test.each(['', 'invented'])('POST with the refresh token "%s" is 401', async (token) => {
    const fields = Object.entries({ grant_type: 'refresh_token', refresh_token: token })
    check(await postToken(fields), { status: 401, error: 'UNAUTHORIZED' })
  })

  test('offline_token=true gives a refresh token, which buys tokens without a password', async () => {
    const query = { offline_token: 'true', service: 'berth' }
    const offered = await server.send('GET', '/token', { headers: users.basic('ann'), query })
    const { refresh_token: refreshToken } = parse(check(offered, { status: 200 }), Offline)
    const scope = 'repository:a:pull,push'
    const fields = Object.entries({ grant_type: 'refresh_token', refresh_token: refreshToken, scope })
    const redeemed = await postToken(fields)
    expect(scopesOf(redeemed)).toEqual([scope])
    expect(parse(redeemed, Offline).refresh_token).toBe(refreshToken)
    const plain = await server.send('GET', '/token', { headers: users.basic('ann') })
    expect(plain.text).not.toContain('refresh_token')
    expect((await server.send('GET', '/token', { query })).text).not.toContain('refresh_token')
  })

  test('POST of a form without an end is refused', async () => {
    const body = streamOf(new Uint8Array(300_000).fill(97))
    const answer = await server.send('POST', '/token', { headers: FORM, body })
    expect(answer.status).toBe(413)
  })

  test.each([
    ['repository:a:pull,push,delete:x', []],
    ['repository:UPPER:pull', []],
    ['repository:a/../b:pull', []],
    ['repository:a', []],
    ['repository::pull', []],
    ['repository:a:fly', ['repository:a:']],
    ['repository:a:pull,pull,fly', ['repository:a:pull']],
    ['repository(plugin):a:pull', ['repository:a:pull']],
    ['project:a:pull', []],
    ['registry:catalog:*', ['registry:catalog:*']],
    ['registry:catalog:pull', ['registry:catalog:']],
    ['registry:everything:*', []],
    ['repository:a:рull', ['repository:a:']],
    ['__proto__:a:pull', []],
  ])('scope "%s" gives no more than it says', async (scope, granted) => {
    const answer = await server.send('GET', '/token', { headers: users.basic('ann'), query: { scope } })
    expect(scopesOf(answer)).toEqual(granted)
  })

  test('10,000 scopes are answered soon with a small token, or refused', async () => {
    const scope = Array.from({ length: 2000 }, (_, n) => `repository:a${n}:*`).join(' ')
    const fields = [
      ['grant_type', 'password'],
      ['username', 'ann'],
      ['password', 'correct horse'],
    ] as const
    const answer = await postToken([...fields, ['scope', scope]])
    if (answer.status === 200) expect(parse(answer, Token).token.length).toBeLessThan(8192)
    else expect([400, 413]).toContain(answer.status)
  })

  test('a token buys no other token', async () => {
    const headers = await tokenFor(server, users.basic('ann'), 'repository:a:pull')
    const answer = await server.send('GET', '/token', { headers, query: { scope: 'repository:a:push' } })
    check(answer, { status: 401, error: 'UNAUTHORIZED' })
  })

  test('the audience is not the caller’s to choose', async () => {
    const query = { service: 'somebody-else', aud: 'somebody-else' }
    const answer = await server.send('GET', '/token', { headers: users.basic('ann'), query })
    const { token } = parse(check(answer, { status: 200 }), Token)
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    expect(claims).toMatchObject({ aud: 'berth', iss: 'berth', sub: expect.stringMatching(/^user:/) })
  })
})

describe('anonymous callers', () => {
  const nobody = [
    ['no Authorization', {}],
    ['an empty Basic', { Authorization: 'Basic Og==' }],
    ['an empty basic in lower case', { Authorization: 'basic Og==' }],
  ] as const

  test.each(nobody)('with %s get a token for what is open to them', async (_, headers) => {
    const name = 'e2e/public'
    const query = { scope: `repository:${name}:pull,push,delete` }
    const answer = await open.send('GET', '/token', { headers, query })
    expect(scopesOf(answer)).toEqual([`repository:${name}:pull`])
    const { token } = parse(answer, Token)
    check(await open.send('GET', '/v2/', { headers: bearer(token) }), { status: 200 })
    check(await open.send('GET', `/v2/${name}/tags/list`, { headers: bearer(token) }), {
      status: 404,
      error: 'NAME_UNKNOWN',
    })
    check(await open.send('GET', '/v2/', { headers }), { status: 401 })
  })

  test.each(nobody)('with %s get an empty token where nothing is open, and it opens nothing', async (_, headers) => {
    const query = { scope: 'repository:e2e/private:pull' }
    const answer = await server.send('GET', '/token', { headers, query })
    expect(scopesOf(answer)).toEqual(['repository:e2e/private:'])
    const token = bearer(parse(answer, Token).token)
    for (const [method, path] of [
      ['GET', '/v2/e2e/private/tags/list'],
      ['GET', m.manifestPath('e2e/private', 'v1')],
      ['GET', uploads.blobPath('e2e/private', randomContent('private', 5).digest)],
      ['GET', `/v2/e2e/private/referrers/${randomContent('private', 5).digest}`],
      ['GET', '/v2/_catalog'],
      ['POST', '/v2/e2e/private/blobs/uploads/'],
    ] as const)
      check(await server.send(method, path, { headers: token }), { status: 401, error: 'UNAUTHORIZED' })
  })

  test('see no difference between a repository that is there and one that is not', async () => {
    await pushImage({ registry: server.with(users.basic('ann')), name: 'e2e/hidden' }, image('hidden'), 'v1')
    const told = async (name: string) => {
      const answer = await server.send('GET', m.manifestPath(name, 'v1'))
      const challenge = headerOf(answer, 'WWW-Authenticate').replaceAll(name, 'NAME')
      return { status: answer.status, challenge, text: answer.text.replaceAll(name, 'NAME') }
    }
    expect(await told('e2e/hidden')).toEqual(await told('e2e/absent'))
  })

  test('edge 38: a pull-only token that PUTs is 401 insufficient_scope, and again, with the same scope', async () => {
    const name = 'e2e/public'
    for (let round = 0; round < 2; round++) {
      const headers = await tokenFor(open, {}, `repository:${name}:pull,push`)
      const answer = await open.send('PUT', m.manifestPath(name, 'v1'), { headers })
      check(answer, { status: 401, error: 'UNAUTHORIZED' })
      const challenge = headerOf(answer, 'WWW-Authenticate')
      expect(challenge).toContain(`scope="repository:${name}:pull,push",error="insufficient_scope"`)
    }
  })

  test('may read what --anonymous pull opens, and nothing else, without any token', async () => {
    const name = 'e2e/public'
    check(await open.send('GET', `/v2/${name}/tags/list`), { status: 404, error: 'NAME_UNKNOWN' })
    check(await open.send('POST', `/v2/${name}/blobs/uploads/`), { status: 401, error: 'UNAUTHORIZED' })
    check(await open.send('DELETE', m.manifestPath(name, 'v1')), { status: 401, error: 'UNAUTHORIZED' })
    // Whoever signs in may see more, so the list asks for it; a token for nobody in particular will do.
    const challenge = { 'WWW-Authenticate': /scope="registry:catalog:\*"$/ }
    check(await open.send('GET', '/v2/_catalog'), { status: 401, error: 'UNAUTHORIZED', headers: challenge })
    const headers = await tokenFor(open, {}, 'registry:catalog:*')
    check(await open.send('GET', '/v2/_catalog', { headers }), { status: 200 })
  })
})

describe('row 11: an upload belongs to who began it', () => {
  test('row 11: another writer of the project gets 404 for every verb, with the password and with a token', async () => {
    const auth = { htpasswd: { path: await users.file() } }
    const registry = await openInProcess({ config: { auth, projects: { create: 'everyone' } } })
    try {
      const name = 'e2e/auth/uploads'
      const [ann, bob] = [registry.with(users.basic('ann')), registry.with(users.basic('bob'))]
      const blob = randomContent('auth/uploads', 100)
      const location = await uploads.startUpload({ registry: ann, name })
      check(await bob.send('GET', location), { status: 403, error: 'DENIED' })
      await addMember(registry.app, { project: 'e2e', subject: 'user:bob', allows: 'owner' })
      const scope = `repository:${name}:pull,push`
      const unknown = { status: 404, error: 'BLOB_UPLOAD_UNKNOWN' }
      const all = { start: 0, bytes: blob.bytes }
      for (const theirs of [bob, registry.with(await tokenFor(registry, users.basic('bob'), scope))]) {
        check(await theirs.send('GET', location), unknown)
        check(await uploads.sendChunk(theirs, location, all), unknown)
        check(await uploads.finish(theirs, location, blob.digest, all), unknown)
        check(await theirs.send('DELETE', location), unknown)
      }
      // The same user by another proof goes on with it.
      const again = registry.with(await tokenFor(registry, users.basic('ann'), scope))
      check(await uploads.sendChunk(again, location, all), { status: 202 })
      check(await uploads.finish(ann, location, blob.digest), uploads.created(name, blob.digest))
      check(await uploads.finish(bob, location, blob.digest), unknown)
    } finally {
      await registry.close()
    }
  })
})

describe('users that change while the server runs', () => {
  test('the htpasswd file is read again: new users come in, old ones and old passwords stay out', async () => {
    const changing = makeUsers({ ann: 'one' })
    try {
      await withDataFolder(async (folder) => {
        const there = await folder.start({ args: ['--htpasswd', await changing.file()] })
        const status = async (name: string, password: string) =>
          (await there.send('GET', '/v2/', { headers: basic(name, password) })).status
        expect([await status('ann', 'one'), await status('eve', 'x')]).toEqual([200, 401])
        await changing.rewrite({ ann: 'two', eve: 'x' })
        expect(await status('eve', 'x')).toBe(200)
        expect([await status('ann', 'one'), await status('ann', 'two')]).toEqual([401, 200])
        await changing.rewrite({ eve: 'x' })
        expect([await status('ann', 'two'), await status('eve', 'x')]).toEqual([401, 200])
      })
    } finally {
      await changing.remove()
    }
  })

  test('"berth user add" closes a server that was open to all within about a second', async () => {
    await withDataFolder(async (folder) => {
      const there = await folder.start()
      const name = 'e2e/auth/closing'
      check(await there.send('GET', '/v2/'), { status: 200 })
      await uploads.pushBlob({ registry: there, name }, randomContent('closing', 10))
      await addUser(folder.path, 'carol', 'first password')
      const closed = await until(
        'the ping asks for a sign-in',
        async () => ((await there.send('GET', '/v2/')).status === 401 ? performance.now() : undefined),
        2000,
      )
      expect(closed).toBeGreaterThan(0)
      check(await there.send('POST', `/v2/${name}/blobs/uploads/`), { status: 401, error: 'UNAUTHORIZED' })
      check(await there.send('GET', `/v2/${name}/tags/list`), { status: 401, error: 'UNAUTHORIZED' })
      const carol = registryAt(there.url, basic('carol', 'first password'))
      await pushImage({ registry: carol, name }, image('closing'), 'v1')
    })
  })
})
