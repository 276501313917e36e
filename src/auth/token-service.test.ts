import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBeside } from '../../test/support/rows.ts'
import { SignJWT } from 'jose'
import { AccessWorld } from '../../test/support/access-world.ts'
import { AccessCache } from '../access/access-cache.ts'
import type { Database } from '../metadata/db.ts'
import { OciError } from '../oci/errors.ts'
import { ANONYMOUS, type KeyLimits, type Principal } from './principal.ts'
import { type Account, principalOf } from './accounts.ts'
import { KeyUse } from './key-use.ts'
import type { AccessEntry, TokenAccess } from './scope.ts'
import { TokenKeys } from './token-keys.ts'
import { TOKEN_SERVICE, TokenService } from './token-service.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const PULL: AccessEntry = { type: 'repository', name: 'team/app', actions: ['pull'] }

let folder = ''
let database: Database
let world: AccessWorld
/** Time goes on from test to test, as the keys in the database do. */
let nowMs = Date.UTC(2030, 0, 1)
const clock = { now: () => new Date(nowMs), sleep: async () => undefined }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-tokens-'))
  database = await openBeside(folder, clock)
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

let keys: TokenKeys
let tokens: TokenService
let account: Account
let ann: Principal
/** What API keys may do, by their ids. */
const limits = new Map<string, KeyLimits>()
beforeEach(() => {
  world = new AccessWorld('everyone')
  world.anonymous = 'pull'
  account = world.add('ann')
  ann = principalOf(account)
  limits.clear()
  keys = new TokenKeys(database, clock)
  tokens = newService(keys)
})

function newService(from: TokenKeys): TokenService {
  const { authorizer, accounts, access } = world
  return new TokenService({ keys: from, authorizer, accounts, access, apiKeys: new TestKeys(), clock })
}

/** What is issued, with all that stands in its entries. */
interface Issued {
  readonly token: string
  readonly access: readonly object[]
}

class TestKeys extends KeyUse {
  constructor() {
    super(new AccessCache(database))
  }

  override async limitsOf(id: string): Promise<KeyLimits | undefined> {
    return limits.get(id)
  }
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
    const { token, expiresInSeconds, issuedAt } = await tokens.issue(ann, [PULL])
    expect({ expiresInSeconds, issuedAt }).toEqual({ expiresInSeconds: 300, issuedAt: clock.now() })
    expect(await tokens.verify(token)).toEqual({ ...ann, tokenAccess: [{ ...PULL, project: null }] })
    nowMs += 4 * MINUTE
    expect(await refused(token)).toBe(false)
    nowMs += MINUTE + 10_000
    expect(await refused(token)).toBe(true)
  })

  it('is as good at another process, and no longer good there', async () => {
    const { token } = await tokens.issue(ann, [PULL])
    const elsewhere = newService(new TokenKeys(database, clock))
    expect(await elsewhere.verify(token)).toMatchObject({ id: ann.id })
    nowMs += 6 * MINUTE
    expect(await refused(token, elsewhere)).toBe(true)
  })

  it('is refused before its time', async () => {
    const { token } = await tokens.issue(ann, [PULL])
    nowMs -= 10 * MINUTE
    expect(await refused(token, newService(keys))).toBe(true)
    nowMs += 10 * MINUTE
  })

  it('grants only what its owner may do of what was asked', async () => {
    const asked: AccessEntry = { type: 'repository', name: 'team/app', actions: ['pull', 'push', 'delete'] }
    const granted = async (who: Principal) => (await tokens.issue(who, [asked])).access.map(({ actions }) => actions)
    expect(await granted(ANONYMOUS)).toEqual([['pull']])
    // Whoever would create the project may push to it, and delete when it is there.
    expect(await granted(ann)).toEqual([['pull', 'push']])
    world.grant(world.addProject('team'), ann.id, 'maintainer')
    expect(await granted(ann)).toEqual([['pull', 'push', 'delete']])
    expect(await granted(ANONYMOUS)).toEqual([[]])
  })

  it('names the project of each repository, so that it is good in no other', async () => {
    const project = world.addProject('team')
    world.grant(project, ann.id, 'owner')
    const elsewhere: AccessEntry = { ...PULL, name: 'elsewhere/app' }
    const { token, access }: Issued = await tokens.issue(ann, [PULL, elsewhere])
    expect(access).toEqual([
      { ...PULL, project: project.id },
      { ...elsewhere, project: null },
    ])
    expect<unknown>((await tokens.verify(token)).tokenAccess).toEqual(access)
  })

  it('for * names the actions that * meant then', async () => {
    const { access }: Issued = await tokens.issue(ANONYMOUS, [{ ...PULL, actions: ['*'] }])
    expect(access).toEqual([{ ...PULL, project: null }])
  })

  it('for the catalog takes the right to it', async () => {
    const catalog: TokenAccess = { type: 'registry', name: 'catalog', actions: ['*'], project: null }
    expect((await tokens.issue(ann, [catalog])).access).toEqual([catalog])
    world.anonymous = 'none'
    expect((await tokens.issue(ANONYMOUS, [catalog])).access).toEqual([{ ...catalog, actions: [] }])
  })

  it('without any scope is still a token of that person', async () => {
    const { token } = await tokens.issue(ann, [])
    expect(await tokens.verify(token)).toEqual({ ...ann, tokenAccess: [] })
  })
})

describe('the owner of a token is looked up at each use', () => {
  it.each<[string, () => unknown]>([
    ['disabled', () => world.add('ann', { disabled: true })],
    ['expired', () => world.add('ann', { expiresAt: new Date(nowMs) })],
    ['gone', () => world.remove(account)],
    ['signed out after it was issued', () => world.add('ann', { revokedBefore: nowMs + 1 })],
  ])('%s: refused at once, also where it was good before', async (_, change) => {
    const { token } = await tokens.issue(ann, [PULL])
    expect(await refused(token)).toBe(false)
    change()
    expect(await refused(token)).toBe(true)
    expect(await refused(token, newService(keys))).toBe(true)
  })

  it('signed out before it was issued: still good', async () => {
    world.add('ann', { revokedBefore: nowMs })
    expect(await refused((await tokens.issue(ann, [PULL])).token)).toBe(false)
  })

  it('his name is the one he has now', async () => {
    const { token } = await tokens.issue(ann, [])
    world.add('ann', { name: 'anna' })
    expect(await tokens.verify(token)).toMatchObject({ id: ann.id, name: 'anna' })
  })

  it('of an API key: with what the key may do now, and not when the key is gone', async () => {
    const key: KeyLimits = { id: 'key-1', scopes: [{ pattern: 'team/*', actions: ['pull'] }] }
    limits.set(key.id, key)
    const { token } = await tokens.issue({ ...ann, key }, [PULL])
    expect((await tokens.verify(token)).key).toEqual(key)
    const narrower = { ...key, scopes: [] }
    limits.set(key.id, narrower)
    expect((await tokens.verify(token)).key).toEqual(narrower)
    limits.delete(key.id)
    expect(await refused(token)).toBe(true)
  })

  it('of nobody: good for as long as it says', async () => {
    const { token } = await tokens.issue(ANONYMOUS, [PULL])
    expect(await tokens.verify(token)).toEqual({ ...ANONYMOUS, tokenAccess: [{ ...PULL, project: null }] })
  })
})

describe('what is no token of ours', () => {
  const claims = () => ({ access: [{ ...PULL, project: null }], at: nowMs })

  /** As the service makes them, but for what a case changes. */
  async function forged(change: (jwt: SignJWT) => SignJWT, header: Record<string, unknown> = {}): Promise<string> {
    const { id, key } = await keys.signing()
    const seconds = Math.floor(nowMs / 1000)
    const jwt = new SignJWT(claims())
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: id, ...header })
      .setIssuer(TOKEN_SERVICE)
      .setAudience(TOKEN_SERVICE)
      .setSubject(ann.id)
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

  it.each(['sub', 'iat', 'nbf', 'exp', 'jti', 'access', 'at', 'iss', 'aud'])('a token without "%s"', async (claim) => {
    const { id, key } = await keys.signing()
    const seconds = Math.floor(nowMs / 1000)
    const times = { iat: seconds, nbf: seconds, exp: seconds + 300 }
    const whole = { ...claims(), ...times, iss: TOKEN_SERVICE, aud: TOKEN_SERVICE, sub: ann.id, jti: 'id' }
    const payload = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== claim))
    const token = await new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: id }).sign(key)
    expect(await refused(token)).toBe(true)
  })

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
    const { token } = await tokens.issue(ann, [PULL])
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
    const { token } = await tokens.issue(ann, [PULL])
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
