import { expect } from 'bun:test'
import type { TestBrowser } from '../../e2e/support/browser.ts'
import { until } from '../../e2e/support/until.ts'
import type { Folder } from './folder.ts'
import type { GuideServer } from './guide-server.ts'

interface DeviceLogin {
  readonly folder: Folder
  readonly guide: GuideServer
  /** `berth login …`, as the page has it. */
  readonly command: string
  /** Where somebody is signed in. */
  readonly browser: TestBrowser
}

/** Signs a terminal in, approved in a browser; returns what the terminal showed. */
export async function loginByBrowser({ folder, guide, command, browser }: DeviceLogin): Promise<string> {
  const child = Bun.spawn(['bash', '-c', `exec 2>&1\n${guide.localised(command)}`], {
    cwd: folder.path,
    env: { ...process.env, ...guide.env },
    stdin: 'ignore',
    stdout: 'pipe',
  })
  let printed = ''
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) printed += text
  })()
  const code = await until('the code', () => /this code: (\S+)/.exec(printed)?.[1], 20_000)
  await browser.get(`/auth/device?user_code=${code}`)
  await browser.post('/auth/device', { user_code: code, decision: 'approve' })
  expect(await child.exited, printed).toBe(0)
  await reading
  return printed
}
