import { beforeAll, describe, expect, it } from 'bun:test'
import { addUser } from '../e2e/support/command.ts'
import { basic, PATIENCE_MS, useServer } from '../e2e/support/server.ts'
import { untilTrue } from '../e2e/support/until.ts'
import { useBrowser, WIDTHS } from './support/browser.ts'
import { alpineFiles, fullImage, pushFull } from './support/looked-into.ts'

const PASSWORD = 'correct horse'
const HOSTILE = '<img src=x onerror="document.title=1">'

const server = useServer({
  env: { BERTH_SCANNING__ENABLED: 'true', BERTH_SCANNING__VULNERABILITIES__UPDATE: 'never' },
})
const { visit, violations, widerThanWindow } = useBrowser(server, { name: 'ann', password: PASSWORD })
const asAnn = () => server.with(basic('ann', PASSWORD))

beforeAll(async () => {
  await addUser(server.running.dataDir, 'ann', PASSWORD)
  await untilTrue('the server asks who comes', async () => (await server.send('GET', '/v2/')).status === 401)
  const target = { registry: asAnn(), name: 'team/harbour' }
  const annotations = { 'org.opencontainers.image.vendor': `Acme ${HOSTILE}` }
  await pushFull(target, fullImage({ layers: [alpineFiles({ zlib: '1.3.1-r0' })], annotations }), 'v1')
  await pushFull(target, fullImage({ layers: [alpineFiles({ zlib: '1.3.1-r2' })] }), 'v2')
  const known = async () => JSON.parse((await asAnn().send('GET', '/api/v1/packages?name=zlib')).text).items.length
  await untilTrue('both images were looked into', async () => (await known()) === 2, 4 * PATIENCE_MS)
}, 6 * PATIENCE_MS)

describe('the search', () => {
  for (const width of WIDTHS)
    it(`finds by kinds, says by what, and leads there, ${width} px`, async () => {
      const { page, complaints } = await visit('/search', { width })
      await page.getByText('Search everything', { exact: true }).waitFor()
      await page.keyboard.press('/')
      await page.keyboard.type('acme')
      await page.keyboard.press('Enter')
      const found = page.getByRole('list', { name: 'What was found' })
      await found.getByText('annotation', { exact: true }).waitFor()
      await found.getByText(HOSTILE).waitFor()
      expect(await found.locator('mark').allTextContents()).toEqual(['Acme'])
      expect(await widerThanWindow(page)).toBe(false)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await violations(page)).toEqual([])
      }
      const kinds = page.getByRole('navigation', { name: 'Kinds of what was found' })
      await kinds.getByRole('link', { name: 'Vulnerabilities' }).click()
      await page.getByText('Nothing was found.').waitFor()
      await page.goto(`${server.url}/search?q=harb&tab=repository`)
      await found.getByRole('link', { name: 'team/harbour' }).click()
      await page.waitForURL('**/r/team/harbour')
      expect(complaints).toEqual([])
    })

  it('says which images have a package before a version', async () => {
    const { page, complaints } = await visit('/search?q=zlib&tab=package')
    await page.getByRole('list', { name: 'What was found' }).getByText('zlib').first().waitFor()
    await page.getByLabel('Only before the version').fill('1.3.1-r1')
    await page.getByRole('button', { name: 'Which images have it?' }).click()
    const images = page.getByRole('list', { name: 'Images that have it' })
    await images.getByText('1.3.1-r0').waitFor()
    expect(await images.getByRole('link').allTextContents()).toEqual(['team/harbour:v1'])
    expect(await violations(page)).toEqual([])
    await page.setViewportSize({ width: 320, height: 800 })
    expect(await widerThanWindow(page)).toBe(false)
    await page.getByLabel('Package', { exact: true }).fill('nothing-of-that-name')
    await page.getByRole('button', { name: 'Which images have it?' }).click()
    await page.getByText('No image that you may pull has it.').waitFor()
    expect(complaints).toEqual([])
  })
})
