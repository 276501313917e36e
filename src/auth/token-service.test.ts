import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { type AnonymousAccess, openAuthorizer } from '../access/authorizer.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import { openSqlite } from '../metadata/sqlite.ts'
import { OciError } from '../oci/errors.ts'
import { ANONYMOUS, type Principal } from './principal.ts'
import type { AccessEntry } from './scope.ts'
import { TokenKeys } from './token-keys.ts'
import { TOKEN_SERVICE, TokenService } from './token-service.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const USER: Principal = { kind: 'user', id: 'user:1', name: 'ann' }
const PULL: AccessEntry = { type: 'repository', name: 'team/app', actions: ['pull'] }

let folder = ''
let database: Database
let nowMs = Date.UTC(2030, 0, 1)
const clock: Clock = { now: () => new Date(nowMs), sleep: async () => undefined }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-tokens-'))
  database = await openSqlite({ path: join(folder, 'berth.db'), clock, onBroken: () => undefined })
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

let keys: TokenKeys
let tokens: TokenService
let anonymous: AnonymousAccess
beforeEach(() => {
  anonymous = 'pull'
  keys = new TokenKeys(database, clock)
  tokens = newService(keys)
})

function newService(from: TokenKeys): TokenService {
  return new TokenService({ keys: from, authorizer: openAuthorizer(async () => anonymous), clock })
}

async function refused(token: string, by = tokens): Promise<boolean> {
  try {
    await by.verify(token)
    return false
  } catch (error) {
    if (error instanceof OciError && error.code === 'UNAUTHORIZED') return true
    throw error
  }
}

describe('a token', () => {
  it('says who and for what, for five minutes of the clock', async () => {
    const { token, expiresInSeconds, issuedAt } = await tokens.issue(USER, [PULL])
    expect({ expiresInSeconds, issuedAt }).toEqual({ expiresInSeconds: 300, issuedAt: clock.now() })
    expect(await tokens.verify(token)).toEqual({ ...USER, tokenAccess: [PULL] })
    nowMs += 4 * MINUTE
    expect(await refused(token)).toBe(false)
    nowMs += MINUTE + 10_000
    expect(await refused(token)).toBe(true)
  })

  it('is as good at another process, and no longer good there', async () => {
    const { token } = await tokens.issue(USER, [PULL])
    const elsewhere = newService(new TokenKeys(database, clock))
    expect(await elsewhere.verify(token)).toMatchObject({ id: USER.id })
    nowMs += 6 * MINUTE
    expect(await refused(token, elsewhere)).toBe(true)
  })

  it('is refused before its time', async () => {
    const { token } = await tokens.issue(USER, [PULL])
    nowMs -= 10 * MINUTE
    expect(await refused(token, newService(keys))).toBe(true)
    nowMs += 10 * MINUTE
  })

  it('grants only what its owner may do of what was asked', async () => {
    const asked: AccessEntry = { type: 'repository', name: 'team/app', actions: ['pull', 'push', 'delete'] }
    expect((await tokens.issue(ANONYMOUS, [asked])).access).toEqual([{ ...asked, actions: ['pull'] }])
    expect((await tokens.issue(USER, [asked])).access).toEqual([asked])
    anonymous = 'none'
    expect((await tokens.issue(ANONYMOUS, [asked])).access).toEqual([{ ...asked, actions: [] }])
  })

  it('for * names the actions that * meant then', async () => {
    const { access } = await tokens.issue(ANONYMOUS, [{ ...PULL, actions: ['*'] }])
    expect(access).toEqual([PULL])
  })

  it('for the catalog takes the right to it', async () => {
    const catalog: AccessEntry = { type: 'registry', name: 'catalog', actions: ['*'] }
    expect((await tokens.issue(USER, [catalog])).access).toEqual([catalog])
    anonymous = 'none'
    expect((await tokens.issue(ANONYMOUS, [catalog])).access).toEqual([{ ...catalog, actions: [] }])
  })

  it('without any scope is still a token of that person', async () => {
    const { token } = await tokens.issue(USER, [])
    expect(await tokens.verify(token)).toEqual({ ...USER, tokenAccess: [] })
  })
})

describe('what is no token of ours', () => {
  const claims = { access: [PULL], kind: 'user', name: 'ann' }

  /** As the service makes them, but for what a case changes. */
  async function forged(change: (jwt: SignJWT) => SignJWT, header: Record<string, unknown> = {}): Promise<string> {
    const { id, key } = await keys.signing()
    const seconds = Math.floor(nowMs / 1000)
    const jwt = new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: id, ...header })
      .setIssuer(TOKEN_SERVICE)
      .setAudience(TOKEN_SERVICE)
      .setSubject(USER.id)
      .setIssuedAt(seconds)
      .setNotBefore(seconds)
      .setExpirationTime(seconds + 300)
      .setJti('id')
    return change(jwt).sign(key)
  }

  it('the forger below makes good ones when it changes nothing', async () => {
    expect(await refused(await forged((jwt) => jwt))).toBe(false)
  })

  it.each<[string, (jwt: SignJWT) => SignJWT]>([
    ['another issuer', (jwt) => jwt.setIssuer('elsewhere')],
    ['another audience', (jwt) => jwt.setAudience('elsewhere')],
    ['no longer good', (jwt) => jwt.setExpirationTime(Math.floor(nowMs / 1000) - 10)],
    ['not good yet', (jwt) => jwt.setNotBefore(Math.floor(nowMs / 1000) + 60)],
  ])('%s', async (_, change) => {
    expect(await refused(await forged(change))).toBe(true)
  })

  it.each(['sub', 'iat', 'nbf', 'exp', 'jti', 'access', 'kind', 'name', 'iss', 'aud'])(
    'a token without "%s"',
    async (claim) => {
      const { id, key } = await keys.signing()
      const seconds = Math.floor(nowMs / 1000)
      const times = { iat: seconds, nbf: seconds, exp: seconds + 300 }
      const whole = { ...claims, ...times, iss: TOKEN_SERVICE, aud: TOKEN_SERVICE, sub: USER.id, jti: 'id' }
      const payload = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== claim))
      const token = await new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: id }).sign(key)
      expect(await refused(token)).toBe(true)
    },
  )

  it.each<[string, Record<string, unknown>]>([
    ['no key id', { kid: undefined }],
    ['an unknown key id', { kid: 'unknown' }],
    ['a key of its own', { jwk: { kty: 'EC' } }],
    ['the address of a key', { jku: 'http://127.0.0.1:1/keys' }],
    ['a certificate', { x5c: ['MIIB'] }],
  ])('a header with %s', async (_, header) => {
    expect(await refused(await forged((jwt) => jwt, header))).toBe(true)
  })

  it('a changed byte anywhere, no signature, "none", or another algorithm', async () => {
    const { token } = await tokens.issue(USER, [PULL])
    const [head = '', body = '', signature = ''] = token.split('.')
    const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const wider = encode({ ...JSON.parse(Buffer.from(body, 'base64url').toString()), name: 'admin' })
    const candidates = [
      `${head}.${wider}.${signature}`,
      `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      `${head}.${body}.`,
      `${encode({ ...header, alg: 'none' })}.${body}.`,
      `${encode({ ...header, alg: 'HS256' })}.${body}.${signature}`,
      `${head}.${body}`,
      '',
      '.',
      '..',
      'x'.repeat(100_000),
    ]
    for (const candidate of candidates) expect(await refused(candidate)).toBe(true)
  })
})

describe('keys', () => {
  it('are replaced after 30 days; tokens of the old one stay good until they expire', async () => {
    const first = await keys.signing()
    nowMs = first.madeAt.getTime() + 30 * DAY - MINUTE
    const { token } = await tokens.issue(USER, [PULL])
    nowMs += 2 * MINUTE
    await keys.rotate()
    expect((await keys.signing()).id).not.toBe(first.id)
    expect(await refused(token, newService(new TokenKeys(database, clock)))).toBe(false)
  })

  it('that retired sign nothing any more', async () => {
    const old = await keys.signing()
    nowMs += 32 * DAY
    await keys.rotate()
    expect(await new TokenKeys(database, clock).verifying(old.id)).toBeUndefined()
  })

  it('are the same for all processes', async () => {
    const { id } = await keys.signing()
    expect((await new TokenKeys(database, clock).signing()).id).toBe(id)
  })
})
