import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import { changeUser } from '../../src/auth/manage-users.ts'
import { BY_OPERATOR } from '../../src/cli/offline.ts'
import { startOidcProvider, type TestOidcProvider } from '../support/oidc.ts'
import { type Page, TestBrowser } from './support/browser.ts'
import { type InProcess, openInProcess } from './support/in-process.ts'

// A proxy with HTTPS stands in front.
const ORIGIN = 'https://berth.test'
const LABEL = 'Corp & <b>Co</b>'

let provider: TestOidcProvider
let registry: InProcess

beforeAll(async () => {
  const redirectUris = ['corp', 'other'].map((name) => `${ORIGIN}/auth/callback/${name}`)
  provider = await startOidcProvider({
    clients: [{ clientId: 'berth', redirectUris }],
    accounts: {
      ann: { preferred_username: 'ann', email: 'ann@corp.test', email_verified: true, groups: ['dev'] },
      bob: { preferred_username: 'bob' },
    },
  })
  const corp = { issuer: provider.issuer, clientId: 'berth', scopes: 'openid profile email groups' }
  const oidc = { corp: { ...corp, label: LABEL }, other: corp }
  registry = await openInProcess({ config: { externalUrl: ORIGIN, auth: { oidc } } })
})
afterAll(async () => {
  await registry.close()
  await provider.close()
})
beforeEach(() => registry.clock.advance(1000))

function open(): TestBrowser {
  return new TestBrowser(registry.url, { origin: ORIGIN })
}

/** The path that the provider sends the browser back to. */
async function goThere(browser: TestBrowser, { login = 'ann', next = '/auth/' } = {}): Promise<string> {
  const off = await browser.get(`/auth/login/corp?${new URLSearchParams({ next })}`)
  expect([off.status, new URL(off.location).origin]).toEqual([303, provider.issuer])
  const back = await provider.signIn(new URL(off.location), login)
  expect(back.origin).toBe(ORIGIN)
  return `${back.pathname}${back.search}`
}

async function expectRestart(page: Page, browser: TestBrowser): Promise<void> {
  expect(page.status).toBe(400)
  expect(page.text).toMatch(/<a [^>]*href="\/auth\/"[^>]*>Begin again<\/a>/)
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect([...browser.cookies.keys()]).not.toContain('__Host-berth')
}

describe('signing in with a provider', () => {
  it('is a link for each, which is no form', async () => {
    const { text } = await open().get('/auth/')
    expect(text).toContain('href="/auth/login/corp?next=%2Fauth%2F">Sign in with Corp &amp; &lt;b&gt;Co&lt;/b&gt;</a>')
    expect(text).toContain('>Sign in with other</a>')
  })

  it('signs in, and goes where one wanted to', async () => {
    const browser = open()
    const page = await browser.get(await goThere(browser, { next: '/auth/device?user_code=BCDF-GHJK' }))
    expect([page.status, page.location]).toEqual([303, '/auth/device?user_code=BCDF-GHJK'])
    expect(page.setCookies).toHaveLength(1)
    expect(page.setCookies[0]).toMatch(
      /^__Host-berth=berth_session_[^;]+; Path=\/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax$/,
    )
    const { text } = await browser.get('/auth/')
    expect(text).toContain('<dd>ann</dd>')
    expect(text).toContain('corp:dev')
    await registry.app.management.recorder.seal()
    const { db } = registry.app.database.reader
    const rows = await db.selectFrom('audit').selectAll().where('action', '=', 'sign-in').execute()
    expect(rows.map((row) => `${row.actor_name} ${row.outcome} ${row.detail}`)).toContain(
      'ann done {"via":"corp","for":"browser"}',
    )
  })

  it.each(['//evil.test', '/\\evil.test', 'https://evil.test/', '/\t/evil.test'])('%p stays here', async (next) => {
    const browser = open()
    expect((await browser.get(await goThere(browser, { next }))).location).toBe('/auth/')
  })

  it('replaces the session of the browser', async () => {
    const browser = open()
    await browser.get(await goThere(browser))
    const first = browser.cookies.get('__Host-berth') ?? ''
    await browser.get(await goThere(browser, { login: 'bob' }))
    const copy = open()
    copy.cookies.set('__Host-berth', first)
    expect((await copy.get('/auth/')).text).toContain('<h1>Sign in</h1>')
  })

  it('signs out', async () => {
    const browser = open()
    await browser.get(await goThere(browser))
    await browser.get('/auth/')
    const page = await browser.post('/auth/sign-out', {}, browser.home)
    expect(page.setCookies[0]).toBe('__Host-berth=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax')
  })
})

describe('coming back wrongly', () => {
  it('a second time', async () => {
    const browser = open()
    const back = await goThere(browser)
    await browser.get(back)
    browser.cookies.delete('__Host-berth')
    await expectRestart(await browser.get(back), browser)
  })

  it('in another browser, which spoils nothing for the first', async () => {
    const [browser, stranger] = [open(), open()]
    const back = await goThere(browser)
    await expectRestart(await stranger.get(back), stranger)
    await stranger.get('/auth/')
    await expectRestart(await stranger.get(back), stranger)
    expect((await browser.get(back)).status).toBe(303)
  })

  it('from another provider', async () => {
    const browser = open()
    const back = await goThere(browser)
    const page = await browser.get(back.replace('/callback/corp', '/callback/other'))
    await expectRestart(page, browser)
    // The other one was not even asked.
    expect(page.text).toContain('begun in another browser')
    await expectRestart(await browser.get(back), browser)
  })

  it('too late', async () => {
    const browser = open()
    const back = await goThere(browser)
    registry.clock.advance(10 * 60_000)
    await expectRestart(await browser.get(back), browser)
  })

  it('with a code that is not from the provider', async () => {
    const browser = open()
    const back = new URL(await goThere(browser), ORIGIN)
    back.searchParams.set('code', 'invented')
    await expectRestart(await browser.get(`${back.pathname}${back.search}`), browser)
  })

  it('without anything', async () => {
    const browser = open()
    await expectRestart(await browser.get('/auth/callback/corp'), browser)
    await expectRestart(await browser.get('/auth/callback/corp?state=x&code=y'), browser)
    expect((await browser.get('/auth/callback/nobody?state=x&code=y')).status).toBe(404)
    expect((await browser.get('/auth/login/nobody')).status).toBe(404)
  })

  it('refused, without showing what the provider said', async () => {
    const browser = open()
    const off = await browser.get('/auth/login/corp')
    const back = await provider.refuse(new URL(off.location))
    back.searchParams.set('error_description', '<script>alert(1)</script>')
    const page = await browser.get(`${back.pathname}${back.search}`)
    await expectRestart(page, browser)
    expect(page.text).not.toContain('alert')
  })

  it('disabled here', async () => {
    const browser = open()
    await browser.get(await goThere(browser, { login: 'bob' }))
    await changeUser(registry.app.management, BY_OPERATOR, 'bob', { disabled: true })
    expect((await browser.get('/auth/')).text).toContain('<h1>Sign in</h1>')
    const again = open()
    const page = await again.get(await goThere(again, { login: 'bob' }))
    expect([page.status, page.text.includes('disabled')]).toEqual([403, true])
    expect(again.cookies.has('__Host-berth')).toBe(false)
  })

  it('while the provider is down', async () => {
    const browser = open()
    const back = await goThere(browser)
    await provider.stop()
    try {
      const page = await browser.get(back)
      expect([page.status, page.headers.get('retry-after')]).toEqual([503, '10'])
      expect(registry.errors()).toContain('a sign-in provider cannot be asked')
    } finally {
      await provider.start()
    }
  })
})

describe('the address of a proxy in front', () => {
  it('is where forms come from', async () => {
    const browser = open()
    await browser.get(await goThere(browser))
    for (const origin of [
      registry.url,
      'http://berth.test',
      'https://berth.test.evil.test',
      'https://berth.test:444',
    ]) {
      await browser.get('/auth/')
      expect((await browser.post('/auth/sign-out', {}, { origin })).status).toBe(403)
    }
  })
})
