import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import type { Page } from 'playwright-core'
import { addUser } from '../e2e/support/command.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { basic, useServer } from '../e2e/support/server.ts'
import { until, untilTrue } from '../e2e/support/until.ts'
import { useBrowser } from './support/browser.ts'

const PASSWORD = 'correct horse'
const PATIENT_MS = 30_000

const server = useServer()
const { visit, violations } = useBrowser(server, { name: 'root', password: PASSWORD })
const asRoot = () => server.with(basic('root', PASSWORD))
const listed = async (path: string) => JSON.parse((await asRoot().send('GET', `/api/v1${path}`)).text).items

beforeAll(async () => {
  await addUser(server.running.dataDir, 'root', PASSWORD)
  await untilTrue('the server asks who comes', async () => (await server.send('GET', '/v2/')).status === 401)
  await pushImage({ registry: asRoot(), name: 'team/app' }, image('app'), 'v1')
})

/** Says yes to the question that was opened. */
async function confirm(page: Page, action: string) {
  await page.getByRole('dialog').getByRole('button', { name: action }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}

describe('webhooks of the registry', () => {
  const got: string[] = []
  const receiver = Bun.serve({
    ...{ port: 0, hostname: '127.0.0.1' },
    fetch: async (request) => {
      got.push(await request.text())
      return new Response(null, { status: 200 })
    },
  })
  afterAll(() => receiver.stop(true))

  it('are added, tested, told, shown with what was sent, disabled and removed', async () => {
    const { page, complaints } = await visit('/admin/webhooks')
    await page.getByText('Nobody is told of what happens here.').waitFor()
    await page.getByRole('button', { name: 'Add a webhook' }).click()
    const url = `http://127.0.0.1:${receiver.port}/hook`
    const form = page.getByRole('dialog')
    await form.getByLabel('Address').fill(url)
    await form.getByLabel('Events').fill('tag., manifest.pushed')
    await form.getByRole('button', { name: 'Add the webhook' }).click()
    await form.getByRole('alert').waitFor()
    expect(await violations(page)).toEqual([])
    await form.getByLabel('It may be in a private network').check()
    await form.getByLabel('Plain http is allowed').check()
    await form.getByRole('button', { name: 'Add the webhook' }).click()
    await form.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: `Test: ${url}` }).click()
    await page.getByText('The message was taken. It answered 200.').waitFor()
    expect(await violations(page)).toEqual([])

    await pushImage({ registry: asRoot(), name: 'team/app' }, image('hooked'), 'v2')
    await until('the receiver is told', () => got.find((text) => text.includes('team/app')), PATIENT_MS)
    await page.getByRole('button', { name: `Deliveries: ${url}` }).click()
    const sent = page.getByRole('region', { name: 'Deliveries' })
    await sent.getByText('delivered', { exact: true }).first().waitFor()
    await sent.getByText('manifest.pushed').first().waitFor()
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })

    await page.getByRole('button', { name: `Disable: ${url}` }).click()
    await page.getByText('disabled', { exact: true }).waitFor()
    expect(await listed('/webhooks')).toMatchObject([{ enabled: false, types: ['tag.', 'manifest.pushed'] }])
    await page.getByRole('button', { name: `Remove: ${url}` }).click()
    await confirm(page, 'Remove the webhook')
    await page.getByText('Nobody is told of what happens here.').waitFor()
    expect(await listed('/webhooks')).toEqual([])
    expect(complaints).toEqual([])
  })
})

describe('people', () => {
  it('are made, given a role, another password, disabled and removed', async () => {
    const { page, complaints } = await visit('/admin/users')
    await page.getByRole('button', { name: 'New user' }).click()
    await page.getByLabel('User name').fill('bob')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Make the user' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('searchbox', { name: 'Find users' }).fill('BO')
    await page.locator('main').getByRole('link', { name: 'root', exact: true }).waitFor({ state: 'detached' })
    await page.locator('main').getByRole('link', { name: 'bob' }).click()
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('Role in the whole registry').selectOption('auditor')
    await confirm(page, 'Save')
    await page.getByText('auditor', { exact: true }).first().waitFor()
    const asBob = server.with(basic('bob', PASSWORD))
    expect((await asBob.send('GET', '/api/v1/audit')).status).toBe(200)

    await page.getByRole('button', { name: 'Reset the password' }).click()
    await page.getByLabel('New password').fill('another horse')
    await confirm(page, 'Set the password')
    expect((await asBob.send('GET', '/api/v1/me')).status).toBe(401)
    await page.getByRole('button', { name: 'Disable' }).click()
    await confirm(page, 'Disable the user')
    await page.getByText('disabled', { exact: true }).waitFor()
    expect((await server.with(basic('bob', 'another horse')).send('GET', '/api/v1/me')).status).toBe(401)
    await page.getByRole('button', { name: 'Remove' }).click()
    await confirm(page, 'Remove the user')
    await page.waitForURL('**/admin/users')
    expect((await listed('/users')).map(({ name }: { name: string }) => name)).toEqual(['root'])
    expect(complaints).toEqual([])
  })

  it('are put into groups', async () => {
    const { page } = await visit('/admin/groups')
    await page.getByText('There are no groups yet.').waitFor()
    await page.getByRole('button', { name: 'New group' }).click()
    await page.getByLabel('Name').fill('devs')
    await confirm(page, 'Make the group')
    await page.locator('main').getByRole('link', { name: 'devs' }).click()
    await page.getByRole('button', { name: 'Add a member' }).click()
    await page.getByLabel('User name').fill('nobody-of-that-name')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('User name').fill('root')
    await confirm(page, 'Add')
    await page.getByRole('button', { name: 'Take root out' }).click()
    await confirm(page, 'Take out')
    await page.getByText('Nobody is in it yet.').waitFor()
  })
})

describe('another registry', () => {
  const other = useServer()

  it('is made known, tested, and filled by a rule whose run one watches', async () => {
    const { page, complaints } = await visit('/admin/upstreams')
    await page.getByRole('button', { name: 'Add a registry' }).click()
    await page.getByLabel('Name', { exact: true }).fill('backup')
    await page.getByLabel('Address').fill(other.url)
    await page.getByText('Connection', { exact: true }).click()
    await page.getByLabel('It may be in a private network').check()
    await page.getByLabel('Plain http is allowed').check()
    expect(await violations(page)).toEqual([])
    await confirm(page, 'Add the registry')
    await page.getByRole('button', { name: 'Test backup' }).click()
    await page.getByText('It is there and lets us in.').waitFor()

    await page.goto(`${server.url}/admin/replication`)
    await page.getByRole('button', { name: 'New rule' }).click()
    await page.getByLabel('Name', { exact: true }).fill('nightly')
    await page.getByLabel('Repositories').fill('team/**')
    await page.getByLabel('Schedule').fill('0 3 * * *')
    await page.getByText('Names there').click()
    await page.getByLabel('Put before them').fill('copy/')
    expect(await violations(page)).toEqual([])
    await confirm(page, 'Make the rule')
    await page.locator('main').getByRole('link', { name: 'nightly' }).click()
    await page.getByRole('button', { name: 'Run now' }).click()
    await page.getByText('done', { exact: true }).waitFor({ timeout: PATIENT_MS })
    await page.getByRole('list', { name: 'Images' }).getByText('team/app:v1').waitFor()
    expect((await other.send('GET', '/v2/copy/team/app/manifests/v1')).status).toBe(200)
    expect(await violations(page)).toEqual([])
    await page.locator('main').getByRole('link', { name: 'nightly' }).click()
    await page.getByRole('button', { name: 'Turn off' }).click()
    await page.getByText('off', { exact: true }).waitFor()
    const rule = { enabled: false, addPrefix: 'copy/', schedule: '0 3 * * *', onEvent: true, direction: 'push' }
    expect(await listed('/replication/rules')).toMatchObject([{ ...rule, tags: '*' }])
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('Tags').fill('v*')
    await confirm(page, 'Save')
    await page.locator('main').getByText('v*', { exact: true }).waitFor()
    expect(await listed('/replication/rules')).toMatchObject([{ ...rule, tags: 'v*', repositories: 'team/**' }])

    await page.goto(`${server.url}/admin/upstreams`)
    await page.getByRole('button', { name: 'Edit backup' }).click()
    await page.getByLabel('Requests a minute, at most').fill('120')
    await confirm(page, 'Save')
    await page.getByText('at most 120 a minute').waitFor({ timeout: PATIENT_MS })
    expect(await listed('/remotes')).toMatchObject([{ name: 'backup', url: other.url, requestsPerMinute: 120 }])
    expect(complaints).toEqual([])
  })
})

describe('a registry with a rate limit', () => {
  const limited = Bun.serve({
    ...{ port: 0, hostname: '127.0.0.1' },
    fetch: () =>
      new Response('{}', { headers: { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '7;w=21600' } }),
  })
  afterAll(() => limited.stop(true))

  it('shows what is left of it', async () => {
    const { page, complaints } = await visit('/admin/upstreams')
    const body = { name: 'limited', url: `http://127.0.0.1:${limited.port}`, allowPrivate: true, insecureHttp: true }
    const headers = { 'content-type': 'application/json' }
    const added = await asRoot().send('POST', '/api/v1/remotes', {
      headers,
      body: new TextEncoder().encode(JSON.stringify(body)),
    })
    expect(added.status, added.text).toBe(200)
    await page.getByRole('button', { name: 'Test limited' }).click()
    const left = page.getByText(/^7 of 100 pulls left in 6 h/)
    await untilTrue(
      'the page says what is left',
      async () => {
        await page.reload()
        await page.getByRole('button', { name: 'Test limited' }).waitFor()
        return (await left.count()) > 0
      },
      90_000,
    )
    expect(await violations(page)).toEqual([])
    expect(complaints).toEqual([])
  })
})

describe('what the servers do', () => {
  it('is seen and asked for', async () => {
    const { page, complaints } = await visit('/admin/jobs')
    await page.getByRole('button', { name: 'Run now: gc', exact: true }).click()
    const runs = async () => JSON.parse((await asRoot().send('GET', '/api/v1/jobs/gc')).text).runs
    await untilTrue('the job ran', async () => (await runs()).some(({ asked }: { asked: boolean }) => asked), 120_000)
    await page.getByRole('button', { name: 'Runs of gc', exact: true }).click()
    await page.getByRole('dialog').getByText('asked for').first().waitFor({ timeout: PATIENT_MS })
    expect(await violations(page)).toEqual([])
    await page.goto(`${server.url}/admin/storage`)
    await page.getByRole('button', { name: 'Collect what is due' }).click()
    await page.getByText(/freed: \d+ objects/).waitFor({ timeout: PATIENT_MS })
    expect(complaints).toEqual([])
  })

  it('is told as it happens, until one pauses', async () => {
    const { page } = await visit('/admin/events')
    await page.getByText('Waiting for something to happen…').waitFor()
    const events = page.getByRole('list', { name: 'Events' })
    // The stream begins when the page is there: pushes go on until one is told of.
    let n = 0
    await untilTrue(
      'the page tells of a push',
      async () => {
        await pushImage({ registry: asRoot(), name: 'team/live' }, image(`live${n}`), `v${n++}`)
        await page.waitForTimeout(300)
        return (await events.getByText('manifest.pushed').count()) > 0
      },
      PATIENT_MS,
    )
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Clear' }).click()
    await pushImage({ registry: asRoot(), name: 'team/live' }, image('paused'), 'paused')
    await page.getByText('Paused.').waitFor()
  })

  it('is in the audit, which is narrowed', async () => {
    const { page, complaints } = await visit('/admin/audit')
    await page.getByRole('list', { name: 'Audit' }).getByText('sign-in').first().waitFor()
    await page.getByLabel('What', { exact: true }).fill('webhook.')
    await page.getByRole('button', { name: 'Narrow' }).click()
    await page.getByRole('list', { name: 'Audit' }).getByText('sign-in').first().waitFor({ state: 'detached' })
    await page.getByText('webhook.removed').first().waitFor()
    const saving = page.waitForEvent('download')
    await page.getByRole('link', { name: /^Save the newest/ }).click()
    const saved = JSON.parse(await Bun.file(await (await saving).path()).text())
    expect(saved.items[0].action).toStartWith('webhook.')
    await page.getByRole('button', { name: 'Show all' }).click()
    await page.getByRole('list', { name: 'Audit' }).getByText('sign-in').first().waitFor()
    expect(complaints).toEqual([])
  })
})

describe('what the registry holds', () => {
  it('is shown with how it grew, who holds most, and quotas', async () => {
    const headers = { 'content-type': 'application/json' }
    const body = new TextEncoder().encode(JSON.stringify({ tags: 1000 }))
    expect((await asRoot().send('PUT', '/api/v1/projects/team/quota', { headers, body })).status).toBeLessThan(300)
    const asked = await asRoot().send('POST', '/api/v1/jobs/sample-usage/run', { headers })
    expect(asked.status, asked.text).toBe(200)
    await untilTrue('the usage is written down', async () => (await listed('/usage/history')).length > 0, 60_000)
    const { page, complaints } = await visit('/admin/usage')
    await page.getByText('Bytes stored, as a table').click()
    await page.locator('main canvas').waitFor()
    await page.getByRole('region', { name: 'Repositories by what they hold alone' }).getByText('team/app').waitFor()
    await page.getByRole('list', { name: 'Projects with a quota' }).getByText('Tags of team').waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByLabel('How far back').selectOption('a year')
    await page.locator('main canvas').waitFor()
    expect(complaints).toEqual([])
  })

  it('is brought back from the recycle bin', async () => {
    const gone = { registry: asRoot(), name: 'team/gone' }
    await pushImage(gone, image('gone'), 'v1')
    const deleted = await asRoot().send('DELETE', '/api/v1/repositories/team%2Fgone')
    expect(deleted.status).toBeLessThan(300)
    const { page, complaints } = await visit('/admin/bin')
    const row = page.getByRole('list', { name: 'Recycle bin' }).getByRole('listitem').filter({ hasText: 'team/gone' })
    await row.getByRole('button', { name: /^Restore/ }).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Restore/ })
      .click()
    await untilTrue(
      'the repository is back',
      async () => (await asRoot().send('GET', '/v2/team/gone/manifests/v1')).status === 200,
      PATIENT_MS,
    )
    expect(complaints).toEqual([])
  })
})

describe('who may do what', () => {
  it('is asked, and answered with the rule', async () => {
    const { page, complaints } = await visit('/admin/access')
    await page.getByLabel('Who', { exact: true }).fill('anonymous')
    await page.getByLabel('In which repository').fill('team/app')
    await page.getByRole('button', { name: 'Find out' }).click()
    await page.getByText('not allowed', { exact: true }).waitFor()
    await page.getByText('team/app belongs to the project team, which is private').waitFor()
    await page.getByLabel('Who', { exact: true }).fill('root')
    await page.getByLabel('May do what').selectOption('delete')
    await page.getByRole('button', { name: 'Find out' }).click()
    await page.getByText('allowed', { exact: true }).waitFor()
    expect(await violations(page)).toEqual([])
    expect(complaints).toEqual([])
  })
})
