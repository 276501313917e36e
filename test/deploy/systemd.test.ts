import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '../../src/config/load.ts'
import { which } from '../clients/support/clients.ts'
import { must, run } from '../clients/support/command.ts'
import { readDeploy } from './support/deploy-files.ts'

const UNITS = ['berth.service', 'berth@.service'] as const

/** The values of one setting, in order. */
function settings(unit: string, name: string): string[] {
  return [...readDeploy('systemd', unit).matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value)
}

describe.each(UNITS)('deploy/systemd/%s', (unit) => {
  test('waits at a stop for as long as the server may take', () => {
    const { delay, drain } = parseConfig({}).shutdown
    const [timeout = ''] = settings(unit, 'TimeoutStopSec')
    expect(Number.parseInt(timeout, 10) * 1000).toBeGreaterThan(delay + drain)
    // A second SIGTERM ends a worker at once.
    expect(settings(unit, 'KillMode')).toEqual(['mixed'])
  })

  test('reads secrets from a file that is not the unit', () => {
    expect(settings(unit, 'EnvironmentFile')).toHaveLength(1)
    expect(settings(unit, 'Environment').join(' ')).not.toMatch(/BERTH_DATABASE|AWS_/)
  })
})

describe('deploy/systemd/berth@.service', () => {
  test.each([
    [{}, 1],
    [{ BERTH_DATABASE: 'postgres://a/b' }, 1],
    [{ BERTH_STORAGE: 's3://b' }, 1],
    [{ BERTH_DATABASE: 'postgres://a/b', BERTH_STORAGE: 's3://b' }, 0],
  ])('starts only with what replicas share: %p', async (environment, code) => {
    const [command = ''] = settings('berth@.service', 'ExecStartPre')
    const script = /^\/bin\/sh -c '([^']*)'$/.exec(command)?.[1] ?? ''
    const ran = await run(['/bin/sh', '-c', script], {
      env: { BERTH_DATABASE: '', BERTH_STORAGE: '', ...environment },
    })
    expect(ran.code).toBe(code)
    if (code !== 0) expect(ran.all).toContain('Set BERTH_DATABASE and BERTH_STORAGE in /etc/berth/replicas.env')
  })
})

describe.skipIf(which('systemd-analyze') === undefined)('systemd-analyze', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-units-'))
    // The program is not installed where tests run.
    const text = (unit: string) => readDeploy('systemd', unit).replaceAll('/usr/local/bin/berth', '/bin/true')
    await writeFile(join(folder, 'berth.service'), text('berth.service'))
    await writeFile(join(folder, 'berth@5001.service'), text('berth@.service'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test.each(['berth.service', 'berth@5001.service'])('has nothing to say against %s', async (name) => {
    const ran = await run(['systemd-analyze', 'verify', '--man=no', join(folder, name)], { timeoutMs: 30_000 })
    expect(ran.all.split('\n').filter((line) => line.includes(folder))).toEqual([])
    expect(ran.code).toBe(0)
  })

  test.each(['berth.service', 'berth@5001.service'])('calls %s hardly exposed', async (name) => {
    const said = await must(['systemd-analyze', 'security', '--offline=true', join(folder, name)], {
      timeoutMs: 30_000,
    })
    expect(Number(/Overall exposure level for \S+: ([\d.]+)/.exec(said)?.[1])).toBeLessThan(2)
  })
})
