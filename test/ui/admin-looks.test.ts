import { beforeAll, describe, expect, it } from 'bun:test'
import { addUser, berth } from '../e2e/support/command.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { basic, useServer } from '../e2e/support/server.ts'
import { untilTrue } from '../e2e/support/until.ts'
import { useBrowser, WIDTHS } from './support/browser.ts'

const PASSWORD = 'correct horse'
const HOSTILE = '<img src=x onerror="document.title=1">\u202Eevil'
const LONG = `https://hooks.example/${'a'.repeat(900)}`
const AUDITOR = { name: 'auditor', password: PASSWORD }

const server = useServer()
const { visit, violations, widerThanWindow } = useBrowser(server, { name: 'root', password: PASSWORD })
const asRoot = () => server.with(basic('root', PASSWORD))

/** What stands in each part when it is there. */
const PARTS: Readonly<Record<string, string>> = {
  overview: 'What needs attention',
  usage: 'Repositories that hold most',
  storage: 'Garbage collection',
  jobs: 'audit-seal',
  settings: 'listen',
  users: 'auditor',
  'users/root': 'API keys',
  groups: 'devs',
  'groups/devs': 'Members',
  robots: 'Accounts for programs, of the whole registry and of its projects.',
  access: 'Find out',
  upstreams: 'https://registry-1.docker.io',
  replication: 'nightly',
  'replication/nightly': 'Executions',
  adoption: 'Nothing is adopted.',
  scanners: 'Vulnerability data',
  audit: 'key.created',
  events: 'Waiting for something to happen…',
}

beforeAll(async () => {
  const { dataDir } = server.running
  await addUser(dataDir, 'root', PASSWORD)
  const added = await berth(['user', 'add', 'auditor', '--role', 'auditor', '--data', dataDir], {
    input: `${PASSWORD}\n`,
  })
  expect(added.stderr).toBe('')
  await untilTrue('the server asks who comes', async () => (await server.send('GET', '/v2/')).status === 401)
  await pushImage({ registry: asRoot(), name: 'team/app' }, image('app'), 'v1')
  const made: readonly (readonly [path: string, body: object])[] = [
    ['/groups', { name: 'devs' }],
    ['/remotes', { name: 'docker.io' }],
    ['/sources', { remote: 'docker.io', project: 'team' }],
    ['/replication/rules', { name: 'nightly', remote: 'docker.io', direction: 'pull', repositories: 'library/**' }],
    ['/webhooks', { url: LONG, types: ['tag.', 'manifest.'], repositories: `${'b'.repeat(200)}/**` }],
    ['/me/keys', { name: HOSTILE, scopes: [{ pattern: `${'a'.repeat(120)}/**`, allows: 'reader' }] }],
  ]
  const headers = { 'content-type': 'application/json' }
  for (const [path, body] of made) {
    const answer = await asRoot().send('POST', `/api/v1${path}`, {
      headers,
      body: new TextEncoder().encode(JSON.stringify(body)),
    })
    expect(answer.status, answer.text).toBeLessThan(300)
  }
})

describe('the administration', () => {
  for (const width of WIDTHS)
    it(`has no violation that axe finds, light or dark, ${width} px`, async () => {
      const { page, complaints } = await visit('/admin/', { width })
      const look = async (path: string, text: string) => {
        await page.goto(`${server.url}${path}`)
        await page.locator('main').getByText(text, { exact: true }).filter({ visible: true }).first().waitFor()
        expect(await widerThanWindow(page), `${path} scrolls sideways`).toBe(false)
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          expect(await violations(page), `${path} ${colorScheme}`).toEqual([])
        }
      }
      for (const [part, text] of Object.entries(PARTS)) await look(`/admin/${part}`, text)
      await look('/admin/webhooks', LONG)
      await look('/admin/bin', 'The recycle bin is empty')
      await look('/me', HOSTILE)
      expect(await page.title()).toBe('Your account – Berth')
      expect(complaints).toEqual([])
    })

  it('is left by another part: by a choice where it is narrow, by a link where it is wide', async () => {
    const { page } = await visit('/admin/', { width: 320 })
    await page.getByLabel('Part of the administration').selectOption('Groups')
    await page.getByRole('heading', { name: 'Groups', level: 1 }).waitFor()
    await page.setViewportSize({ width: 1280, height: 800 })
    const navigation = page.getByRole('navigation', { name: 'Administration' })
    await navigation.getByRole('link', { name: 'Jobs' }).click()
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor()
    expect(await navigation.locator('[aria-current=page]').textContent()).toBe('Jobs')
  })

  it('shows auditors everything without a button that changes something', async () => {
    const { page, complaints } = await visit('/admin/users', { as: AUDITOR })
    const changes = /^(New|Add|Edit|Remove|Run now|Test|Turn|Disable|Enable|Reset|Take|Collect|Manage|Look again)/
    for (const [part, text] of Object.entries(PARTS)) {
      await page.goto(`${server.url}/admin/${part}`)
      await page.locator('main').getByText(text, { exact: true }).filter({ visible: true }).first().waitFor()
      const buttons = await page.locator('main').getByRole('button').allTextContents()
      expect(
        buttons.filter((each) => changes.test(each)),
        part,
      ).toEqual([])
    }
    await page.goto(`${server.url}/admin/webhooks`)
    await page.getByText('There is no such part of the administration for you.').waitFor()
    expect(complaints).toEqual([])
  })

  it('is worked with by keyboard alone, and gives the focus back', async () => {
    const { page } = await visit('/admin/groups')
    await page.getByRole('button', { name: 'New group' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.type('by-keyboard')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement.textContent')).toBe('New group')
    await page.getByRole('link', { name: 'by-keyboard' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('Nobody is in it yet.').waitFor()
    await page.getByRole('button', { name: 'Remove the group' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Remove the group')
  })

  it('is not for others', async () => {
    await addUser(server.running.dataDir, 'ann', PASSWORD)
    const { page } = await visit('/admin/users', { as: { name: 'ann', password: PASSWORD } })
    await page.getByText('These pages are for administrators and auditors.').waitFor()
  })
})
