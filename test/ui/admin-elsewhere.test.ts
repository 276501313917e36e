import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import type { Page } from 'playwright-core'
import { addUser } from '../e2e/support/command.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { basic, useServer } from '../e2e/support/server.ts'
import { untilTrue } from '../e2e/support/until.ts'
import { layTree } from '../support/adopted-tree.ts'
import { startHarborAdapter } from '../support/harbor-adapter.ts'
import { useBrowser } from './support/browser.ts'

const PASSWORD = 'correct horse'
const PATIENT_MS = 60_000

const folder = mkdtempSync(join(tmpdir(), 'berth-test-adopted-'))
layTree(folder, { repositories: 3, tags: 2, manifests: 2 })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const server = useServer({ args: ['--adopt', folder] })
const { visit, violations } = useBrowser(server, { name: 'root', password: PASSWORD })
const asRoot = () => server.with(basic('root', PASSWORD))
const listed = async (path: string) => JSON.parse((await asRoot().send('GET', `/api/v1${path}`)).text).items

async function make(path: string, body: object) {
  const answer = await asRoot().send('POST', `/api/v1${path}`, {
    headers: { 'content-type': 'application/json' },
    body: new TextEncoder().encode(JSON.stringify(body)),
  })
  expect(answer.status, answer.text).toBeLessThan(300)
}

beforeAll(async () => {
  await addUser(server.running.dataDir, 'root', PASSWORD)
  await untilTrue('the server asks who comes', async () => (await server.send('GET', '/v2/')).status === 401)
  await pushImage({ registry: asRoot(), name: 'hub/app' }, image('app'), 'v1')
})

/** Says yes in the dialog that was opened. */
async function confirm(page: Page, action: string) {
  await page.getByRole('dialog').getByRole('button', { name: action }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}

describe('what comes from elsewhere', () => {
  it('is chosen by sources and hosts', async () => {
    await make('/remotes', { name: 'docker.io' })
    const { page, complaints } = await visit('/admin/upstreams')
    await page.getByRole('button', { name: 'Add a source' }).click()
    await page.getByLabel('From').selectOption('docker.io')
    await page.getByLabel('For the project').fill('hub')
    await page.getByLabel('Only these repositories there').fill('library/*, acme/**')
    expect(await violations(page)).toEqual([])
    await confirm(page, 'Add the source')
    await page.getByRole('button', { name: 'Edit docker.io for hub' }).click()
    await page.getByLabel('Tags').selectOption('fallback')
    await page.getByLabel('Seconds for which a tag is believed').fill('90')
    await confirm(page, 'Save')
    await page.getByText('only what is not here').waitFor()
    const changed = { mode: 'fallback', allow: ['library/*', 'acme/**'], freshSeconds: 90, project: 'hub' }
    expect(await listed('/sources')).toMatchObject([changed])

    await page.getByRole('button', { name: 'Remove docker.io', exact: true }).click()
    await page.getByRole('button', { name: 'Forget it' }).click()
    await page.getByRole('dialog').getByRole('alert').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Add a host' }).click()
    await page.getByLabel('Host', { exact: true }).fill('docker.io')
    await page.getByLabel('Project', { exact: true }).fill('hub')
    await confirm(page, 'Add the host')
    expect(await listed('/namespaces')).toMatchObject([{ name: 'docker.io', project: 'hub', default: false }])
    await page.getByRole('button', { name: 'Remove the host docker.io' }).click()
    await confirm(page, 'Remove the host')
    await page.getByRole('button', { name: 'Remove docker.io for hub' }).click()
    await confirm(page, 'Remove the source')
    await page.getByText('Nothing is pulled through.').waitFor()
    expect(complaints).toEqual([])
  })

  it('is told why a rule brings nothing, and can be stopped', async () => {
    // Nobody listens there.
    await make('/remotes', { name: 'gone', url: 'http://127.0.0.1:9', allowPrivate: true, insecureHttp: true })
    await make('/replication/rules', { name: 'lost', remote: 'gone', direction: 'push' })
    const { page, complaints } = await visit('/admin/replication/lost')
    await page.getByRole('button', { name: 'Run now' }).click()
    await page.getByRole('heading', { name: /^Execution / }).waitFor()
    await page
      .getByRole('alert')
      .or(page.getByRole('button', { name: 'Try again what failed' }))
      .first()
      .waitFor({ timeout: PATIENT_MS })
    expect(await violations(page)).toEqual([])
    const stop = page.getByRole('button', { name: 'Stop', exact: true })
    if ((await stop.count()) > 0) {
      await stop.click()
      await confirm(page, 'Stop it')
      await page.getByText('stopped', { exact: true }).waitFor({ timeout: PATIENT_MS })
    }
    expect(complaints).toEqual([])
  })

  it('is adopted where it lies', async () => {
    const { page, complaints } = await visit('/admin/adoption')
    await page.getByText('all is read').waitFor({ timeout: PATIENT_MS })
    await page.getByText(/^3 repositories, \d+ manifests, 6 tags/).waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Look again' }).click()
    const round = async () => (await listed('/adoptions'))[0].round
    await untilTrue('it was looked at again', async () => (await round()) > 1, PATIENT_MS)
    expect(complaints).toEqual([])
  })
})

describe('another scanner', () => {
  const adapter = startHarborAdapter()
  afterAll(() => adapter.close())

  it('is added, tested, disabled and forgotten', async () => {
    const { page, complaints } = await visit('/admin/scanners')
    await page.getByRole('button', { name: 'Add a scanner' }).click()
    await page.getByLabel('Name', { exact: true }).fill('clair')
    await page.getByLabel('Address').fill(adapter.url)
    await page.getByLabel('It may be in a private network').check()
    await page.getByLabel('Plain http is allowed').check()
    expect(await violations(page)).toEqual([])
    await confirm(page, 'Add the scanner')
    await page.getByRole('button', { name: 'Test clair' }).click()
    await page.getByText('It answers: Nobody Fake 0.1.').waitFor()
    await page.getByRole('button', { name: 'Disable clair' }).click()
    await page.getByText('not asked', { exact: true }).waitFor()
    expect(await listed('/scanners')).toMatchObject([{ name: 'clair', kind: 'harbor', enabled: false }])
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Remove clair' }).click()
    await confirm(page, 'Forget it')
    await page.getByText('None. Scanners with').waitFor()
    expect(complaints).toEqual([])
  })
})
