import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

/** What notation tests itself with. It comes as Go modules, whose hashes Go checks; nothing of it is kept here. */
const MODULES = {
  'github.com/notaryproject/notation-go': 'v1.3.2',
  'github.com/notaryproject/notation-core-go': 'v1.3.0',
  'github.com/notaryproject/tspclient-go': 'v1.0.1-0.20250306063739-4f55b14d9f01',
} as const

type Module = keyof typeof MODULES

export interface Fixtures {
  read(module: Module, ...path: readonly string[]): Buffer
  /** PEM of every file in a folder. */
  certificates(module: Module, ...path: readonly string[]): readonly string[]
  names(module: Module, ...path: readonly string[]): readonly string[]
}

/** Undefined with a reason, where there is no Go, or where it cannot get them. */
export function notationFixtures(): { readonly fixtures?: Fixtures; readonly missing?: string } {
  const go = Bun.which('go', { PATH: `${process.env.PATH ?? ''}:/usr/local/go/bin` })
  if (go === null) return { missing: 'there is no Go toolchain to fetch them with' }
  const folders = new Map<string, string>()
  for (const [module, version] of Object.entries(MODULES)) {
    const folder = download(go, `${module}@${version}`)
    if (folder === undefined) return { missing: `Go cannot fetch ${module} ${version}` }
    folders.set(module, folder)
  }
  const at = (module: Module, path: readonly string[]) => join(folders.get(module) ?? '', ...path)
  const fixtures: Fixtures = {
    read: (module, ...path) => readFileSync(at(module, path)),
    names: (module, ...path) => readdirSync(at(module, path)).sort(),
    certificates: (module, ...path) =>
      readdirSync(at(module, path))
        .sort()
        .map((name) => pemOf(readFileSync(join(at(module, path), name)))),
  }
  return { fixtures }
}

const downloaded = z.object({ Dir: z.string() })

function download(go: string, module: string): string | undefined {
  const folder = join(tmpdir(), 'berth-clients', 'go', 'notation-fixtures')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'go.mod'), 'module fixtures\n\ngo 1.24\n')
  const options = { cwd: folder, env: { ...process.env, GOFLAGS: '-mod=mod' }, timeout: 120_000 }
  const { exitCode, stdout } = Bun.spawnSync([go, 'mod', 'download', '-json', module], { ...options, stderr: 'ignore' })
  return exitCode === 0 ? downloaded.parse(JSON.parse(stdout.toString())).Dir : undefined
}

export function pemOf(bytes: Buffer): string {
  const text = bytes.toString('latin1')
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  return `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64')}\n-----END CERTIFICATE-----\n`
}
