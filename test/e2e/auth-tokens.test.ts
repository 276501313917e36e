import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import {
  decodeJwt,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose'
import { z } from 'zod'
import { check, headerOf } from '../conformance/support/check.ts'
import { randomContent } from '../conformance/support/content.ts'
import * as uploads from '../conformance/support/uploads.ts'
import { type InProcess, openInProcess } from './support/in-process.ts'
import { PATIENCE_MS, bearer } from './support/server.ts'
import { startSlowChunk } from './support/slow-uploads.ts'
import { makeUsers, tokenFor } from './support/sign-in.ts'
import { rowsIn } from '../support/rows.ts'

setDefaultTimeout(PATIENCE_MS)

const users = makeUsers({ ann: 'correct horse' })
let registry: InProcess
let keyId = ''
/** Ann's principal id: she has an account since she signed in. */
let ann = ''
/** The registry's own key: what is signed with it fails only for what it says. */
let ownKey: CryptoKey
let publicPem = ''
const foreign = await generateKeyPair('ES256', { extractable: true })
const NAME = 'e2e/tokens'

beforeAll(async () => {
  const auth = { htpasswd: { path: await users.file() } }
  registry = await openInProcess({ config: { auth, projects: { create: 'everyone' } } })
  const { Authorization = '' } = await tokenFor(registry, users.basic('ann'), '')
  ann = z.object({ sub: z.string().startsWith('user:') }).parse(decodeJwt(Authorization.slice('Bearer '.length))).sub
  const sql = 'select * from token_keys'
  const [row] = await rowsIn<{ id: string; private_key: string; public_key: string }>(registry.dataDir, sql)
  if (row === undefined) throw new Error('the server has no key')
  keyId = row.id
  const own = await importJWK(JSON.parse(row.private_key), 'ES256')
  const published = await importJWK({ ...JSON.parse(row.public_key), ext: true }, 'ES256', { extractable: true })
  if (own instanceof Uint8Array || published instanceof Uint8Array) throw new Error('not a key pair')
  ownKey = own
  publicPem = await exportSPKI(published)
})

afterAll(async () => {
  await registry.close()
  await users.remove()
})

function claims(change: Readonly<Record<string, unknown>> = {}): JWTPayload {
  const now = Math.floor(registry.clock.now().getTime() / 1000)
  return {
    iss: 'berth',
    aud: 'berth',
    sub: ann,
    iat: now,
    nbf: now,
    exp: now + 300,
    jti: 'some',
    at: registry.clock.now().getTime(),
    access: [{ type: 'repository', name: NAME, actions: ['pull', 'push', 'delete'], project: null }],
    ...change,
  }
}

function sign(payload: JWTPayload, header: Partial<JWTHeaderParameters> = {}, key = ownKey): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: keyId, ...header }).sign(key)
}

async function checkRefused(token: string): Promise<void> {
  for (const path of ['/v2/', `/v2/${NAME}/tags/list`, '/v2/_catalog']) {
    const answer = await registry.send('GET', path, { headers: bearer(token) })
    check(answer, { status: 401, error: 'UNAUTHORIZED' })
    expect(headerOf(answer, 'WWW-Authenticate')).toMatch(
      /^Bearer realm="http:\/\/127\.0\.0\.1:\d+\/token",service="berth",error="invalid_token"$/,
    )
  }
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

test('a token like these, signed by the registry’s key, is good', async () => {
  const headers = bearer(await sign(claims()))
  check(await registry.send('GET', '/v2/', { headers }), { status: 200 })
  check(await registry.send('GET', `/v2/${NAME}/tags/list`, { headers }), { status: 404, error: 'NAME_UNKNOWN' })
})

describe('edge 37: a token is refused', () => {
  test('edge 37: with alg none, in any case', async () => {
    const { exp, iat, nbf, ...rest } = claims()
    await checkRefused(
      new UnsecuredJWT({ ...rest, ...(exp ? { exp } : {}), ...(iat ? { iat } : {}), ...(nbf ? { nbf } : {}) }).encode(),
    )
    for (const alg of ['none', 'None', 'NONE', '']) {
      const unsigned = `${encode({ alg, typ: 'JWT', kid: keyId })}.${encode(claims())}.`
      await checkRefused(unsigned)
      await checkRefused(`${unsigned}AAAA`)
    }
  })

  test('edge 37: with HS256 and the public key, the key’s id, or nothing as the secret', async () => {
    for (const secret of [publicPem, keyId, 'berth', '\0']) {
      const key = new TextEncoder().encode(secret)
      for (const alg of ['HS256', 'HS384', 'HS512']) {
        const token = await new SignJWT(claims()).setProtectedHeader({ alg, typ: 'JWT', kid: keyId }).sign(key)
        await checkRefused(token)
      }
    }
  })

  test('edge 37: with a key that it brings along', async () => {
    const jwk = await exportJWK(foreign.publicKey)
    await checkRefused(await sign(claims(), { jwk }, foreign.privateKey))
    for (const header of [
      { jwk },
      { jku: 'https://127.0.0.1:9/keys' },
      { x5u: 'https://127.0.0.1:9/chain' },
      { x5c: ['AAAA'] },
    ])
      for (const key of [foreign.privateKey, ownKey]) await checkRefused(await sign(claims(), header, key))
  })

  test('edge 37: with a key id that is not ours, or none', async () => {
    for (const kid of ['unknown', '', '../../etc/passwd', "' or 1=1 --", '%', 'x'.repeat(4000)])
      await checkRefused(await sign(claims(), { kid }))
    const without = await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', typ: 'JWT' }).sign(ownKey)
    await checkRefused(without)
    await checkRefused(await sign(claims(), {}, foreign.privateKey))
  })

  test('edge 37: expired, or not yet good', async () => {
    const now = Math.floor(registry.clock.now().getTime() / 1000)
    await checkRefused(await sign(claims({ exp: now - 10, nbf: now - 310, iat: now - 310 })))
    await checkRefused(await sign(claims({ nbf: now + 60 })))
    await checkRefused(await sign(claims({ exp: 0 })))
  })

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['another audience', { aud: 'registry.example' }],
    ['no audience', { aud: undefined }],
    ['another issuer', { iss: 'https://evil.test' }],
    ['no issuer', { iss: undefined }],
    ['no iat', { iat: undefined }],
    ['no exp', { exp: undefined }],
    ['no nbf', { nbf: undefined }],
    ['no jti', { jti: undefined }],
    ['no sub', { sub: undefined }],
    ['no access', { access: undefined }],
    ['no at', { at: undefined }],
    ['an at that is text', { at: '1' }],
    ['nobody’s sub', { sub: 'user:nobody' }],
    ['a sub of no kind', { sub: 'ann' }],
    ['an API key that is none', { key: 'none' }],
    ['an API key that is no text', { key: 1 }],
    ['an exp that is text', { exp: '9999999999' }],
  ])('edge 37: with %s', async (_, change) => {
    const payload = Object.fromEntries(Object.entries(claims(change)).filter(([, value]) => value !== undefined))
    await checkRefused(await sign(payload))
  })

  // Only a key of ours could have signed these, such as that of another version of this program.
  test.each<[string, unknown]>([
    ['text', 'all'],
    ['null', null],
    ['of nothing known', [null]],
    ['without actions', [{ type: 'repository', name: NAME }]],
    ['with actions that are text', [{ type: 'repository', name: NAME, actions: 'pull', project: null }]],
    ['that says nothing of the project', [{ type: 'repository', name: NAME, actions: ['pull'] }]],
    ['with a project that is text', [{ type: 'repository', name: NAME, actions: ['pull'], project: '1' }]],
  ])('edge 37: for content, with an access that is %s', async (_, access) => {
    const headers = bearer(await sign(claims({ access })))
    for (const path of [`/v2/${NAME}/tags/list`, '/v2/_catalog'])
      check(await registry.send('GET', path, { headers }), { status: 401, error: 'UNAUTHORIZED' })
  })

  test('edge 37: tampered with in any part, or cut', async () => {
    const good = await sign(claims())
    const [header = '', payload = '', signature = ''] = good.split('.')
    const more = encode(claims({ access: [{ type: 'registry', name: 'catalog', actions: ['*'] }] }))
    const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    for (const token of [
      `${header}.${more}.${signature}`,
      `${encode({ alg: 'ES256', kid: keyId })}.${payload}.${signature}`,
      `${header}.${payload}.${flipped}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${good}.${signature}`,
      `${good}x`,
      good.slice(0, -10),
      'x.y.z',
      '..',
      '.'.repeat(3000),
      `${header}.${payload}.${'A'.repeat(9000)}`,
    ])
      await checkRefused(token)
    check(await registry.send('GET', '/v2/', { headers: bearer(good) }), { status: 200 })
  })

  test('edge 37: once its time is over, also when it was good before', async () => {
    const headers = await tokenFor(registry, users.basic('ann'), `repository:${NAME}:pull`)
    check(await registry.send('GET', '/v2/', { headers }), { status: 200 })
    registry.clock.advance(310_000)
    check(await registry.send('GET', '/v2/', { headers }), { status: 401, error: 'UNAUTHORIZED' })
  })
})

test('edge 37: a token that expires during a PATCH ends that PATCH well, and no other', async () => {
  const blob = randomContent('edge37', 2_000_000)
  const headers = await tokenFor(registry, users.basic('ann'), `repository:${NAME}:pull,push`)
  const location = await uploads.startUpload({ registry: registry.with(headers), name: NAME })
  const lines = [`Authorization: ${headers.Authorization}`]
  const slow = await startSlowChunk(registry, { location, blob, method: 'PATCH', headers: lines })
  registry.clock.advance(600_000)
  expect((await slow.finish()).status).toBe(202)
  const late = await uploads.finish(registry.with(headers), location, blob.digest)
  check(late, { status: 401, error: 'UNAUTHORIZED' })
  const fresh = registry.with(await tokenFor(registry, users.basic('ann'), `repository:${NAME}:pull,push`))
  check(await uploads.finish(fresh, location, blob.digest), uploads.created(NAME, blob.digest))
})

test('none of it was a failure of the server', () => {
  expect(registry.errors()).toBe('')
})
