import { expect } from 'bun:test'
import type { Page } from 'playwright-core'
import { type useBrowser, WIDTHS } from './browser.ts'
import { picture } from './picture.ts'

type Judges = Pick<ReturnType<typeof useBrowser>, 'violations' | 'widerThanWindow'>

/** Of the page as it is now: in every width, light and dark, axe finds nothing, and it does not scroll sideways. */
export async function looksGood(page: Page, name: string, { violations, widerThanWindow }: Judges): Promise<void> {
  for (const width of WIDTHS)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 800 })
      await page.emulateMedia({ colorScheme })
      await picture(page, `${name}-${width}-${colorScheme}`)
      const about = `${name}, ${width} px, ${colorScheme}`
      expect(await violations(page), about).toEqual([])
      expect(await widerThanWindow(page), `${about}: scrolls sideways`).toBe(false)
    }
}
