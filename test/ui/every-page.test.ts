/** Whatever a link leads to, from the first page on. Also takes the pictures of the docs: PICTURES_FOLDER=docs/images. */
import { beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { join } from 'node:path'
import { addUser, berth } from '../e2e/support/command.ts'
import { basic, PATIENCE_MS, useServer } from '../e2e/support/server.ts'
import { until, untilTrue } from '../e2e/support/until.ts'
import { useBrowser, type Visit } from './support/browser.ts'
import { alpineFiles, fullImage, pushFull } from './support/looked-into.ts'

setDefaultTimeout(8 * PATIENCE_MS)

const PASSWORD = 'correct horse'
const MOST_PAGES = 80
const server = useServer({
  env: { BERTH_SCANNING__ENABLED: 'true', BERTH_SCANNING__VULNERABILITIES__UPDATE: 'never' },
})
const { visit, violations, widerThanWindow } = useBrowser(server, { name: 'ann', password: PASSWORD })
const ann = server.with(basic('ann', PASSWORD))

const VERSIONS = ['1.4.0', '1.4.1', '1.5.0', '1.5.1', '2.0.0-rc1', 'latest']

function shopImage(version: string) {
  const step = (created_by: string) => ({ created: '2026-11-20T09:00:00Z', created_by })
  return fullImage({
    layers: [
      [...alpineFiles({ musl: '1.2.5-r9', openssl: '3.5.1-r0', zlib: '1.3.1-r2', busybox: '1.37.0-r18' })],
      [
        { path: 'srv/', type: '5', mode: 0o755 },
        { path: 'srv/shop', content: `program ${version}\n`.repeat(4000), mode: 0o755 },
        { path: 'srv/settings.json', content: `{ "version": "${version}" }\n` },
      ],
    ],
    config: {
      ...{ User: '1000', WorkingDir: '/srv', Entrypoint: ['/srv/shop'], Cmd: ['serve'] },
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin', `SHOP_VERSION=${version}`],
      ExposedPorts: { '8080/tcp': {} },
      Labels: {
        'org.opencontainers.image.title': 'Shop',
        'org.opencontainers.image.source': 'https://git.example/shop/api',
        'org.opencontainers.image.licenses': 'Apache-2.0',
      },
    },
    history: [
      step('ADD alpine-minirootfs.tar.gz / # buildkit'),
      { ...step('ENV PATH=/usr/local/bin:/usr/bin:/bin'), empty_layer: true },
      step('COPY shop settings.json /srv/ # buildkit'),
      { ...step('ENTRYPOINT ["/srv/shop"]'), empty_layer: true },
    ],
  })
}

beforeAll(async () => {
  const { dataDir } = server.running
  await addUser(dataDir, 'ann', PASSWORD)
  await addUser(dataDir, 'bob', PASSWORD)
  for (const words of [
    ['user', 'set', 'ann', '--role', 'administrator'],
    ['project', 'add', 'shop'],
    ['project', 'add', 'tools', '--public'],
    ['grant', 'add', 'shop', 'user:bob', 'reader'],
    ['robot', 'add', 'ci', '--project', 'shop'],
    ['grant', 'add', 'shop', 'robot:robot.shop.ci', 'writer'],
    ['retention', 'add', 'shop', '--tags', 'pr-*', '--pushed-within', '14d'],
    ['group', 'add', 'developers'],
  ])
    expect((await berth([...words, '--data', dataDir])).code, words.join(' ')).toBe(0)
  await untilTrue('the server asks who comes', async () => (await server.send('GET', '/v2/')).status === 401)
  for (const version of VERSIONS) await pushFull({ registry: ann, name: 'shop/api' }, shopImage(version), version)
  await pushFull({ registry: ann, name: 'shop/web' }, shopImage('web'), 'latest')
  await pushFull({ registry: ann, name: 'tools/build' }, shopImage('build'), 'v7')
  await until('the image is looked into', async () => {
    const answer = await ann.send('GET', '/api/v1/repositories/shop%2Fapi/images/1.5.1/inventory')
    return answer.status === 200 ? true : undefined
  })
}, 6 * PATIENCE_MS)

const isOurs = (link: string) => /^\/(?!api\/|auth\/|assets\/|v2\/)/.test(link)

/** Every page that a link leads to, checked as it is there. */
async function crawl({ page, complaints }: Visit): Promise<number> {
  const seen = new Set<string>()
  const waiting = ['/']
  for (let path = waiting.shift(); path !== undefined && seen.size < MOST_PAGES; path = waiting.shift()) {
    if (seen.has(path)) continue
    seen.add(path)
    const answer = await page.goto(`${server.url}${path}`)
    expect(answer?.status(), path).toBe(200)
    await page.locator('main h1, main h2').first().waitFor()
    await page.getByText('Loading…').first().waitFor({ state: 'detached' })
    expect(await violations(page), path).toEqual([])
    expect(await widerThanWindow(page), `${path} scrolls sideways`).toBe(false)
    expect(complaints, path).toEqual([])
    const links = await page.locator('a[href]').evaluateAll((all) => all.map((each) => each.getAttribute('href') ?? ''))
    waiting.push(...links.filter(isOurs))
  }
  return seen.size
}

describe('every page that a link leads to', () => {
  it('is there for an administrator, narrow and light', async () => {
    expect(await crawl(await visit('/', { width: 320 }))).toBeGreaterThan(30)
  })

  it('is there for who may only read, wide and dark', async () => {
    expect(await crawl(await visit('/', { dark: true, as: { name: 'bob', password: PASSWORD } }))).toBeGreaterThan(10)
  })

  it('is there for nobody', async () => {
    expect(await crawl(await visit('/', { signedIn: false }))).toBeGreaterThan(1)
  })
})

const PICTURES = process.env.PICTURES_FOLDER

describe.skipIf(PICTURES === undefined)('pictures for the docs', () => {
  const shown: readonly (readonly [name: string, path: string, dark: boolean])[] = [
    ['image', '/i/shop/api?ref=1.5.1&tab=layers', false],
    ['files', '/i/shop/api?ref=1.5.1&tab=files&path=srv', true],
    ['compare', '/compare/shop/api?ref=1.4.0&with=1.5.1', false],
    ['retention', '/p/shop?tab=retention', false],
  ]
  for (const [name, path, dark] of shown)
    it(`of ${name}`, async () => {
      const { page } = await visit(path, { dark })
      await page.locator('main h1, main h2').first().waitFor()
      await page.getByText('Loading…').first().waitFor({ state: 'detached' })
      await page.screenshot({ path: join(PICTURES ?? '.', `${name}.png`) })
    })
})
