import { beforeAll, describe, expect, it } from 'bun:test'
import type { Page } from 'playwright-core'
import { putManifest } from '../conformance/support/manifests.ts'
import { addUser } from '../e2e/support/command.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { basic, useServer } from '../e2e/support/server.ts'
import { untilTrue } from '../e2e/support/until.ts'
import { useBrowser } from './support/browser.ts'
import { looksGood } from './support/looks.ts'

const PASSWORD = 'correct horse'

const server = useServer()
const { visit, violations, widerThanWindow } = useBrowser(server, { name: 'ann', password: PASSWORD })
const ann = () => server.with(basic('ann', PASSWORD))
const [first, second, third] = [image('first'), image('second'), image('third', {}, 5000)]

beforeAll(async () => {
  await addUser(server.running.dataDir, 'ann', PASSWORD)
  await untilTrue('the server asks who comes', async () => (await server.send('GET', '/v2/')).status === 401)
  const target = { registry: ann(), name: 'ann/app' }
  await pushImage(target, first, 'v1')
  await pushImage(target, second, 'v1')
  await pushImage(target, third, 'latest')
  for (let n = 0; n < 8; n++) await putManifest(target, `build-${n}`, third.manifest)
  await pushImage({ registry: ann(), name: 'ann/other' }, first, 'v1')
})

/** What a tag of ann/app names. */
async function named(tag: string): Promise<string | undefined> {
  const { status, headers } = await ann().send('HEAD', `/v2/ann/app/manifests/${tag}`)
  return status === 200 ? (headers.get('docker-content-digest') ?? undefined) : undefined
}

/** Until no dialog is there: what it did is done. */
async function closed(page: Page): Promise<void> {
  await untilTrue('no dialog is open', async () => (await page.getByRole('dialog').count()) === 0, 30_000)
}

describe('tags', () => {
  it('are chosen, compared, and deleted after a look at what goes', async () => {
    const { page, complaints } = await visit('/r/ann/app')
    for (const tag of ['build-0', 'build-1']) await page.getByRole('checkbox', { name: `Choose ${tag}` }).check()
    const compare = page.getByRole('link', { name: 'Compare' })
    expect(await compare.getAttribute('href')).toBe('/compare/ann/app?ref=build-0&with=build-1')
    await page.getByRole('checkbox', { name: 'Choose build-2' }).check()
    await compare.waitFor({ state: 'detached' })
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Delete…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('3 tags').first().waitFor()
    await dialog.getByText('0 B').waitFor()
    expect(await violations(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Delete 3 tags' }).click()
    await closed(page)
    expect(await Promise.all(['build-0', 'build-1', 'build-2', 'build-3'].map(named))).toEqual([
      undefined,
      undefined,
      undefined,
      third.manifest.digest,
    ])
    expect(complaints).toEqual([])
  })

  it('get another name, and an end', async () => {
    const { page } = await visit('/r/ann/app')
    await page.getByRole('button', { name: 'More about v1' }).click()
    await page.getByText('stays:').waitFor()
    await page.getByLabel('Another tag for the same image').fill('stable')
    await page.getByRole('button', { name: 'Set the tag' }).click()
    await untilTrue('it is set', async () => (await named('stable')) === second.manifest.digest, 30_000)
    await page.getByLabel('It goes by itself at').fill('2031-02-03T04:05')
    await page.getByRole('button', { name: 'Set its end' }).click()
    await page.getByRole('button', { name: 'Take its end away' }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Take its end away' }).click()
    await page.getByRole('button', { name: 'Take its end away' }).waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Its history' }).click()
    await page.getByText('moved', { exact: true }).waitFor()
    expect(await page.getByRole('searchbox', { name: 'Only the tag' }).inputValue()).toBe('v1')
  })

  it('are rolled back to what they named before, and restored', async () => {
    await ann().send('DELETE', '/v2/ann/app/manifests/build-3')
    const { page, complaints } = await visit('/r/ann/app?tab=history')
    await page.getByRole('button', { name: 'Restore build-3' }).click()
    await page.getByRole('button', { name: 'Restore the tag' }).click()
    await closed(page)
    expect(await named('build-3')).toBe(third.manifest.digest)
    await page.getByRole('searchbox', { name: 'Only the tag' }).fill('v1')
    const digest = first.manifest.digest.slice(0, 'sha256:'.length + 12)
    await page
      .getByRole('button', { name: `Back to this: v1 as ${digest}` })
      .last()
      .click()
    await page.getByRole('dialog').getByText(second.manifest.digest).waitFor()
    expect(await violations(page)).toEqual([])
    // To the second, and long after the pushes.
    const between = new Date()
    await page.getByRole('button', { name: 'Roll it back' }).click()
    await closed(page)
    expect(await named('v1')).toBe(first.manifest.digest)
    await page.getByRole('button', { name: 'Back to a moment' }).click()
    await page.getByLabel('To what it named at').fill(localText(between))
    await page.getByRole('button', { name: 'Roll it back' }).click()
    await closed(page)
    expect(await named('v1')).toBe(second.manifest.digest)
    expect(complaints).toEqual([])
  })
})

/** As a field for moments takes it; the browser has the zone of the machine. */
function localText(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}

const READY: Readonly<Record<string, string>> = {
  '/r/ann/app': 'build-7',
  '/r/ann/app?tab=history': 'build-7',
  '/r/ann/app?tab=usage': 'would go',
}

describe('the parts of a repository', () => {
  it('are for everybody: axe finds nothing in any width, light or dark', async () => {
    const { page, complaints } = await visit('/')
    for (const [path, text] of Object.entries(READY)) {
      await page.goto(`${server.url}${path}`)
      await page.locator('main').getByText(text).first().waitFor()
      await looksGood(page, path, { violations, widerThanWindow })
    }
    expect(complaints).toEqual([])
  })

  it('are gone with it, after a look at what that frees', async () => {
    const { page } = await visit('/r/ann/other?tab=usage')
    await page.getByRole('region', { name: 'Tags that hold most alone' }).getByRole('link', { name: 'v1' }).waitFor()
    await page.getByRole('button', { name: 'Delete the repository' }).click()
    await page.getByRole('dialog').getByText('1 tag').waitFor()
    await page.getByRole('button', { name: 'Delete it' }).click()
    await page.getByText('It can be restored from the recycle bin until').waitFor()
    expect((await ann().send('GET', '/api/v1/repositories/ann%2Fother')).status).toBe(404)
  })
})
