import { afterAll, beforeAll, expect, it } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { affects, osvExport } from '../support/osv-export.ts'

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-vulndb-commands-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function berth(...words: string[]): Promise<{ readonly code: number; readonly text: string }> {
  const child = Bun.spawn([process.execPath, MAIN, 'vulndb', ...words, '--data', join(folder, 'data')], {
    env: { ...process.env, BERTH_SCANNING__VULNERABILITIES__SOURCE: 'http://127.0.0.1:1/' },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, text: `${output}${errors}` }
}

it('the commands take data, tell what there is and whose it is, and end with 1 when something failed', async () => {
  expect((await berth('status')).text).toContain('There is no vulnerability data')
  expect(await berth('update')).toMatchObject({ code: 1, text: expect.stringContaining('say with --ecosystem') })
  const zip = join(folder, 'Ubuntu.zip')
  await writeFile(zip, osvExport([{ id: 'UBUNTU-CVE-2024-0001', affected: [affects('Ubuntu:24.04:LTS', 'a')] }]))
  expect(await berth('import', zip)).toEqual({ code: 0, text: 'Ubuntu: 1 records read\n' })
  expect(await berth('update')).toMatchObject({ code: 1, text: expect.stringContaining('Ubuntu: failed: 127.0.0.1:1') })
  const { code, text } = await berth('status')
  expect(code).toBe(0)
  expect(text).toMatch(/^Ubuntu {5}1 {8}\d{4}-/m)
  expect(text).toContain('127.0.0.1:1')
  expect(text).toContain('Canonical (CC-BY-SA-4.0), by way of OSV.')
  expect((await berth('import', join(folder, 'nothing'))).code).toBe(1)
}, 60_000)
