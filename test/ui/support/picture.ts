import { join } from 'node:path'
import type { Page } from 'playwright-core'

/** To be looked at by people, where a folder for pictures is named. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.BERTH_TEST_PICTURES
  if (folder === undefined) return
  await page.screenshot({ path: join(folder, `${name.replaceAll(/\W+/g, '-')}.png`), fullPage: true })
}
