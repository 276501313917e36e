import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { ADMINISTRATOR, makeAdministrator } from '../support/accounts.ts'
import { startBerth } from '../support/contestants.ts'
import { TAGS_REPOSITORY } from '../support/growth-content.ts'
import { seedSqlite } from '../support/growth-seed.ts'
import type { Lab } from '../support/lab.ts'
import type { Figure } from '../support/result.ts'

const ROW = 35
const SIZES = { tags: 100_000, repositories: 10_000 }
const VISITS = 10
const SCROLL_MS = 3000
const CHROMIUM = '/usr/bin/chromium'
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
]

/** Notes the frame that has rows. */
const NOTE_ROWS = `new MutationObserver(() => {
  if (globalThis.rowsAt === undefined && document.querySelector('main li[aria-posinset="10"]') !== null)
    requestAnimationFrame(() => (globalThis.rowsAt ??= performance.now()))
}).observe(document, { childList: true, subtree: true })`

/** Row 35: web pages of long lists in a real Chromium, which has both cores to itself. */
export async function pages(lab: Lab): Promise<void> {
  const dir = lab.scratch('pages')
  const store = join(dir, 'store')
  await makeAdministrator(store, TAGS_REPOSITORY)
  seedSqlite(store, SIZES)
  const server = await startBerth({ dir })
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS })
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    await page.addInitScript(NOTE_ROWS)
    await signIn(page, server.url)
    await longList(lab, page, { id: 'tags', what: '100,000 tags', url: `${server.url}/r/${TAGS_REPOSITORY}` })
    await longList(lab, page, { id: 'repositories', what: '10,000 repositories', url: `${server.url}/r/` })
  } finally {
    await browser.close()
    await server.stop()
    lab.scratch('pages')
  }
}

async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/auth/`)
  await page.fill('[name=username]', ADMINISTRATOR.name)
  await page.fill('[name=password]', ADMINISTRATOR.password)
  await page.click('button[type=submit]')
  await page.waitForURL(({ pathname }) => pathname !== '/auth/sign-in')
}

interface LongList {
  readonly id: string
  readonly what: string
  readonly url: string
}

async function longList(lab: Lab, page: Page, { id, what, url }: LongList): Promise<void> {
  const shown: Figure[] = []
  for (let visit = -1; visit < VISITS; visit++) {
    await page.goto(url)
    await page.locator('main li[aria-posinset="10"]').waitFor()
    const value = (await page.evaluate('new Promise(requestAnimationFrame).then(() => globalThis.rowsAt)')) as number
    if (visit >= 0) shown.push({ value })
  }
  lab.add({
    row: ROW,
    id: `page-${id}`,
    what: `${what}: from the address to rows`,
    unit: 'ms',
    figures: { berth: shown },
  })
  const { frames, slowest } = await scroll(page)
  const note = `slowest frame ${slowest.toFixed(0)} ms`
  const figures = { berth: [{ value: frames }] }
  lab.add({ row: ROW, id: `scroll-${id}`, what: `${what}: scrolling`, unit: 'frames/s', figures, note })
}

/** As fast as a wheel turns, for some seconds. */
async function scroll(page: Page): Promise<{ readonly frames: number; readonly slowest: number }> {
  const times = (await page.evaluate(`new Promise((resolve) => {
    const times = []
    const step = (now) => {
      times.push(now)
      scrollBy(0, 120)
      if (now - times[0] < ${SCROLL_MS}) requestAnimationFrame(step)
      else resolve(times)
    }
    requestAnimationFrame(step)
  })`)) as number[]
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time))
  const seconds = gaps.reduce((sum, gap) => sum + gap, 0) / 1000
  return { frames: gaps.length / seconds, slowest: Math.max(...gaps) }
}
