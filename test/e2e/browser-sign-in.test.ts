import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { changeAccess } from '../../src/access/access-cache.ts'
import { createKey } from '../../src/auth/manage-keys.ts'
import { addGroupMember, createGroup } from '../../src/auth/manage-groups.ts'
import { addTrust, createRobot } from '../../src/auth/manage-robots.ts'
import { changeUser, createUser, signOutUser } from '../../src/auth/manage-users.ts'
import { findRobot } from '../../src/auth/robot-store.ts'
import { findUser, updateUser } from '../../src/auth/user-store.ts'
import { BY_OPERATOR } from '../../src/cli/offline.ts'
import { AUTH_ROUTES } from '../../src/http/auth-pages.ts'
import { startWorkloadIssuer } from '../support/workload-issuer.ts'
import { type Page, TestBrowser } from './support/browser.ts'
import { type InProcess, openInProcess } from './support/in-process.ts'
import { basic } from './support/server.ts'

const PASSWORD = 'correct horse'
const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onfocus=alert(1) autofocus='",
  '</title><svg/onload=alert(1)>',
  'javascript:alert(1)',
  '{{constructor.constructor("alert(1)")()}}',
  '\u202Egnp.exe',
  '&lt;script&gt;',
]

let registry: InProcess

beforeAll(async () => {
  registry = await openInProcess()
  for (const name of ['ann', 'bob', 'eve']) await addUser(name)
  await createGroup(registry.app.management, BY_OPERATOR, 'builders')
  await addGroupMember(registry.app.management, BY_OPERATOR, { group: 'builders', user: 'ann' })
})
afterAll(() => registry.close())

async function addUser(name: string): Promise<void> {
  const systemRole = name === 'ann' ? 'administrator' : 'none'
  await createUser(registry.app.management, BY_OPERATOR, { name, password: PASSWORD, systemRole })
}

function open(): TestBrowser {
  return new TestBrowser(registry.url)
}

async function signedIn(name = 'ann'): Promise<TestBrowser> {
  const browser = open()
  expect((await browser.signIn(name, PASSWORD)).status).toBe(303)
  await browser.get('/auth/')
  return browser
}

async function whoIs(browser: TestBrowser): Promise<string | undefined> {
  const { text } = await browser.get('/auth/')
  return /<dt>User name<\/dt>\s*<dd>([^<]*)<\/dd>/.exec(text)?.[1]
}

/** Nothing that a browser would run or load, and the policy that would stop it anyway. */
function expectInert({ text, headers }: Page): void {
  expect(headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src 'nonce-[^']+'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
  )
  expect(text).not.toMatch(/<(?:script|img|svg|iframe|object)\b/i)
  const withoutValues = text.replaceAll(/"[^"]*"/g, '""')
  expect(withoutValues).not.toMatch(/<[^>]*\s(?:on\w+|autofocus)\b/i)
  expect(text).not.toMatch(/(?:href|src|action)="(?!\/)/i)
}

async function auditOf(action: string, { app } = registry): Promise<string[]> {
  await app.management.recorder.seal()
  const { db } = app.database.reader
  const rows = await db.selectFrom('audit').selectAll().where('action', '=', action).orderBy('id').execute()
  return rows.map((row) => `${row.actor_name} ${row.outcome} ${row.detail}`)
}

describe('the sign-in page', () => {
  it('has labels, no script, and headers that keep others out', async () => {
    const page = await open().get('/auth/')
    expect(page.status).toBe(200)
    expectInert(page)
    for (const [, id] of page.text.matchAll(/<input\s[^>]*id="([^"]+)"/g))
      expect(page.text).toContain(`<label for="${id}">`)
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'content-type': 'text/html; charset=utf-8',
    })
  })

  it('says that a password is wrong, and signs nobody in', async () => {
    const browser = open()
    for (const username of ['ann', 'nobody', '']) {
      const page = await browser.signIn(username, 'wrong')
      expect(page.status).toBe(401)
      expect(page.text).toContain('The user name or password is wrong.')
      expect([...browser.cookies.keys()]).toEqual(['berth-browser'])
    }
    expect((await browser.signIn('', '')).status).toBe(401)
  })

  it('signs in, and shows who that is', async () => {
    const browser = open()
    const page = await browser.signIn('ann', PASSWORD)
    expect([page.status, page.location]).toEqual([303, '/auth/'])
    expect(page.setCookies).toHaveLength(1)
    expect(page.setCookies[0]).toMatch(/^berth=berth_session_[^;]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax$/)
    expect(await whoIs(browser)).toBe('ann')
    expect((await browser.get('/auth/')).text).toContain('builders')
    expect(await auditOf('sign-in')).toContain('ann done {"via":"local","for":"browser"}')
  })

  it('takes no keys, not even of the right person', async () => {
    const { management, database } = registry.app
    const user = await findUser(database.reader, 'bob')
    if (user === undefined) throw new Error('no user')
    const { secret } = await createKey(management, BY_OPERATOR, user, { name: 'ci' })
    const browser = open()
    expect((await browser.signIn('bob', secret)).status).toBe(401)
    expect(browser.cookies.has('berth')).toBe(false)
  })

  it('asks to wait, kindly, after many wrong passwords', async () => {
    const browser = open()
    for (let count = 0; count < 6; count++) await browser.signIn('eve', 'wrong')
    const page = await browser.signIn('eve', PASSWORD)
    expect(page.status).toBe(429)
    expect(page.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(page.text).toContain('Please wait')
    registry.clock.advance(60_000)
    expect((await browser.signIn('eve', PASSWORD)).status).toBe(303)
  })

  it('asks for no password where others could read it', async () => {
    const page = await open().get('/auth/', { host: 'registry.example' })
    expect(page.status).toBe(403)
    expect(page.text).toContain('HTTPS')
    expect(page.text).not.toContain('<form')
    expect(page.setCookies).toEqual([])
  })
})

describe('programs', () => {
  it('do not sign in with a browser, however good their token is', async () => {
    const issuer = await startWorkloadIssuer({ now: () => registry.clock.now() })
    const workload = { ci: { issuer: issuer.issuer, audience: 'berth' } }
    const there = await openInProcess({ config: { auth: { workload } } })
    try {
      const m = there.app.management
      const { name } = await createRobot(m, BY_OPERATOR, undefined, { name: 'ci', withoutSecret: true })
      const robot = await findRobot(there.app.database.reader, name)
      if (robot === undefined) throw new Error('no robot')
      await addTrust(m, BY_OPERATOR, robot, { issuer: 'ci', claims: { sub: 'job' } })
      const token = await issuer.sign({ sub: 'job', aud: 'berth', iat: seconds(there), exp: seconds(there) + 300 })
      expect((await there.send('GET', '/v2/', { headers: basic(name, token) })).status).toBe(200)
      const browser = new TestBrowser(there.url)
      expect((await browser.signIn(name, token)).status).toBe(401)
      expect(browser.cookies.has('berth')).toBe(false)
      expect((await auditOf('sign-in', there)).at(-1)).toBe(`${name} refused {"for":"browser","reason":"not a person"}`)
    } finally {
      await there.close()
      await issuer.close()
    }
  })

  const seconds = ({ clock }: InProcess) => Math.floor(clock.now().getTime() / 1000)
})

describe('a session', () => {
  it('is new at each sign-in, whatever the browser had before', async () => {
    const planted = (await signedIn('bob')).cookies.get('berth') ?? ''
    const browser = open()
    await browser.get('/auth/')
    browser.cookies.set('berth', planted)
    expect((await browser.post('/auth/sign-in', { username: 'ann', password: PASSWORD })).status).toBe(303)
    expect(browser.cookies.get('berth')).not.toBe(planted)
    expect(await whoIs(browser)).toBe('ann')
    const attacker = open()
    attacker.cookies.set('berth', planted)
    expect(await whoIs(attacker)).toBeUndefined()
  })

  it('ends the one before in the same browser', async () => {
    const browser = open()
    await browser.get('/auth/')
    const { csrf } = browser
    await browser.post('/auth/sign-in', { username: 'ann', password: PASSWORD })
    const first = browser.cookies.get('berth') ?? ''
    await browser.post('/auth/sign-in', { csrf, username: 'bob', password: PASSWORD })
    expect(browser.cookies.get('berth')).not.toBe(first)
    expect(await whoIs(browser)).toBe('bob')
    const stale = open()
    stale.cookies.set('berth', first)
    expect(await whoIs(stale)).toBeUndefined()
  })

  it('dies when its owner signs out', async () => {
    const browser = await signedIn()
    const copy = open()
    copy.cookies.set('berth', browser.cookies.get('berth') ?? '')
    const page = await browser.post('/auth/sign-out', {})
    expect([page.status, page.location]).toEqual([303, '/auth/'])
    expect(page.setCookies[0]).toStartWith('berth=; Path=/; Max-Age=0')
    expect(await whoIs(copy)).toBeUndefined()
    expect(await auditOf('sign-out')).toContain('ann done {"for":"browser"}')
  })

  it('dies at once with its owner', async () => {
    await addUser('dan')
    const browser = await signedIn('dan')
    await changeUser(registry.app.management, BY_OPERATOR, 'dan', { disabled: true })
    expect(await whoIs(browser)).toBeUndefined()
    expect((await open().signIn('dan', PASSWORD)).status).toBe(401)
  })

  it('dies when its owner is signed out everywhere, or gets another password', async () => {
    await addUser('fay')
    for (const end of [
      () => signOutUser(registry.app.management, BY_OPERATOR, 'fay'),
      () => changeUser(registry.app.management, BY_OPERATOR, 'fay', { password: 'another one' }),
    ]) {
      const browser = await signedIn('fay')
      registry.clock.advance(1)
      await end()
      expect(await whoIs(browser)).toBeUndefined()
    }
  })

  it('is void when it is older than what its owner revoked, also where its row is still there', async () => {
    await addUser('gus')
    const browser = await signedIn('gus')
    const { database } = registry.app
    const user = await findUser(database.reader, 'gus')
    registry.clock.advance(1)
    const revokedBefore = registry.clock.now()
    await changeAccess(database, (tx) => updateUser(tx, user?.id ?? '', { revokedBefore }))
    expect(await whoIs(browser)).toBeUndefined()
    expect(await whoIs(await signedIn('gus'))).toBe('gus')
  })

  it('dies after twelve hours, however busy', async () => {
    const browser = await signedIn()
    registry.clock.advance(12 * 60 * 60_000 - 1)
    expect(await whoIs(browser)).toBe('ann')
    registry.clock.advance(1)
    expect(await whoIs(browser)).toBeUndefined()
  })

  it('is not looked at by the registry nor by the token endpoint', async () => {
    const browser = await signedIn()
    const cookie = `berth=${browser.cookies.get('berth')}; __Host-berth=${browser.cookies.get('berth')}`
    const headers = { cookie }
    for (const path of ['/v2/', '/v2/_catalog', '/v2/team/app/tags/list'])
      expect((await registry.send('GET', path, { headers })).status).toBe(401)
    const scope = 'repository:team/app:pull,push'
    const access = async (more: Readonly<Record<string, string>>) => {
      const { text } = await registry.send('GET', '/token', { headers: more, query: { scope } })
      return (JSON.parse(text) as { scope: string }).scope
    }
    expect(await access(headers)).toBe('repository:team/app:')
    expect(await access(basic('ann', PASSWORD))).toBe('repository:team/app:pull,push')
  })
})

describe('forms that another site sent', () => {
  const forms: readonly [path: string, fields: Readonly<Record<string, string>>][] = [
    ['/auth/sign-in', { username: 'ann', password: PASSWORD }],
    ['/auth/sign-out', {}],
    ['/auth/device', { user_code: 'BBBB-BBBB', decision: 'approve' }],
  ]
  const foreign: readonly Readonly<Record<string, string>>[] = [
    { origin: 'https://evil.test' },
    { origin: 'https://evil.test', 'sec-fetch-site': 'same-origin' },
    { origin: 'null' },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]

  it.each(forms)('%s is refused, whatever it carries', async (path, fields) => {
    for (const headers of foreign) {
      const browser = path === '/auth/sign-in' ? open() : await signedIn()
      await browser.get('/auth/')
      const page = await browser.post(path, fields, headers)
      expect([page.status, headers]).toEqual([403, headers])
      if (path !== '/auth/sign-in') expect(await whoIs(browser)).toBe('ann')
      else expect(browser.cookies.has('berth')).toBe(false)
    }
  })

  it.each(forms)('%s is refused without the token of the form, or with another’s', async (path, fields) => {
    const other = await signedIn('bob')
    for (const csrf of ['', 'x', other.csrf]) {
      const browser = path === '/auth/sign-in' ? open() : await signedIn()
      await browser.get('/auth/')
      const page = await browser.post(path, { ...fields, csrf }, browser.home)
      expect([page.status, csrf]).toEqual([403, csrf])
    }
  })

  it('is taken from a browser that says nothing of where it comes from, with the token', async () => {
    const browser = await signedIn()
    expect((await browser.post('/auth/sign-out', {}, {})).status).toBe(303)
  })

  it('is refused when it is very large', async () => {
    const browser = open()
    await browser.get('/auth/')
    expect((await browser.post('/auth/sign-in', { username: 'a'.repeat(70_000) })).status).toBe(413)
  })
})

describe('where to go after signing in', () => {
  it.each(['//evil.test', '/\\evil.test', 'https://evil.test/', '/\t/evil.test', 'javascript:alert(1)', ''])(
    '%p stays here',
    async (next) => {
      const browser = open()
      const shown = await browser.get(`/auth/?${new URLSearchParams({ next })}`)
      expectInert(shown)
      const page = await browser.post('/auth/sign-in', { username: 'ann', password: PASSWORD, next })
      expect([page.status, page.location]).toEqual([303, '/auth/'])
    },
  )

  it('is where one wanted to go', async () => {
    const browser = open()
    const asked = await browser.get('/auth/device?user_code=BCDF-GHJK')
    expect([asked.status, asked.location]).toEqual([303, '/auth/?next=%2Fauth%2Fdevice%3Fuser_code%3DBCDF-GHJK'])
    const shown = await browser.get(asked.location)
    expect(shown.text).toContain('value="/auth/device?user_code=BCDF-GHJK"')
  })
})

describe('what others wrote', () => {
  it.each(HOSTILE)('%p is only text on every page', async (text) => {
    const browser = open()
    expectInert(await browser.get(`/auth/?${new URLSearchParams({ next: text })}`))
    expectInert(await browser.signIn(text, 'wrong', text))
    const there = await signedIn()
    expectInert(await there.get(`/auth/device?${new URLSearchParams({ user_code: text })}`))
    registry.clock.advance(60 * 60_000)
    const again = await signedIn()
    const form = new URLSearchParams({ client_id: text })
    const answer = await fetch(`${registry.url}/auth/device/code`, { method: 'POST', body: form })
    const { user_code } = (await answer.json()) as { user_code: string }
    const page = await again.get(`/auth/device?user_code=${user_code}`)
    expect(page.text).toContain('It calls itself')
    expectInert(page)
    expectInert(await again.post('/auth/device', { user_code, decision: 'refuse' }))
  })
})

describe('the table of routes', () => {
  it('names every way in once', () => {
    const names = AUTH_ROUTES.map(({ method, path }) => `${method} ${path}`)
    expect(new Set(names).size).toBe(names.length)
  })

  it.each(AUTH_ROUTES.map(({ method, path, access }) => [method, path, access] as const))(
    '%s %s is for %s',
    async (method, path, access) => {
      const browser = open()
      await browser.get('/auth/')
      const at = path.replace(':provider', 'nobody')
      const page = method === 'GET' ? await browser.get(at) : await browser.post(at, {})
      const expected = {
        'GET public': path.includes(':provider') ? 404 : 200,
        'POST form': 401,
        'GET session': 303,
        'POST session': 401,
        'POST client': 200,
      }
      expect([`${method} ${access}`, page.status]).toEqual([
        `${method} ${access}`,
        expected[`${method} ${access}` as keyof typeof expected],
      ])
      expect(browser.cookies.has('berth')).toBe(false)
    },
  )

  it('has nothing else below /auth/', async () => {
    for (const path of ['/auth/x', '/auth/login/', '/auth/login/a/b', '/auth/device/', '/auth/callback/..%2f'])
      expect((await open().get(path)).status).toBe(404)
    expect((await registry.send('PUT', '/auth/device')).status).toBe(405)
    expect((await registry.send('GET', '/auth/revoke')).status).toBe(405)
  })
})
