import { afterEach } from 'bun:test'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const WIDTHS = [320, 1280] as const

export interface Visit {
  readonly page: Page
  /** What the browser refused or could not run. */
  readonly complaints: string[]
}

interface VisitOptions {
  readonly width?: number
  readonly dark?: boolean
  /** As the account of `useBrowser`; false: as nobody. */
  readonly signedIn?: boolean
  readonly as?: Account
  readonly at?: string
}

interface Account {
  readonly name: string
  readonly password: string
}

/** A real Chromium for the tests of a file, who are signed in as this account. */
export function useBrowser(server: { readonly url: string }, account: Account) {
  const browsers: Browser[] = []
  afterEach(async () => {
    for (const browser of browsers.splice(0)) await browser.close()
  })
  const visit = async (path: string, options: VisitOptions = {}): Promise<Visit> => {
    const { width = 1280, dark = false, signedIn = true, as = account, at = server.url } = options
    const colorScheme = dark ? 'dark' : 'light'
    // A new one each time: this Chromium loses a renderer now and then, and the tests after it would wait for that one.
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS })
    browsers.push(browser)
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme })
    const page = await context.newPage()
    const complaints = listen(page)
    if (signedIn) await signIn(page, at, { ...as, next: path })
    else await page.goto(`${at}${path}`)
    return { page, complaints }
  }
  return { visit, violations, widerThanWindow }
}

async function signIn(page: Page, at: string, { name, password, next }: Account & { readonly next: string }) {
  await page.goto(`${at}/auth/?${new URLSearchParams({ next })}`)
  await page.fill('[name=username]', name)
  await page.fill('[name=password]', password)
  await page.click('button[type=submit]')
  await page.waitForURL(({ pathname }) => !pathname.startsWith('/auth/'))
}

function listen(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) complaints.push(message.text())
  })
  return complaints
}

/** What axe finds on the page as it is now. */
async function violations(page: Page): Promise<string[]> {
  // Through the debugger, which no policy of the page holds up.
  await page.evaluate(axe.source)
  const found = await page.evaluate(
    'axe.run().then(({ violations }) => violations.map((v) => v.id + ": " + v.nodes[0].html))',
  )
  return found as string[]
}

/** Whether the page scrolls sideways. */
async function widerThanWindow(page: Page): Promise<boolean> {
  return (await page.evaluate('document.documentElement.scrollWidth > innerWidth')) as boolean
}
