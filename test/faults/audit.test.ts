import { describe, expect, it } from 'bun:test'
import { berth } from '../e2e/support/command.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { registryAt } from '../e2e/support/server.ts'
import { COMMAND_FAILPOINTS } from './failpoints.ts'
import { eventually, startFaulty, withFolder } from './support/server.ts'

const TIMEOUT_MS = 60_000
const NAME = 'faults/audit'

function isGone(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`, { keepalive: false }).then(
    () => false,
    () => true,
  )
}

async function pushesIn(data: string): Promise<number> {
  const { stdout, code } = await berth(['audit', 'export', '--data', data])
  expect(code).toBe(0)
  const rows = stdout.split('\n').filter((line) => line !== '')
  return rows.map((line) => JSON.parse(line)).filter(({ action }) => action === 'manifest.pushed').length
}

describe('kill -9', () => {
  it.each([...COMMAND_FAILPOINTS.audit])(
    'at %s: every push that was acknowledged has one row, and the chain is whole',
    async (failpoint) => {
      await withFolder(async (data) => {
        const first = await startFaulty(data, `${failpoint}=kill`)
        let pushed = 0
        await pushImage({ registry: registryAt(first.url), name: NAME }, image('faults/audited'), 'v1').then(
          () => pushed++,
          () => undefined,
        )
        await eventually('the job dies', () => isGone(first.url), 15_000)
        const second = await startFaulty(data)
        await pushImage({ registry: registryAt(second.url), name: NAME }, image('faults/audited later'), 'v2')
        await second.stop('SIGTERM')
        const found = await pushesIn(data)
        // A push that was not acknowledged may be there.
        expect([1, 2].slice(pushed)).toContain(found)
        const verified = await berth(['audit', 'verify', '--data', data])
        expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('the chain is whole')])
        expect(verified.stdout).not.toContain('no place')
      })
    },
    TIMEOUT_MS,
  )
})
