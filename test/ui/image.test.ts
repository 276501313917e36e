/** The pages of one image and of two, with what strangers would put into them. */
import { beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { addUser, berth } from '../e2e/support/command.ts'
import { basic, PATIENCE_MS, useServer } from '../e2e/support/server.ts'
import { untilTrue } from '../e2e/support/until.ts'
import { useBrowser, WIDTHS } from './support/browser.ts'
import { HOSTILE, HOSTILE_NAMES, MANY, seedImages, TEXT, V1 } from './support/seed-images.ts'

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
}, 6 * PATIENCE_MS)

/** Addresses, and what stands there once all of it came. */
const READY: readonly (readonly [query: string, text: string])[] = [
  ['?ref=v1', 'no rule selects it'],
  ['?ref=v1&tab=layers', 'RUN apk add openssl'],
  ['?ref=v1&tab=files&path=/srv/', 'text.txt'],
  ['?ref=v1&tab=files&path=/srv/text.txt', 'Download'],
  ['?ref=v1&tab=packages', 'Attached bills of materials'],
  ['?ref=v1&tab=findings', 'CVE-2099-0001'],
  ['?ref=multi&tab=signatures', 'Signatures of the index'],
  ['?ref=v1&tab=referrers', 'Bill of materials (CycloneDX)'],
  ['?ref=multi&platform=linux/arm64', 'ARM'],
  ['?ref=1.2.3_chart', 'Helm chart'],
]

interface Inventory {
  readonly analyzedAt: string
}

function main(page: Page) {
  return page.locator('main')
}

describe('the page of an image', () => {
  for (const width of WIDTHS)
    it(`has no violation that axe finds, dark or light, ${width} px`, async () => {
      const { page, complaints } = await visit('/', { width })
      for (const [query, text] of READY) {
        await page.goto(`${server.url}/i/shop/app${query}`)
        await main(page).getByText(text, { exact: true }).first().waitFor()
        expect(await widerThanWindow(page), `${query} scrolls sideways`).toBe(false)
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          expect(await violations(page), `${query} ${colorScheme}`).toEqual([])
        }
      }
      expect(complaints).toEqual([])
    })

  it('shows what strangers wrote as text, and leads to web pages only', async () => {
    const { page, complaints } = await visit('/i/shop/app?ref=v1')
    await main(page).getByText('<b onmouseover=document.title="owned">name</b>').first().waitFor()
    await main(page).getByRole('button', { name: 'Show all of it' }).first().click()
    await main(page).getByText('long end').waitFor()
    await main(page).getByText('a\\u{202e}txt.exe').first().waitFor()
    const links = (await page.evaluate(
      `[...document.querySelectorAll('main a[target]')].map(({ href, rel }) => href + ' ' + rel)`,
    )) as string[]
    expect([...new Set(links)]).toEqual(['https://git.example/shop/app noopener noreferrer nofollow'])
    expect(await page.title()).toBe('shop/app:v1 – Berth')
    expect(complaints).toEqual([])
  })

  it('tells how it runs and how it is pulled, by its tag or by its digest', async () => {
    const { page } = await visit('/i/shop/app?ref=v1')
    await main(page).getByText(`docker pull ${server.host}/shop/app:v1`).waitFor()
    await main(page).getByRole('checkbox', { name: 'exactly this one' }).check()
    await main(page).getByText(`image: ${server.host}/shop/app@${V1.manifest.digest}`).waitFor()
    for (const text of ["/bin/shop --name 'a b'", '1000:1000', '8080/tcp', '/data', 'SHOP_MODE'])
      await main(page).getByText(text, { exact: true }).first().waitFor()
  })

  it('shows sixty layers, the lowest first', async () => {
    const { page } = await visit('/i/shop/app?ref=sixty&tab=layers')
    const rows = page.getByRole('list', { name: 'Layers, the lowest first' }).getByRole('listitem')
    await rows.first().waitFor()
    expect(await rows.count()).toBe(MANY.layers.length)
    expect(await rows.first().textContent()).toContain('RUN step 0')
    expect(await rows.last().textContent()).toContain('RUN step 59')
  })

  it('of an index shows one platform after another, and no attestations', async () => {
    const { page } = await visit('/i/shop/app?ref=multi')
    const choice = page.getByRole('combobox', { name: 'Platform' })
    await choice.waitFor()
    expect(await choice.locator('option').allTextContents()).toEqual(['linux/amd64', 'linux/arm64'])
    await main(page).getByText('SHOP_MODE').waitFor()
    await choice.selectOption('linux/arm64')
    await main(page).getByText('ARM', { exact: true }).waitFor()
    expect(new URL(page.url()).searchParams.get('platform')).toBe('linux/arm64')
    await main(page).getByText(`docker pull ${server.host}/shop/app:multi`).waitFor()
  })

  it('of a chart says what fetches it', async () => {
    const { page } = await visit('/i/shop/app?ref=1.2.3_chart')
    await main(page).getByText(`helm pull oci://${server.host}/shop/app --version 1.2.3+chart`).waitFor()
    await main(page).getByRole('link', { name: 'Content' }).click()
    await main(page).getByText('application/vnd.cncf.helm.chart.content.v1.tar+gzip').waitFor()
    await main(page).getByText('<i>shop</i>-1.2.3.tgz', { exact: true }).waitFor()
  })

  it('that is not there says so, and leads to those that are', async () => {
    const { page } = await visit('/i/shop/app?ref=none')
    await page.getByRole('alert').getByText('there is no image "none"').waitFor()
    await main(page).getByRole('link', { name: 'shop/app' }).waitFor()
  })

  it('sets another tag, and deletes it after a question', async () => {
    const { page, complaints } = await visit('/i/shop/app?ref=v2')
    const there = async (tag: string) => (await ann.send('GET', `/v2/shop/app/manifests/${tag}`)).status
    await page.getByRole('button', { name: 'Add a tag' }).click()
    await page.getByRole('textbox', { name: 'Tag' }).fill('other')
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Set the tag' }).click()
    await page.getByRole('heading', { name: 'shop/app:other' }).waitFor()
    expect(await there('other')).toBe(200)
    await page.getByRole('button', { name: 'Delete the tag' }).click()
    await page.getByText('1 tag and 0 manifests would go').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete the tag' }).click()
    await page.waitForURL(({ pathname }) => pathname === '/r/shop/app')
    expect([await there('other'), await there('v2')]).toEqual([404, 200])
    expect(complaints).toEqual([])
  })
})

describe('the files of an image', () => {
  it('are gone through folder by folder, and read in the page', async () => {
    const { page, complaints } = await visit('/i/shop/app?ref=v1&tab=files')
    const files = page.getByRole('list', { name: /What is in/ })
    await files.getByRole('link').first().waitFor()
    expect(await files.getByRole('link').allTextContents()).toEqual(['etc', 'lib', 'srv'])
    await files.getByRole('link', { name: 'etc' }).click()
    await files.getByRole('link', { name: 'os-release' }).waitFor()
    expect(await files.getByText('gone', { exact: true }).count()).toBe(0)
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Folders')
    await page.getByRole('link', { name: 'root' }).click()
    await files.getByRole('link', { name: 'srv' }).click()
    await files.getByText('rw-r-----').waitFor()
    await files.getByText('→ ../etc').waitFor()
    await files.getByRole('link', { name: 'text.txt' }).click()
    const text = page.getByRole('region', { name: 'Text of /srv/text.txt' })
    await text.waitFor()
    expect(await text.locator('pre').allTextContents()).toEqual([
      Array.from({ length: 200 }, (_, n) => n + 1).join('\n'),
      TEXT,
    ])
    await page.goBack()
    await files.getByRole('link', { name: 'way' }).click()
    await files.getByRole('link', { name: 'os-release' }).waitFor()
    expect(complaints).toEqual([])
  })

  it('are read in parts, downloaded whole, and shown as bytes where they are no text', async () => {
    const { page } = await visit('/i/shop/app?ref=v1&tab=files&path=/srv/large.log')
    await page.getByText('The first 65.5 KB of 220 KB').waitFor()
    await page.getByRole('button', { name: 'Show more' }).click()
    await page.getByText('The first 65.5 KB of 220 KB').waitFor({ state: 'detached' })
    const lines = page.getByRole('region', { name: 'Text of /srv/large.log' }).locator('pre').first()
    expect(await lines.textContent()).toEndWith('\n10000')
    await page.goto(`${server.url}/i/shop/app?ref=v1&tab=files&path=/srv/binary`)
    const bytes = page.getByRole('region', { name: 'Bytes of /srv/binary' })
    await bytes.getByText('00000040  40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO').waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ])
    expect(download.suggestedFilename()).toBe('binary')
    expect((await stat(await download.path())).size).toBe(5000)
  })

  it('of one layer show what it takes away; names are found in all of them', async () => {
    const { page } = await visit(`/i/shop/app?ref=v1&tab=layers`)
    await page.getByRole('link', { name: 'Files of layer 3' }).click()
    const files = page.getByRole('list', { name: /What is in/ })
    await files.getByRole('link', { name: 'etc' }).click()
    await files.getByText('taken away').waitFor()
    await page.getByRole('combobox', { name: 'Where to look' }).selectOption('')
    await page.getByRole('searchbox', { name: 'Find files by name' }).fill('OS-REL')
    const found = page.getByRole('list', { name: 'Files found' })
    await found.getByRole('link', { name: 'etc/os-release' }).click()
    await page.getByText('PRETTY_NAME="Alpine Linux v3.99"').waitFor()
  })

  it('may have any name', async () => {
    const { page, complaints } = await visit('/i/shop/app?ref=v1&tab=files&path=/srv/odd/')
    const files = page.getByRole('list', { name: /What is in/ })
    await files.getByRole('link').first().waitFor()
    expect(await files.getByRole('link').count()).toBe(HOSTILE_NAMES.length)
    for (const name of HOSTILE_NAMES) {
      await files.getByRole('link', { name: name.replace('\u202e', '\\u{202e}'), exact: true }).click()
      // Each has its own name in it.
      await page.getByRole('region', { name: /^Text of/ }).waitFor()
      const said = await page
        .getByRole('region', { name: /^Text of/ })
        .locator('pre')
        .last()
        .textContent()
      expect(said).toBe(name.replace('\u202e', '\\u{202e}'))
      await page.goBack()
    }
    expect(await page.title()).toBe('shop/app:v1 – Berth')
    expect(complaints).toEqual([])
  })
})

describe('what is known of an image', () => {
  const analyzedAt = async () =>
    (JSON.parse((await ann.send('GET', '/api/v1/repositories/shop%2Fapp/images/v1/inventory')).text) as Inventory)
      .analyzedAt

  it('are its packages, found by name, and bills of materials', async () => {
    const { page } = await visit('/i/shop/app?ref=v1&tab=packages')
    const packages = page.getByRole('list', { name: 'Packages' })
    await packages.getByText('openssl', { exact: true }).waitFor()
    expect(await packages.getByRole('listitem').count()).toBe(3)
    await page.getByRole('searchbox', { name: 'Find packages' }).fill('zl')
    await packages.getByText('openssl', { exact: true }).waitFor({ state: 'detached' })
    expect(await packages.getByRole('listitem').count()).toBe(1)
    for (const [name, mark] of [
      ['CycloneDX', '"bomFormat"'],
      ['SPDX', '"spdxVersion"'],
    ] as const) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()])
      const said = await Bun.file(await download.path()).text()
      expect(said).toContain(mark)
      expect(said).toContain('openssl')
    }
    await page.getByText('What it names').click()
    await page.getByText('<i>evil</i> 1').waitFor()
  })

  it('are its vulnerabilities: narrowed, with links to their own pages, looked for again', async () => {
    const { page, complaints } = await visit('/i/shop/app?ref=v1&tab=findings')
    await page.getByRole('heading', { name: '2 vulnerabilities' }).waitFor()
    const findings = page.getByRole('list', { name: 'Findings' })
    const cve = findings.getByRole('link', { name: 'CVE-2099-0001' })
    expect(await cve.getAttribute('href')).toBe('https://www.cve.org/CVERecord?id=CVE-2099-0001')
    await findings.getByText('fixed in 3.0.9-r0').waitFor()
    await page.getByRole('checkbox', { name: 'with a fixed version' }).check()
    await findings.getByText('CVE-2099-0002', { exact: true }).waitFor({ state: 'detached' })
    expect(await findings.getByRole('listitem').count()).toBe(1)
    const before = await analyzedAt()
    // Looking into so small an image is over before one sees that it goes on.
    await page.route('**/report', async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, json: { ...((await response.json()) as object), pending: true } })
    })
    await page.getByRole('button', { name: 'Look again' }).click()
    await page.getByRole('progressbar', { name: 'Looking into the image' }).waitFor()
    await page.unroute('**/report')
    await page.getByRole('progressbar').waitFor({ state: 'detached', timeout: 3 * PATIENCE_MS })
    await untilTrue('it was looked into again', async () => (await analyzedAt()) !== before, 2 * PATIENCE_MS)
    await page.getByRole('heading', { name: '2 vulnerabilities' }).waitFor()
    expect(complaints).toEqual([])
  })

  it('are signatures, and what refers to it', async () => {
    const { page } = await visit('/i/shop/app?ref=v1&tab=signatures')
    await page.getByText('Nobody has signed it.').waitFor()
    await page.getByRole('link', { name: 'Referrers' }).click()
    const referrers = page.getByRole('list', { name: 'Referrers' })
    await referrers.getByText('13 annotations').click()
    await referrers.getByText('<script>document.title="owned"</script>', { exact: false }).first().waitFor()
    await referrers.getByRole('link').click()
    await page.getByText('It is about').waitFor({ state: 'detached' })
    await page.getByText('Bill of materials (CycloneDX)', { exact: true }).waitFor()
    expect(await page.getByRole('link', { name: 'Files' }).count()).toBe(0)
  })

  it('is who is trusted to have signed it, what rules say, and what is judged to be no hole', async () => {
    const { dataDir } = server.running
    const key = join(dataDir, 'release.key')
    for (const words of [
      ['sign', '--generate-key', key],
      ['trust', 'add', 'shop', 'release', '--key', join(dataDir, 'release.pub')],
      ['sign', 'local:shop/app:v2', '--key', key],
      ['policy', 'add', 'shop', 'signed', '--signed-by', 'release', '--mode', 'warn'],
    ]) {
      const { code, stderr } = await berth([...words, '--data', dataDir], { env: { COSIGN_PASSWORD: '' } })
      expect([words, stderr, code]).toEqual([words, '', 0])
    }
    const body = { vulnerability: 'CVE-2099-0002', reason: HOSTILE['x.tag'], expiresAt: new Date(Date.now() + 9e8) }
    const json = { 'content-type': 'application/json' }
    const made = await ann.send('POST', '/api/v1/projects/shop/exceptions', {
      headers: json,
      body: new TextEncoder().encode(JSON.stringify(body)),
    })
    expect([made.status, made.text]).toEqual([expect.any(Number), expect.stringContaining('CVE-2099-0002')])
    const { page, complaints } = await visit('/i/shop/app?ref=v2')
    await page.getByText('allowed', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Signatures' }).click()
    await page.getByText('Signed by somebody whom the project trusts.').waitFor()
    await page.getByText('What was checked').first().click()
    expect(await violations(page)).toEqual([])
    await page.goto(`${server.url}/i/shop/app?ref=v1`)
    await page.getByText('allowed, with warnings', { exact: true }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('link', { name: 'Findings' }).click()
    await page.getByRole('heading', { name: '1 vulnerability' }).waitFor()
    await page.getByText(`judged to be none by ann: ${HOSTILE['x.tag']}`).waitFor()
    expect(await violations(page)).toEqual([])
    expect(complaints).toEqual([])
  })
})
