/** Two images side by side, as strangers made them. */
import { beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { addUser, berth } from '../e2e/support/command.ts'
import { basic, PATIENCE_MS, useServer } from '../e2e/support/server.ts'
import { untilTrue } from '../e2e/support/until.ts'
import { useBrowser, WIDTHS } from './support/browser.ts'
import { pushFull } from './support/looked-into.ts'
import { seedImages, V1, V2 } from './support/seed-images.ts'

setDefaultTimeout(4 * PATIENCE_MS)

const PASSWORD = 'correct horse'
const server = useServer({
  env: { BERTH_SCANNING__ENABLED: 'true', BERTH_SCANNING__VULNERABILITIES__UPDATE: 'never' },
})
const { visit, violations, widerThanWindow } = useBrowser(server, { name: 'ann', password: PASSWORD })
const ann = server.with(basic('ann', PASSWORD))

beforeAll(async () => {
  const { dataDir } = server.running
  await addUser(dataDir, 'ann', PASSWORD)
  for (const words of [
    ['user', 'set', 'ann', '--role', 'administrator'],
    ['project', 'add', 'shop'],
  ])
    expect((await berth([...words, '--data', dataDir])).code).toBe(0)
  await untilTrue('the server asks who comes', async () => (await server.send('GET', '/v2/')).status === 401)
  await seedImages({ registry: ann, name: 'shop/app' }, dataDir)
  await pushFull({ registry: ann, name: 'shop/fork' }, V2, 'v1')
}, 6 * PATIENCE_MS)

const BOTH = '/compare/shop/app?ref=v1&with=v2'
/** Addresses, and what stands there once all of it came. */
const READY: readonly (readonly [path: string, text: string])[] = [
  ['/compare/shop/app?ref=v1', 'Compare two images'],
  [BOTH, 'SHOP_DEBUG'],
  [`${BOTH}&tab=packages`, 'openssl'],
  [`${BOTH}&tab=vulnerabilities`, 'CVE-2099-0001'],
  [`${BOTH}&tab=files`, 'srv/text.txt'],
]

describe('two images', () => {
  for (const width of WIDTHS)
    it(`have no violation that axe finds, dark or light, ${width} px`, async () => {
      const { page, complaints } = await visit('/', { width })
      for (const [path, text] of READY) {
        await page.goto(`${server.url}${path}`)
        await page.locator('main').getByText(text, { exact: true }).first().waitFor()
        expect(await widerThanWindow(page), `${path} scrolls sideways`).toBe(false)
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          expect(await violations(page), `${path} ${colorScheme}`).toEqual([])
        }
      }
      expect(complaints).toEqual([])
    })

  it('are chosen on the way from one of them', async () => {
    const { page } = await visit('/i/shop/app?ref=v1')
    await page.getByRole('link', { name: 'Compare' }).click()
    await page.getByRole('combobox', { name: 'To' }).fill('v2')
    await page.getByRole('button', { name: 'Compare' }).click()
    await page.getByRole('region', { name: 'To' }).getByText('shop/app:v2').waitFor()
    await page.goto(`${server.url}/r/shop/app`)
    await page.getByRole('checkbox', { name: 'Choose v1' }).check()
    await page.getByRole('checkbox', { name: 'Choose v2' }).check()
    await page.getByRole('link', { name: 'Compare' }).click()
    await page.getByRole('button', { name: 'Swap' }).click()
    await page.getByRole('region', { name: 'To' }).getByText('shop/app:v1').waitFor()
    expect(new URL(page.url()).search).toBe('?ref=v2&with=v1')
  })

  it('differ in environment and labels, which are text, and in layers', async () => {
    const { page, complaints } = await visit(BOTH)
    const main = page.locator('main')
    await main.getByText('label <b onmouseover=document.title="owned">name</b>').waitFor()
    for (const text of ['/usr/local/bin:/usr/bin', '/usr/bin', '1000:1000'])
      await main.getByText(text, { exact: true }).waitFor()
    await main.getByText('0 in both (0 B), 2 added').waitFor()
    expect(await page.getByRole('list', { name: 'Layers of both' }).getByRole('listitem').count()).toBe(4)
    expect(await page.title()).toBe('v1 and v2 – Berth')
    expect(complaints).toEqual([])
  })

  it('differ in packages and in vulnerabilities', async () => {
    const { page } = await visit(`${BOTH}&tab=packages`)
    const packages = page.getByRole('list', { name: 'Packages that differ' })
    await packages.getByText('3.0.8-r0 → 3.0.9-r0').waitFor()
    expect(await packages.getByRole('listitem').count()).toBe(3)
    await page.getByRole('combobox', { name: 'Which changes' }).selectOption('added')
    await packages.getByText('musl').waitFor({ state: 'detached' })
    await packages.getByText('curl', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Vulnerabilities' }).click()
    await page.getByText('1 gone, 0 new, 1 in both.').waitFor()
  })

  it('differ in files, which lead to what they hold', async () => {
    const { page, complaints } = await visit(`${BOTH}&tab=files`)
    const files = page.getByRole('list', { name: 'Files that differ' })
    await files.getByText('srv/odd/<img src=x onerror=document.title="owned">.txt').waitFor()
    await page.getByRole('combobox', { name: 'Which changes' }).selectOption('changed')
    await files.getByText('srv/binary').waitFor({ state: 'detached' })
    await page.getByRole('searchbox', { name: 'Find files by name' }).fill('TEXT')
    await files.getByText('lib/apk/db/installed').waitFor({ state: 'detached' })
    await files.getByRole('link', { name: 'srv/text.txt' }).click()
    const text = page.getByRole('region', { name: 'Text of /srv/text.txt' })
    await text.waitFor()
    expect(await text.locator('pre').last().textContent()).toEndWith('\nmore')
    expect(complaints).toEqual([])
  })

  it('may be of two repositories, or of one platform of an index', async () => {
    const { page } = await visit('/compare/shop/app?ref=v2&with=shop/fork:v1')
    await page.getByText('Both name the same image.').waitFor()
    await page.goto(`${server.url}/compare/shop/app?ref=${V1.manifest.digest}&with=multi`)
    await page.getByText('Both name the same image.').waitFor()
    await page.getByRole('combobox', { name: 'Platform' }).selectOption('linux/arm64')
    await page.getByRole('button', { name: 'Compare' }).click()
    await page.getByRole('link', { name: /^Files/ }).click()
    await page.getByRole('link', { name: 'only-on-arm' }).waitFor()
  })
})

describe('a registry that nobody has to sign in to, and that scans nothing', () => {
  const open = useServer()

  it('shows the files of an image and of two all the same, and no packages', async () => {
    const target = { registry: open, name: 'team/app' }
    await pushFull(target, V1, 'v1')
    await pushFull(target, V2, 'v2')
    const { page, complaints } = await visit('/i/team/app?ref=v1', { signedIn: false, at: open.url })
    await page.getByText(`docker pull ${open.host}/team/app:v1`).waitFor()
    await page.getByRole('link', { name: 'Files', exact: true }).click()
    await page.getByRole('link', { name: 'srv' }).click()
    await page.getByRole('link', { name: 'text.txt' }).waitFor()
    await page.getByRole('link', { name: 'Packages' }).click()
    await page.getByText('Nobody has looked into this image yet.').waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('link', { name: 'Findings' }).click()
    await page.getByRole('heading', { name: 'No findings' }).waitFor()
    await page.goto(`${open.url}/compare/team/app?ref=v1&with=v2&tab=files`)
    await page.getByRole('link', { name: 'srv/new' }).waitFor()
    await page.getByRole('link', { name: /^Packages/ }).click()
    await page.getByText('Packages are compared once both images were looked into.').waitFor()
    expect(complaints).toEqual([])
  })
})
