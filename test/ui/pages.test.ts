import { beforeAll, describe, expect, it } from 'bun:test'
import { content } from '../conformance/support/content.ts'
import { pushBlob } from '../conformance/support/uploads.ts'
import { putManifest } from '../conformance/support/manifests.ts'
import { addUser } from '../e2e/support/command.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { basic, useServer } from '../e2e/support/server.ts'
import { untilTrue } from '../e2e/support/until.ts'
import { useBrowser, WIDTHS } from './support/browser.ts'

const PASSWORD = 'correct horse'
const HOSTILE = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
const MAX_FIRST_PAINT_BYTES = 180 * 1024

const server = useServer()
const { visit, violations, widerThanWindow } = useBrowser(server, { name: 'ann', password: PASSWORD })

beforeAll(async () => {
  await addUser(server.running.dataDir, 'ann', PASSWORD)
  // Until the server knows of its first user it is open, and a push makes no project.
  await untilTrue('the server asks who comes', async () => (await server.send('GET', '/v2/')).status === 401)
  const target = { registry: server.with(basic('ann', PASSWORD)), name: 'ann/app' }
  const labelled = image('app', { annotations: { 'org.opencontainers.image.title': HOSTILE } })
  await pushImage(target, labelled, 'v1')
  for (let n = 0; n < 120; n++) await putManifest(target, `build-${`${n}`.padStart(4, '0')}`, labelled.manifest)
})

const READY: Readonly<Record<string, string>> = { '/': 'ann', '/p/ann': 'ann/app', '/r/ann/app': 'build-0119' }

describe('the web pages', () => {
  for (const width of WIDTHS)
    for (const dark of [false, true])
      it(`have no violation that axe finds, ${width} px, ${dark ? 'dark' : 'light'}`, async () => {
        const { page, complaints } = await visit('/', { width, dark })
        for (const [path, text] of Object.entries(READY)) {
          await page.goto(`${server.url}${path}`)
          await page.locator('main li').getByText(text, { exact: true }).waitFor()
          expect(await violations(page)).toEqual([])
          expect(await widerThanWindow(page), `${path} scrolls sideways`).toBe(false)
        }
        expect(complaints).toEqual([])
      })

  it('lead from the projects to a tag, which is deleted after a question', async () => {
    const { page, complaints } = await visit('/')
    await page.locator('main').getByRole('link', { name: 'ann', exact: true }).click()
    await page.locator('main').getByRole('link', { name: 'ann/app' }).click()
    await page.getByRole('searchbox', { name: 'Find tags' }).fill('build-0119')
    await page.getByRole('button', { name: 'How to pull build-0119' }).click()
    await page.getByText(`docker pull ${server.host}/ann/app:build-0119`).waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('button', { name: 'Delete build-0119' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Delete the tag' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Delete build-0119' }).waitFor({ state: 'detached' })
    const gone = await server.with(basic('ann', PASSWORD)).send('GET', '/v2/ann/app/manifests/build-0119')
    expect(gone.status).toBe(404)
    expect(complaints).toEqual([])
  })

  it('have only the rows in view in the document', async () => {
    const { page } = await visit('/r/ann/app')
    await page.getByText('build-0118', { exact: true }).waitFor()
    expect(await page.locator('main li').count()).toBeLessThan(60)
  })

  it('keep the theme that was chosen', async () => {
    const { page } = await visit('/', { signedIn: false })
    await page.getByRole('button', { name: 'Dark theme' }).click()
    await page.goto(`${server.url}/r/`)
    await page.getByRole('button', { name: 'Light theme' }).waitFor()
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
  })

  it('ask whoever is nobody to sign in', async () => {
    const { page } = await visit('/p/ann', { signedIn: false })
    await page.getByRole('link', { name: 'Sign in to see this page' }).click()
    expect(new URL(page.url()).searchParams.get('next')).toBe('/p/ann')
  })

  it('take names from the address as text', async () => {
    const { page, complaints } = await visit(`/r/${encodeURIComponent(HOSTILE)}`)
    await page.getByRole('alert').waitFor()
    expect(await page.title()).not.toBe('owned')
    expect(complaints).toEqual([])
  })
})

describe('their server', () => {
  it('lets no page of a blob run', async () => {
    const target = { registry: server.with(basic('ann', PASSWORD)), name: 'ann/app' }
    const blob = content('<script>document.title="owned"</script>')
    await pushBlob(target, blob)
    const answer = await target.registry.send('GET', `/v2/ann/app/blobs/${blob.digest}`)
    expect(answer.headers.get('content-security-policy')).toBe('sandbox')
    expect(answer.headers.get('content-disposition')).toBe('attachment')
    const { page } = await visit('/')
    const cookieOnly = await page.request.get(`${server.url}/v2/ann/app/blobs/${blob.digest}`)
    expect(cookieOnly.status()).toBe(401)
  })

  it('sends less than 180 KB before the first paint', async () => {
    const { page } = await visit('/')
    await page.locator('main li').first().waitFor()
    const sent = (await page.evaluate(
      `[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
        .filter(({ name }) => !name.includes('/api/'))
        .map(({ name, encodedBodySize, decodedBodySize }) => ({ name, encodedBodySize, decodedBodySize }))`,
    )) as { name: string; encodedBodySize: number; decodedBodySize: number }[]
    const bytes = sent.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
    console.log(`first paint: ${bytes} bytes`)
    expect(bytes).toBeGreaterThan(10_000)
    expect(bytes).toBeLessThan(MAX_FIRST_PAINT_BYTES)
    const scripts = sent.filter(({ name }) => name.endsWith('.js'))
    expect(scripts.length).toBeGreaterThan(0)
    for (const { name, encodedBodySize, decodedBodySize } of scripts) {
      expect(decodedBodySize).toBeGreaterThan(encodedBodySize)
      expect((await fetch(name)).headers.get('cache-control')).toContain('immutable')
    }
  })

  it('gives its own addresses the page, with its policy, and others nothing', async () => {
    const { headers } = await fetch(`${server.url}/p/any`)
    expect(headers.get('content-security-policy')).not.toContain('unsafe')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    // Each of them can be read again, as the router writes it.
    for (const path of ['/', '/p', '/r', '/r/', '/i', '/compare', '/search', '/me', '/admin', '/admin/users'])
      expect((await fetch(`${server.url}${path}`)).headers.get('content-type')).toContain('text/html')
    for (const path of ['/assets/none.js', '/searching', '/mexico', '/nothing', '/v1/x'])
      expect((await fetch(`${server.url}${path}`)).status).toBe(404)
    expect((await fetch(`${server.url}/`, { method: 'POST' })).status).toBe(405)
  })
})

describe('an open registry', () => {
  const open = useServer()

  it('teaches the first push, and shows anybody what is there', async () => {
    const { page, complaints } = await visit('/r/', { signedIn: false, at: open.url })
    await page.getByText(`docker push ${open.host}/team/app:latest`).waitFor()
    expect(await violations(page)).toEqual([])
    await pushImage({ registry: open, name: 'team/app' }, image('open'), 'v1')
    await page.goto(`${open.url}/r/`)
    await page.locator('main').getByRole('link', { name: 'team/app' }).click()
    await page.getByText('v1', { exact: true }).waitFor()
    expect(complaints).toEqual([])
  })
})
