import { beforeAll, describe, expect, it } from 'bun:test'
import { addUser } from '../e2e/support/command.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { basic, useServer } from '../e2e/support/server.ts'
import { untilTrue } from '../e2e/support/until.ts'
import { useBrowser } from './support/browser.ts'

const PASSWORD = 'correct horse'
const HOSTILE = '<img src=x onerror="document.title=1">'

const server = useServer()
const { visit, violations } = useBrowser(server, { name: 'ann', password: PASSWORD })

beforeAll(async () => {
  await addUser(server.running.dataDir, 'ann', PASSWORD)
  await untilTrue('the server asks who comes', async () => (await server.send('GET', '/v2/')).status === 401)
  const target = { registry: server.with(basic('ann', PASSWORD)), name: 'team/harbour' }
  await pushImage(target, image('app'), 'v1')
})

describe('one’s account', () => {
  it('makes a key that works where it may, and removes it', async () => {
    const { page, complaints } = await visit('/me')
    await page.getByText('None yet. A key stands for your password').waitFor()
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByLabel('Name').fill(HOSTILE)
    await page.getByLabel('Only for some repositories').check()
    await page.getByRole('textbox', { name: 'Repositories' }).fill('team/**')
    await page.getByRole('combobox', { name: 'May' }).selectOption('reader')
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Make the key' }).click()
    await page.getByText('Copy it now.').waitFor()
    await page.getByText(`docker login ${server.host} -u ann`).first().waitFor()
    expect(await violations(page)).toEqual([])
    const secret = (await page.getByRole('dialog').locator('code').first().textContent()) ?? ''
    const withKey = server.with(basic('ann', secret))
    expect((await withKey.send('GET', '/v2/team/harbour/manifests/v1')).status).toBe(200)
    expect((await withKey.send('POST', '/v2/team/harbour/blobs/uploads/')).status).toBe(403)
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByText(HOSTILE).waitFor()
    expect(await page.getByText(secret).count()).toBe(0)
    await page.getByRole('button', { name: `Remove ${HOSTILE}` }).click()
    await page.getByRole('button', { name: 'Remove the key' }).click()
    await page.getByText('None yet. A key stands for your password').waitFor()
    expect((await withKey.send('GET', '/v2/team/harbour/manifests/v1')).status).toBe(401)
    expect(complaints).toEqual([])
  })

  it('changes the password, signs in again, and signs out', async () => {
    await addUser(server.running.dataDir, 'bob', PASSWORD)
    const { page, complaints } = await visit('/me', { as: { name: 'bob', password: PASSWORD } })
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByLabel('Password until now').fill(PASSWORD)
    await page.getByLabel('New password', { exact: true }).fill('another horse')
    await page.getByLabel('New password again').fill('another house')
    await page.getByRole('button', { name: 'Change it and sign in again' }).click()
    await page.getByText('The new password was not typed the same twice.').waitFor()
    await page.getByLabel('New password again').fill('another horse')
    await page.getByRole('button', { name: 'Change it and sign in again' }).click()
    await page.waitForURL('**/auth/**')
    await page.fill('[name=username]', 'bob')
    await page.fill('[name=password]', 'another horse')
    await page.click('button[type=submit]')
    await page.waitForURL('**/me')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL('**/auth/**')
    await page.goto(`${server.url}/me`)
    await page.getByRole('link', { name: 'Sign in to see this page' }).waitFor()
    expect(complaints).toEqual([])
  })
})

describe('a terminal', () => {
  it('is signed in by its code, and signed out', async () => {
    const post = async (path: string, form: Readonly<Record<string, string>>) => {
      const answer = await fetch(`${server.url}${path}`, { method: 'POST', body: new URLSearchParams(form) })
      return (await answer.json()) as Readonly<Record<string, string>>
    }
    const client_id = 'berth login at home'
    const { device_code = '', user_code = '' } = await post('/auth/device/code', { client_id })
    const { page } = await visit('/me')
    await page.getByRole('link', { name: 'Sign in on another device' }).click()
    await page.getByLabel('Code').fill(user_code)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('Approved').first().waitFor()
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code'
    const { refresh_token = '' } = await post('/token', { grant_type, device_code, client_id })
    expect(refresh_token).not.toBe('')
    await page.goto(`${server.url}/me`)
    await page.getByRole('button', { name: `End ${client_id}` }).click()
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Sign it out' }).click()
    await page.getByText('None is signed in.').waitFor()
    const again = await post('/token', { grant_type: 'refresh_token', refresh_token, client_id })
    expect(again.access_token).toBeUndefined()
  })
})
