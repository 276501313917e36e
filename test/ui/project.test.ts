import { Database } from 'bun:sqlite'
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'bun:test'
import type { Page } from 'playwright-core'
import { putManifest } from '../conformance/support/manifests.ts'
import { addUser } from '../e2e/support/command.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { basic, useServer } from '../e2e/support/server.ts'
import { untilTrue } from '../e2e/support/until.ts'
import { useBrowser } from './support/browser.ts'
import { looksGood } from './support/looks.ts'
import { picture } from './support/picture.ts'

const PASSWORD = 'correct horse'

const server = useServer({
  env: { BERTH_AUTH__WORKLOAD__GITHUB__PRESET: 'github', BERTH_AUTH__WORKLOAD__GITHUB__AUDIENCE: 'berth' },
})
const { visit, violations, widerThanWindow } = useBrowser(server, { name: 'ann', password: PASSWORD })
const ann = () => server.with(basic('ann', PASSWORD))

beforeAll(async () => {
  await addUser(server.running.dataDir, 'ann', PASSWORD)
  await addUser(server.running.dataDir, 'bob', PASSWORD)
  await untilTrue('the server asks who comes', async () => (await server.send('GET', '/v2/')).status === 401)
  const target = { registry: ann(), name: 'ann/app' }
  await pushImage(target, image('first'), 'v1')
  await pushImage(target, image('second'), 'v1')
  await pushImage(target, image('second'), 'v2')
  const other = image('third', {}, 5000)
  await pushImage(target, other, 'latest')
  for (let n = 0; n < 8; n++) await putManifest(target, `build-${n}`, other.manifest)
  sampleDays([1e6, 2e6, 5e6, 4e6, 7e6])
  await posted('/projects/ann/robots', { name: 'pull' })
})

/** What the admin API says, to whoever owns the project. */
async function asked(path: string): Promise<unknown> {
  return JSON.parse((await ann().send('GET', `/api/v1${path}`)).text)
}

async function posted(path: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const { status } = await ann().send('POST', `/api/v1${path}`, { headers, body: Buffer.from(JSON.stringify(body)) })
  expect(status).toBeLessThan(300)
}

/** Until the dialog is away: what it did is done. */
async function closed(page: Page): Promise<void> {
  await untilTrue('no dialog is open', async () => (await page.getByRole('dialog').count()) === 0, 30_000)
}

describe('a project', () => {
  it('has members, who are added and removed', async () => {
    const { page, complaints } = await visit('/p/ann?tab=members')
    await page.getByRole('button', { name: 'Add a member' }).click()
    await page.getByLabel('Name').fill('bob')
    await page.getByLabel('May', { exact: true }).selectOption('writer')
    await page.getByLabel('In which repositories').fill('app')
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await closed(page)
    await page.getByText('ann/app').waitFor()
    expect(await asked('/projects/ann/grants')).toMatchObject({
      items: expect.arrayContaining([
        expect.objectContaining({ subject: 'user:bob', allows: 'writer', pattern: 'app' }),
      ]),
    })
    await page.getByRole('button', { name: 'Remove user:bob as writer' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
    await closed(page)
    expect(JSON.stringify(await asked('/projects/ann/grants'))).not.toContain('user:bob')
    await page.getByRole('button', { name: 'Add a member' }).click()
    await page.getByLabel('Name').fill('nobody-such')
    await page.getByLabel('May', { exact: true }).selectOption('')
    await page.getByLabel('Pull', { exact: true }).check()
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('dialog').getByRole('alert').waitFor()
    expect(complaints).toEqual([])
  })

  it('has robots: one with a secret that is shown once, one that a pipeline vouches for', async () => {
    const { page, complaints } = await visit('/p/ann?tab=robots')
    await page.getByRole('button', { name: 'New robot' }).click()
    await page.getByLabel('Name').fill('ci')
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Make the robot' }).click()
    await page.getByText('Copy it now.').waitFor()
    const secret = (await page.getByRole('dialog').locator('code').first().textContent()) ?? ''
    const robot = server.with(basic('robot.ann.ci', secret))
    expect((await robot.send('GET', '/v2/ann/app/manifests/v1')).status).toBe(200)
    await page.getByText(`docker login ${server.host} -u robot.ann.ci`).waitFor()
    for (const [kind, text] of [
      ['github', 'secrets.BERTH_SECRET'],
      ['gitlab', 'docker:28-dind'],
      ['jenkins', 'withCredentials'],
      ['kubernetes', 'imagePullSecrets'],
    ] as const) {
      await page.getByLabel('In', { exact: true }).selectOption(kind)
      await page.getByText(text).waitFor()
    }
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('button', { name: 'Manage robot.ann.ci' }).click()
    await page.getByRole('button', { name: 'New secret' }).click()
    await page.getByRole('button', { name: 'Make a new secret' }).click()
    await page.getByText('Copy it now.').waitFor()
    expect((await robot.send('GET', '/v2/ann/app/manifests/v1')).status).toBe(401)
    await page.getByRole('button', { name: 'Remove robot.ann.ci' }).click()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('button', { name: 'Enable' }).waitFor()
    expect(await asked('/projects/ann/robots/robot.ann.ci')).toMatchObject({ disabled: true })
    await page.getByRole('button', { name: 'Remove robot.ann.ci' }).click()
    await page.getByRole('button', { name: 'Remove the robot' }).click()
    await closed(page)

    await page.getByRole('button', { name: 'New robot' }).click()
    await page.getByLabel('Name').fill('hub')
    await page.getByLabel('It is known by').selectOption('trust')
    await page.getByRole('button', { name: 'Make the robot' }).click()
    await page.getByRole('button', { name: 'Trust a workload' }).click()
    await page.getByLabel('Repository at GitHub').fill('acme/app')
    await page.getByLabel('Branch').fill('main')
    await page.getByLabel('What else its token must say').fill('actor = <img src=x onerror=alert(1)>')
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Trust it' }).click()
    await page.getByText('actor=<img').waitFor()
    expect(await asked('/projects/ann/robots/robot.ann.hub/trust')).toMatchObject({
      items: [{ issuer: 'github', claims: { repository: 'acme/app', ref: 'refs/heads/main' } }],
    })
    await page.getByText(`$ACTIONS_ID_TOKEN_REQUEST_URL&audience=${server.url}`).waitFor()
    expect(complaints).toEqual([])
  })

  it('shows a robot that was made when its rights were refused', async () => {
    const { page } = await visit('/p/ann?tab=robots')
    await page.getByRole('button', { name: 'New robot' }).click()
    await page.getByLabel('Name').fill('odd')
    await page.getByLabel('In which repositories').fill('NOT A PATTERN')
    await page.getByRole('button', { name: 'Make the robot' }).click()
    await page.getByText('It may do nothing yet').waitFor()
    await page.getByText('Copy it now.').waitFor()
  })

  it('offers those who only read nothing that they may not do', async () => {
    await posted('/projects/ann/grants', { subject: 'user:bob', allows: 'reader' })
    const { page, complaints } = await visit('/p/ann?tab=policies', { as: { name: 'bob', password: PASSWORD } })
    await page.getByText('Every image may be pulled.').waitFor()
    expect(
      await page.getByRole('navigation', { name: 'Parts of the project' }).getByRole('link').allTextContents(),
    ).toEqual(['Repositories', 'Policies', 'Retention', 'Usage'])
    expect(await page.locator('main').getByRole('button').count()).toBe(0)
    await page.getByRole('link', { name: 'Retention' }).click()
    await page.getByText('Nothing goes by itself').waitFor()
    expect(await page.locator('main').getByRole('button').count()).toBe(0)
    await page.getByRole('link', { name: 'Usage' }).click()
    await page.getByText('There is no limit. Administrators').waitFor()
    expect(await violations(page)).toEqual([])
    expect(complaints).toEqual([])
  })

  it('is opened to everybody, and closed, after a question', async () => {
    const { page } = await visit('/p/ann?tab=settings')
    await page.getByRole('button', { name: 'Make it public' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Make it public' }).click()
    await closed(page)
    expect((await server.send('GET', '/v2/ann/app/manifests/v1')).status).toBe(200)
    await page.getByRole('button', { name: 'Make it private' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Make it private' }).click()
    await closed(page)
    expect((await server.send('GET', '/v2/ann/app/manifests/v1')).status).toBe(401)
    await page.getByRole('button', { name: 'Remove the project' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click()
    await page.getByRole('dialog').getByRole('alert').waitFor()
  })
})

/** As the job writes it down several times a day. */
function sampleDays(bytes: readonly number[]): void {
  const database = new Database(join(server.running.dataDir, 'berth.db'))
  const { id } = database.query("select id from projects where name = 'ann'").get() as { id: number }
  const add = database.query(
    'insert into usage_samples (project_id, day, bytes, repositories, tags) values (?, ?, ?, 1, 3)',
  )
  for (const [n, each] of bytes.entries()) {
    const day = new Date(Date.now() - (bytes.length - n) * 86_400_000).toISOString().slice(0, 10)
    add.run(id, day, each)
  }
  database.close()
}

describe('what a project holds', () => {
  it('is shown with its growth, its quota, and what would make room', async () => {
    const { page, complaints } = await visit('/p/ann?tab=usage')
    await page.locator('canvas').waitFor()
    await page.getByText('Bytes held, as a table').click()
    await page.getByRole('cell', { name: '7.0 MB' }).waitFor()
    await page.getByRole('button', { name: 'Set the quota' }).click()
    await page.getByLabel('Gigabytes').fill('0.00001')
    await page.getByLabel('Tags').fill('12')
    expect(await violations(page)).toEqual([])
    await page.getByRole('dialog').getByRole('button', { name: 'Set the quota' }).click()
    await closed(page)
    await page.getByRole('meter', { name: 'Tags' }).waitFor()
    expect(await asked('/projects/ann/quota')).toMatchObject({
      bytes: { limit: 10_000 },
      tags: { limit: 12, used: 11 },
    })
    await page.getByText('nearly full').waitFor()
    expect(await violations(page)).toEqual([])
    await picture(page, 'usage-quota')
    await page.getByRole('button', { name: 'Remove the quota' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the quota' }).click()
    await closed(page)
    await page.getByText('There is no limit.').waitFor()
    expect(complaints).toEqual([])
  })

  it('goes by rules, which are written while one sees what they would remove', async () => {
    const { page, complaints } = await visit('/p/ann?tab=retention')
    await page.getByRole('button', { name: 'Make tags immutable' }).click()
    await page.getByLabel('Tags', { exact: true }).fill('v*')
    await page.getByRole('button', { name: 'Make them immutable' }).click()
    await closed(page)
    await page.getByRole('button', { name: 'Remove the rule of v*' }).waitFor()
    await page.getByRole('button', { name: 'Add a rule' }).click()
    await page.getByLabel('So many pushed last').fill('1')
    const effect = page.getByRole('region', { name: 'What it would do' })
    await effect.getByText('8 tags').waitFor()
    await effect.getByText('2 tags would stay').waitFor()
    await page.getByLabel('Tags', { exact: true }).fill('build-*')
    await page.getByLabel('So many pushed last').fill('3')
    await effect.getByText('5 tags').waitFor()
    await page.getByLabel('Pushed within').fill('soon')
    await effect.getByRole('alert').waitFor()
    await page.getByLabel('Pushed within').fill('')
    await effect.getByText('5 tags').waitFor()
    expect(await violations(page)).toEqual([])
    await picture(page, 'retention')
    await page.getByRole('button', { name: 'Save the rule' }).click()
    await page.getByText('Tags like build-* go, except the 3 pushed last.').waitFor()
    await page.getByRole('button', { name: /^Change rule/ }).click()
    await page.getByLabel('So many pushed last').fill('6')
    await effect.getByText('2 tags').waitFor()
    await page.getByRole('button', { name: 'Save the rule' }).click()
    await page.getByRole('button', { name: 'Run now' }).waitFor()
    await page.getByText('Tags like build-* go, except the 6 pushed last.').waitFor()
    expect(await asked('/projects/ann/retention')).toMatchObject({
      items: [{ tags: 'build-*', keep: { lastPushed: 6 } }],
    })
    await page.getByRole('button', { name: 'Run now' }).click()
    await page.getByRole('dialog').getByText('2 tags').waitFor()
    await page.getByRole('button', { name: 'Apply them now' }).click()
    await closed(page)
    expect(await asked('/repositories/ann%2Fapp')).toMatchObject({ tags: 9 })
    await page.getByRole('button', { name: /^Remove rule/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the rule' }).click()
    await closed(page)
    await page.getByRole('button', { name: 'Remove the rule of v*' }).click()
    await page.getByRole('button', { name: 'Let them be moved' }).click()
    await closed(page)
    expect(await asked('/projects/ann/immutability')).toEqual({ items: [] })
    expect(complaints).toEqual([])
  })

  it('comes back from the recycle bin, or goes for good', async () => {
    const target = { registry: ann(), name: 'ann/gone' }
    await pushImage(target, image('gone-1'), 'one')
    await pushImage(target, image('gone-2'), 'two')
    const digests = [image('gone-1'), image('gone-2')].map(({ manifest }) => manifest.digest)
    for (const digest of digests) await ann().send('DELETE', `/v2/ann/gone/manifests/${digest}`)
    const { page, complaints } = await visit('/p/ann?tab=bin')
    const bin = page.getByRole('list', { name: 'Recycle bin' })
    await page
      .getByRole('button', { name: /^Look at/ })
      .first()
      .click()
    await page.getByRole('cell', { name: 'two', exact: true }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Close' }).click()
    await page
      .getByRole('button', { name: /^Restore deletion/ })
      .first()
      .click()
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click()
    await closed(page)
    expect((await ann().send('GET', '/v2/ann/gone/manifests/two')).status).toBe(200)
    await untilTrue('one is left', async () => (await bin.getByRole('listitem').count()) === 1)
    await picture(page, 'bin')
    await page.getByRole('button', { name: /^Purge deletion/ }).click()
    await page.getByRole('button', { name: 'Remove it for good' }).click()
    await bin.waitFor({ state: 'detached' })
    await page.getByText('The recycle bin is empty').waitFor()
    await ann().send('DELETE', '/api/v1/repositories/ann%2Fgone')
    await page.getByText('whole repository').waitFor()
    await page.getByRole('button', { name: /^Restore deletion/ }).click()
    await page.getByLabel('As the repository').fill('ann/back')
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click()
    await closed(page)
    expect((await ann().send('GET', '/v2/ann/back/manifests/two')).status).toBe(200)
    expect(complaints).toEqual([])
  })
})

const HOSTILE = `<img src=x onerror="document.title='owned'"> \u202Egnp.exe ${'x'.repeat(300)}`

describe('what may be pulled', () => {
  it('is said by policies, which show what they are about while they are written', async () => {
    const { page, complaints } = await visit('/p/ann?tab=policies')
    await page.getByRole('button', { name: 'Add a policy' }).click()
    await page.getByLabel('Name').fill('owned')
    await page.getByLabel('It asks about').selectOption('labels')
    await page.getByLabel('Labels', { exact: true }).fill('team\nvendor=acme*')
    const effect = page.getByRole('dialog').getByRole('region', { name: 'What it would do' })
    await effect.getByText(/it would refuse [1-9]/).waitFor()
    expect(await violations(page)).toEqual([])
    await picture(page, 'policy')
    await page.getByRole('button', { name: 'Add the policy' }).click()
    await closed(page)
    await page.getByText('With the labels team=*, vendor=acme*.').waitFor()
    expect((await ann().send('GET', '/v2/ann/app/manifests/v1')).headers.get('warning')).toContain('owned')
    await page.getByLabel('What owned does').selectOption('enforce')
    await untilTrue(
      'it is refused',
      async () => (await ann().send('GET', '/v2/ann/app/manifests/v1')).status === 403,
      30_000,
    )
    await page.getByRole('button', { name: 'Exempt images' }).click()
    await page.getByLabel('Name').fill('for-now')
    await page.getByLabel('Why').fill(HOSTILE)
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Exempt them' }).click()
    await closed(page)
    await page.getByText('gnp.exe').waitFor()
    await untilTrue(
      'it is exempted',
      async () => (await ann().send('GET', '/v2/ann/app/manifests/v1')).status === 200,
      30_000,
    )
    await page.getByRole('button', { name: 'Remove the exemption for-now' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the exemption' }).click()
    await closed(page)
    await page.getByRole('button', { name: 'Remove the policy owned' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the policy' }).click()
    await closed(page)
    expect(await asked('/projects/ann/policies')).toEqual({ items: [] })
    expect(complaints).toEqual([])
    expect(await page.title()).not.toBe('owned')
  })

  it('goes by whom the project trusts, and by findings that do not count', async () => {
    const { page, complaints } = await visit('/p/ann?tab=policies')
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await page.getByRole('button', { name: 'Trust a signer' }).click()
    await page.getByLabel('Name').fill('release')
    await page.getByLabel('Public key').fill(publicKey.export({ type: 'spki', format: 'pem' }).toString())
    await page.getByRole('button', { name: 'Trust it' }).click()
    await closed(page)
    await page.getByRole('button', { name: 'Trust a signer' }).click()
    await page.getByLabel('Name').fill('ci')
    await page.getByLabel('What is trusted').selectOption('sigstore')
    await page
      .getByLabel('Identity', { exact: true })
      .fill('https://github.com/acme/app/.github/workflows/r.yml@refs/heads/main')
    await page.getByRole('button', { name: 'Trust it' }).click()
    await closed(page)
    expect(await asked('/projects/ann/trust')).toMatchObject({
      items: expect.arrayContaining([
        expect.objectContaining({ name: 'release', kind: 'cosign-key' }),
        expect.objectContaining({ name: 'ci', kind: 'sigstore' }),
      ]),
    })
    await page.getByRole('button', { name: 'Add a policy' }).click()
    await page.getByLabel('Name').fill('signed')
    await page.getByLabel('It asks about').selectOption('signatures')
    await page.getByRole('checkbox', { name: 'release' }).check()
    await page
      .getByRole('dialog')
      .getByText(/it would refuse [1-9]/)
      .waitFor()
    await page.getByRole('button', { name: 'Add the policy' }).click()
    await closed(page)
    await page.getByText('Signed by release.').waitFor()
    await page.getByRole('button', { name: 'Remove the trust anchor ci' }).click()
    await page.getByRole('button', { name: 'Trust it no more' }).click()
    await closed(page)
    await page.getByRole('button', { name: 'Except a finding' }).click()
    await page.getByLabel('Finding', { exact: true }).fill('CVE-2024-3094')
    await page.getByLabel('Why it does not count').fill(HOSTILE)
    await page.getByRole('button', { name: 'Except it' }).click()
    await closed(page)
    await page.getByRole('button', { name: 'Add a document' }).click()
    await page
      .getByLabel('OpenVEX document')
      .setInputFiles({ name: 'v.json', mimeType: 'application/json', buffer: Buffer.from(VEX) })
    await page.getByRole('button', { name: 'Add the document' }).click()
    await closed(page)
    expect(await asked('/projects/ann/exceptions')).toMatchObject({ items: [{ vulnerability: 'CVE-2024-3094' }] })
    expect(await asked('/projects/ann/vex')).toMatchObject({ items: [{ statements: 1 }] })
    expect(await violations(page)).toEqual([])
    expect(complaints).toEqual([])
  })
})

const VEX = JSON.stringify({
  '@context': 'https://openvex.dev/ns/v0.2.0',
  '@id': 'https://example.com/vex/1',
  author: 'acme',
  timestamp: '2026-01-01T00:00:00Z',
  version: 1,
  statements: [
    {
      vulnerability: { name: 'CVE-2024-0001' },
      products: [{ '@id': 'pkg:deb/debian/xz-utils' }],
      status: 'not_affected',
      justification: 'component_not_present',
    },
  ],
})

const READY: Readonly<Record<string, string>> = {
  '/p/ann?tab=members': 'everywhere in the project',
  '/p/ann?tab=robots': 'robot.ann.pull',
  '/p/ann?tab=policies': 'VEX',
  '/p/ann?tab=retention': 'Nobody said so.',
  '/p/ann?tab=usage': 'Bytes held, as a table',
  '/p/ann?tab=bin': 'The recycle bin is empty',
  '/p/ann?tab=webhooks': 'Add a webhook',
  '/p/ann?tab=settings': 'Make it public',
}

describe('the parts of its page', () => {
  it('are for everybody: axe finds nothing in any width, light or dark', async () => {
    const { page, complaints } = await visit('/')
    for (const [path, text] of Object.entries(READY)) {
      await page.goto(`${server.url}${path}`)
      await page.locator('main').getByText(text).first().waitFor()
      await looksGood(page, path, { violations, widerThanWindow })
    }
    expect(complaints).toEqual([])
  })
})
