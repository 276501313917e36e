import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import { DeviceCodes } from '../../src/auth/device-codes.ts'
import { FailedSignIns } from '../../src/auth/failed-sign-ins.ts'
import { changeUser, createUser, signOutUser } from '../../src/auth/manage-users.ts'
import { findUser } from '../../src/auth/user-store.ts'
import { BY_OPERATOR } from '../../src/cli/offline.ts'
import { TestBrowser } from './support/browser.ts'
import { type InProcess, openInProcess } from './support/in-process.ts'
import { bearer } from './support/server.ts'

const PASSWORD = 'correct horse'
const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const CLIENT = 'berth login'

let registry: InProcess

beforeAll(async () => {
  registry = await openInProcess()
  for (const name of ['ann', 'bob', 'eve'])
    await createUser(registry.app.management, BY_OPERATOR, { name, password: PASSWORD, systemRole: 'none' })
})
afterAll(() => registry.close())
// Codes of other tests must not count.
beforeEach(() => registry.clock.advance(30 * 60_000))

async function post(path: string, form: Readonly<Record<string, string>>) {
  const response = await fetch(`${registry.url}${path}`, { method: 'POST', body: new URLSearchParams(form) })
  const body = (await response.json()) as Readonly<Record<string, string | number>>
  return { status: response.status, headers: response.headers, body }
}

async function begin(client = CLIENT) {
  const { status, body } = await post('/auth/device/code', { client_id: client })
  expect(status).toBe(200)
  return { device: String(body.device_code), user: String(body.user_code), body }
}

function poll(device: string, client = CLIENT) {
  return post('/token', { grant_type: GRANT, device_code: device, client_id: client })
}

async function signedIn(name = 'ann'): Promise<TestBrowser> {
  const browser = new TestBrowser(registry.url)
  expect((await browser.signIn(name, PASSWORD)).status).toBe(303)
  // Its forms have another token.
  await browser.get('/auth/')
  return browser
}

async function decide(browser: TestBrowser, user: string, decision: 'approve' | 'refuse') {
  await browser.get(`/auth/device?user_code=${user}`)
  return browser.post('/auth/device', { user_code: user, decision })
}

async function expectError(work: ReturnType<typeof poll>, error: string): Promise<void> {
  const { status, body, headers } = await work
  expect([status, body.error]).toEqual([400, error])
  expect(headers.get('cache-control')).toBe('no-store')
}

describe('a device that signs in', () => {
  it('gets a code that people can type', async () => {
    const { user, body } = await begin()
    expect(user).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
    expect(body).toMatchObject({
      verification_uri: `${registry.url}/auth/device`,
      verification_uri_complete: `${registry.url}/auth/device?user_code=${user}`,
      expires_in: 600,
      interval: 5,
    })
  })

  it('waits, is told when it asks too often, and gets a refresh token once approved', async () => {
    const { device, user } = await begin()
    await expectError(poll(device), 'authorization_pending')
    await expectError(poll(device), 'slow_down')
    registry.clock.advance(5000)
    await expectError(poll(device), 'authorization_pending')
    const browser = await signedIn()
    const shown = await browser.get(`/auth/device?user_code=${user.toLowerCase().replace('-', ' ')}`)
    expect(shown.text).toContain(user)
    expect(shown.text).toContain(CLIENT)
    expect(shown.text).toContain('127.0.0.1')
    expect((await browser.post('/auth/device', { user_code: user, decision: 'approve' })).text).toContain('Approved')
    const { status, body } = await poll(device)
    expect(status).toBe(200)
    expect(body.refresh_token).toMatch(/^berth_refresh_/)
    expect((await registry.with(bearer(String(body.access_token))).send('GET', '/v2/')).status).toBe(200)
    const again = await post('/token', { grant_type: 'refresh_token', refresh_token: String(body.refresh_token) })
    expect(again.status).toBe(200)
    await expectError(poll(device), 'invalid_grant')
  })

  it('is refused', async () => {
    const { device, user } = await begin()
    expect((await decide(await signedIn(), user, 'refuse')).text).toContain('Refused')
    await expectError(poll(device), 'access_denied')
    await expectError(poll(device), 'invalid_grant')
  })

  it('comes too late', async () => {
    const [late, approved] = [await begin(), await begin()]
    await decide(await signedIn(), approved.user, 'approve')
    registry.clock.advance(600_000)
    await expectError(poll(late.device), 'expired_token')
    await expectError(poll(approved.device), 'expired_token')
    const page = await decide(await signedIn(), late.user, 'approve')
    expect(page.status).toBe(400)
    await registry.runJob('expire-sign-ins')
    await expectError(poll(late.device), 'invalid_grant')
  })

  it('gets nothing for a code that is not its own, or none', async () => {
    const { device, user } = await begin()
    await decide(await signedIn(), user, 'approve')
    await expectError(poll(device, 'another'), 'invalid_grant')
    for (const wrong of ['', 'x', user, `${device}0`]) await expectError(poll(wrong), 'invalid_grant')
    expect((await poll(device)).status).toBe(200)
  })

  it('gets nothing from whoever was disabled or signed out in between', async () => {
    const { management } = registry.app
    const first = await begin()
    await decide(await signedIn('bob'), first.user, 'approve')
    registry.clock.advance(1)
    await signOutUser(management, BY_OPERATOR, 'bob')
    await expectError(poll(first.device), 'access_denied')
    const second = await begin()
    await decide(await signedIn('bob'), second.user, 'approve')
    await changeUser(management, BY_OPERATOR, 'bob', { disabled: true })
    await expectError(poll(second.device), 'access_denied')
    await changeUser(management, BY_OPERATOR, 'bob', { disabled: false })
  })
})

describe('whoever approves', () => {
  it('signs in first, and comes back', async () => {
    const { user } = await begin()
    const browser = new TestBrowser(registry.url)
    const asked = await browser.get(`/auth/device?user_code=${user}`)
    expect(asked.status).toBe(303)
    await browser.get(asked.location)
    const next = new URL(asked.location, registry.url).searchParams.get('next') ?? ''
    const entered = await browser.post('/auth/sign-in', { username: 'ann', password: PASSWORD, next })
    expect(entered.location).toBe(`/auth/device?user_code=${user}`)
    expect((await browser.get(entered.location)).text).toContain('Approve')
  })

  it('is the first, and nobody after that', async () => {
    const { device, user } = await begin()
    const [ann, eve] = [await signedIn('ann'), await signedIn('eve')]
    await decide(ann, user, 'approve')
    for (const decision of ['approve', 'refuse'] as const) expect((await decide(eve, user, decision)).status).toBe(400)
    const { body } = await poll(device)
    const [, claims = ''] = String(body.access_token).split('.')
    const { sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub: string }
    const account = await registry.app.management.accounts.find(sub)
    expect(account?.name).toBe('ann')
  })

  it('has to say which of the two', async () => {
    const { device, user } = await begin()
    const browser = await signedIn()
    await browser.get(`/auth/device?user_code=${user}`)
    expect((await browser.post('/auth/device', { user_code: user })).status).toBe(400)
    await expectError(poll(device), 'authorization_pending')
  })

  it('cannot guess codes for long', async () => {
    const { user } = await begin()
    const browser = await signedIn('eve')
    const guess = () => browser.get('/auth/device?user_code=BBBB-BBBB')
    for (let count = 0; count < 6; count++) expect((await guess()).status).toBe(400)
    const page = await browser.get(`/auth/device?user_code=${user}`)
    expect([page.status, page.text.includes('Please wait')]).toEqual([429, true])
    expect((await browser.post('/auth/device', { user_code: user, decision: 'approve' })).status).toBe(429)
    // Nobody else has to wait, and the password of the one who does is as good as ever.
    expect((await (await signedIn('ann')).get(`/auth/device?user_code=${user}`)).status).toBe(200)
    await signedIn('eve')
  })

  it('leaves a trace', async () => {
    await registry.app.management.recorder.seal()
    const { db } = registry.app.database.reader
    const rows = await db.selectFrom('audit').select(['action', 'actor_name']).execute()
    const found = rows.map(({ action, actor_name }) => `${actor_name} ${action}`)
    expect(found).toContain('ann device.approved')
    expect(found).toContain('ann device.refused')
  })
})

describe('two at the same moment', () => {
  const devices = () => {
    const { database, management } = registry.app
    const { accounts, clock, recorder } = management
    return new DeviceCodes({ database, accounts, recorder, clock, failed: new FailedSignIns(clock) })
  }
  const judge = async (name: string) => {
    const user = await findUser(registry.app.database.reader, name)
    const principal = { kind: 'user', id: `user:${user?.id}`, name } as const
    return { principal, address: '127.0.0.1', network: '127.0.0.1' }
  }

  it('approve: the first does', async () => {
    const { user } = await begin()
    const codes = devices()
    const judges = [await judge('ann'), await judge('eve')]
    const judged = await Promise.all(judges.map((each) => codes.judge(user, true, each)))
    expect(judged.filter((code) => code !== undefined)).toHaveLength(1)
  })

  it('fetch: one gets it', async () => {
    const { device, user } = await begin()
    await decide(await signedIn(), user, 'approve')
    const codes = devices()
    const fetched = await Promise.allSettled([1, 2, 3].map(() => codes.redeem(device, CLIENT, '127.0.0.1')))
    expect(fetched.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected'])
  })
})

describe('codes that wait', () => {
  it('are ten for one network', async () => {
    for (let count = 0; count < 10; count++) await begin()
    const { status, body, headers } = await post('/auth/device/code', { client_id: CLIENT })
    expect([status, body.error]).toEqual([429, 'temporarily_unavailable'])
    expect(headers.get('retry-after')).toBe('60')
    registry.clock.advance(600_000)
    await begin()
  })

  it('have a client with a name that cannot deceive', async () => {
    const { user } = await begin(`\u202Eevil\u0007\n${'x'.repeat(200)}`)
    const { text } = await (await signedIn()).get(`/auth/device?user_code=${user}`)
    expect(text).toContain(`<dd>evil${'x'.repeat(96)}</dd>`)
  })
})

describe('a refresh token', () => {
  async function freshToken(): Promise<string> {
    const form = { grant_type: 'password', username: 'ann', password: PASSWORD, access_type: 'offline' }
    return String((await post('/token', form)).body.refresh_token)
  }
  const redeem = (token: string) => post('/token', { grant_type: 'refresh_token', refresh_token: token })

  it('is ended by whoever has it', async () => {
    const [token, other] = [await freshToken(), await freshToken()]
    expect((await redeem(token)).status).toBe(200)
    expect((await post('/auth/revoke', { token })).status).toBe(200)
    expect((await redeem(token)).status).toBe(401)
    expect((await redeem(other)).status).toBe(200)
  })

  it('that is none is ended already', async () => {
    for (const token of ['', 'x', 'berth_refresh_x']) expect((await post('/auth/revoke', { token })).status).toBe(200)
  })
})
