/** Scanners that are not ours, by commands. */
import { expect, setDefaultTimeout, test } from 'bun:test'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createKeyFile } from '../../src/storage/encrypted/key-file.ts'
import { startHarborAdapter } from '../support/harbor-adapter.ts'
import { berth } from './support/command.ts'
import { withDataFolder } from './support/data-folder.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(6 * PATIENCE_MS)

test('berth scanner adds, asks, switches off and removes', async () => {
  const adapter = startHarborAdapter()
  try {
    await withDataFolder(async ({ path }) => {
      createKeyFile(join(path, 'key'))
      const run = async (args: readonly string[], input = '') => {
        const env = { BERTH_SECRETS__KEY_FILE: join(path, 'key') }
        const { code, stdout, stderr } = await berth(['scanner', ...args, '--data', join(path, 'data')], { input, env })
        return { code, said: `${stdout}${stderr}` }
      }
      const secret = ['--authentication', 'bearer', '--secret-stdin']
      const refused = await run(['add', 'clair', 'harbor', adapter.url, ...secret], 'canary-of-scanners\n')
      expect(refused).toMatchObject({ code: 1, said: expect.stringContaining('--allow-private') })
      const added = await run(
        ['add', 'clair', 'harbor', adapter.url, ...secret, '--allow-private'],
        'canary-of-scanners\n',
      )
      expect(added.said).toContain(adapter.url)
      expect(added).toMatchObject({ code: 0 })
      expect(await run(['test', 'clair'])).toMatchObject({
        code: 0,
        said: expect.stringContaining('Fake 0.1 (Nobody)'),
      })
      expect(adapter.seen[0]?.headers.get('authorization')).toBe('Bearer canary-of-scanners')

      const program = join(path, 'trivy')
      writeFileSync(program, '#!/bin/sh\n[ "$1" = version ] && echo \'{"Version":"0.66.0"}\'\n')
      chmodSync(program, 0o755)
      expect(await run(['add', 'local', 'trivy', program, '--skip-update'])).toMatchObject({ code: 0 })
      expect((await run(['test', 'local'])).said).toContain('Trivy 0.66.0')
      expect(existsSync(join(path, 'data', 'scanners'))).toBe(true)
      expect(await run(['add', 'odd', 'grype', 'grype', '--trivy-server', 'https://x.example'])).toMatchObject({
        code: 1,
      })

      await run(['disable', 'local'])
      const lines = (await run(['list'])).said.trim().split('\n')
      expect(lines.map((line) => line.split(/\s+/))).toEqual([
        ['clair', 'harbor', adapter.url, 'on'],
        ['local', 'trivy', program, 'off'],
      ])
      expect((await run(['remove', 'local'])).code).toBe(0)
      expect(await run(['test', 'local'])).toMatchObject({
        code: 1,
        said: expect.stringContaining('no scanner "local"'),
      })
    })
  } finally {
    await adapter.close()
  }
})
