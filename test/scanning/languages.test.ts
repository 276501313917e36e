/**
 * What language analyzers make of real content, judged by the programs that made it: Go's own `go version -m`, pip's
 * list, npm's lock file, Maven's folders. What is not on this machine, or cannot be fetched, is skipped by name.
 */
import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Glob, which } from 'bun'
import { openZip } from '../../src/inventory/languages/zip.ts'
import { analyze, LIMITS, named } from '../support/analyze.ts'

setDefaultTimeout(180_000)

const ROOT = new URL('../..', import.meta.url).pathname
const GO = which('go')
const PIP = which('pip')
const MAVEN = '/usr/share/maven-repo'
/** Files of registries stay here from one run to the next. */
const CACHE = join(tmpdir(), 'berth-test-languages')

function run(command: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): string {
  const { cwd = ROOT, env = {} } = options
  const done = Bun.spawnSync([...command], { cwd, env: { ...process.env, ...env }, stderr: 'pipe', timeout: 150_000 })
  if (!done.success) throw new Error(`${command.join(' ')}: ${done.stderr.toString().slice(-500)}`)
  return done.stdout.toString()
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-languages-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('Go programs, as go version -m has them', () => {
  /** `name version`, with what a folder took the place of under its own name. */
  function modulesOf(file: string): string[] {
    const modules: [string, string][] = []
    const [first = '', ...lines] = run([GO ?? '', 'version', '-m', file]).split('\n')
    for (const line of lines) {
      const [, word, name = '', version = ''] = line.split('\t')
      if (word === 'mod' || word === 'dep') modules.push([name, version])
      else if (word === '=>' && version !== '(devel)') modules.splice(-1, 1, [name, version])
    }
    modules.push(['stdlib', /: go([\d.]+)/.exec(first)?.[1] ?? ''])
    return [...new Set(modules.map(([name, version]) => `${name} ${version}`))].sort()
  }

  async function found(file: string): Promise<string[]> {
    return (named(await analyze(`app/${basename(file)}`, readFileSync(file))) ?? []).sort()
  }

  const INSTALLED = ['/usr/bin/skopeo', '/usr/bin/containerd', '/usr/local/bin/docker', '/usr/local/go/bin/go']
  for (const file of INSTALLED)
    it.skipIf(GO === null || !existsSync(file))(`${file} (needs it, and go)`, async () => {
      const started = performance.now()
      const packages = await found(file)
      expect(performance.now() - started).toBeLessThan(5000)
      expect(packages).toEqual(modulesOf(file))
    })

  const GO117 = join(
    GO === null ? '/' : run([GO, 'env', 'GOROOT']).trim(),
    'src/debug/buildinfo/testdata/go117/go117.base64',
  )
  it.skipIf(!existsSync(GO117))(
    "a program of Go 1.17, which points to its modules (needs Go's own test data)",
    async () => {
      const file = join(folder, 'go117')
      await writeFile(file, Buffer.from(readFileSync(GO117, 'latin1'), 'base64'))
      expect(await found(file)).toEqual(['example.com/go117 (devel)', 'stdlib 1.17'])
      expect(await found(file)).toEqual(modulesOf(file))
    },
  )

  describe.skipIf(GO === null)('built here (needs go)', () => {
    let module: string
    beforeAll(async () => {
      module = join(folder, 'module')
      await mkdir(join(module, 'dep'), { recursive: true })
      await writeFile(
        join(module, 'go.mod'),
        'module example.com/app\ngo 1.18\nrequire example.com/dep v1.2.3\nreplace example.com/dep => ./dep\n',
      )
      await writeFile(
        join(module, 'main.go'),
        'package main\n\nimport "example.com/dep"\n\nfunc main() { println(dep.Word) }\n',
      )
      await writeFile(join(module, 'dep/go.mod'), 'module example.com/dep\n')
      await writeFile(join(module, 'dep/dep.go'), 'package dep\n\nvar Word = "x"\n')
    })

    const TARGETS = ['linux/amd64', 'linux/s390x', 'linux/mips', 'windows/386', 'darwin/arm64']
    for (const target of TARGETS)
      it(`for ${target}, with and without its symbols`, async () => {
        const [GOOS = '', GOARCH = ''] = target.split('/')
        const env = { GOOS, GOARCH, CGO_ENABLED: '0', GOPROXY: 'off', GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' }
        for (const flags of ['', '-s -w']) {
          const file = join(folder, `${GOOS}-${GOARCH}${flags.length}`)
          run([GO ?? '', 'build', '-ldflags', flags, '-o', file, '.'], { cwd: module, env })
          const packages = await found(file)
          expect(packages).toEqual(modulesOf(file))
          expect(packages.slice(0, 2)).toEqual(['example.com/app (devel)', 'example.com/dep v1.2.3'])
        }
      })

    it('one whose build information was cut out is unknown, and not empty', async () => {
      const file = join(folder, 'stripped')
      const env = { GOOS: 'linux', GOARCH: 'amd64', CGO_ENABLED: '0', GOPROXY: 'off', GOFLAGS: '-mod=mod' }
      run([GO ?? '', 'build', '-o', file, '.'], { cwd: module, env })
      const content = readFileSync(file)
      const magic = Buffer.from('\xff Go buildinf:', 'latin1')
      for (let at = content.indexOf(magic); at >= 0; at = content.indexOf(magic)) content.fill(0, at, at + magic.length)
      expect(await analyze('usr/bin/app', content)).toEqual({
        unknown: true,
        reason: 'a Go program without its build information',
      })
    })
  })
})

it("npm: what is in this repository's node_modules, as its lock file has it", async () => {
  const lock: { packages: Record<string, { version?: string; name?: string; link?: boolean }> } = await Bun.file(
    join(ROOT, 'package-lock.json'),
  ).json()
  const locked = Object.entries(lock.packages).filter(
    ([path]) => path !== '' && existsSync(join(ROOT, path, 'package.json')),
  )
  expect(locked.length).toBeGreaterThan(100)
  const wrong: string[] = []
  for (const [path, { version, name }] of locked) {
    const expected = `${name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)} ${version}`
    const [only] =
      named(await analyze(`app/${path}/package.json`, readFileSync(join(ROOT, path, 'package.json')))) ?? []
    if (only !== expected) wrong.push(`${path}: ${only}, not ${expected}`)
  }
  expect(wrong).toEqual([])
})

describe.skipIf(PIP === null)('pip (needs pip)', () => {
  it('what is installed, as pip lists it', async () => {
    const site = run(['python3', '-c', 'import pip, os; print(os.path.dirname(os.path.dirname(pip.__file__)))']).trim()
    const listed: { name: string; version: string }[] = JSON.parse(
      run(['python3', '-m', 'pip', '--disable-pip-version-check', 'list', '--path', site, '--format', 'json']),
    )
    const packages: string[] = []
    for (const pattern of ['*.dist-info/METADATA', '*.egg-info/PKG-INFO', '*.egg-info'])
      for (const file of new Glob(pattern).scanSync({ cwd: site }))
        packages.push(...(named(await analyze(`${site.slice(1)}/${file}`, readFileSync(join(site, file)))) ?? []))
    const plain = (texts: string[]) => texts.map((text) => text.toLowerCase().replace(/[-_.]+/g, '-')).sort()
    expect(plain(packages)).toEqual(plain(listed.map(({ name, version }) => `${name} ${version}`)))
    expect(packages).not.toEqual([])
  })

  /** A wheel of the registry, unpacked by ours; undefined when it cannot be had. */
  async function wheel(requirement: string): Promise<ReadonlyMap<string, Buffer> | undefined> {
    await mkdir(CACHE, { recursive: true })
    const find = async () => (await readdir(CACHE)).find((file) => file.startsWith(requirement.replace('==', '-')))
    if ((await find()) === undefined)
      try {
        const options = ['--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '-q', '-d', CACHE]
        run([PIP ?? '', 'download', ...options, requirement])
      } catch (error) {
        console.log(`skipped, ${requirement} cannot be fetched: ${error}`)
        return undefined
      }
    const file = await find()
    if (file === undefined) return undefined
    const archive = await openZip(readFileSync(join(CACHE, file)), { bytes: 1 << 30, entries: 10_000 })
    const files = new Map<string, Buffer>()
    for (const [name, entry] of archive.names) files.set(name, await archive.read(entry, 1 << 30))
    return files
  }

  async function analyzeIn(files: ReadonlyMap<string, Buffer>, suffix: string): Promise<string[] | undefined> {
    const [path = '', content = Buffer.alloc(0)] = [...files].find(([name]) => name.endsWith(suffix)) ?? []
    return named(await analyze(`app/${path}`, content, { ...LIMITS, bytes: 1 << 30 }))
  }

  it('a library for .NET: what it brings, not what it was built with (pythonnet of PyPI)', async () => {
    const files = await wheel('pythonnet==3.0.5')
    if (files === undefined) return
    expect(await analyzeIn(files, '.dist-info/METADATA')).toEqual(['pythonnet 3.0.5'])
    const packages = await analyzeIn(files, 'Python.Runtime.deps.json')
    expect(packages).toContain('System.Reflection.Emit 4.3.0')
    expect(packages?.some((one) => one.startsWith('Python.Runtime'))).toBe(false)
  })

  it('a library of Java with others shaded into it (tabula of PyPI)', async () => {
    const files = await wheel('tabula_py==2.10.0')
    if (files === undefined) return
    const packages = await analyzeIn(files, '.jar')
    expect(packages).toContain('org.apache.pdfbox:pdfbox 2.0.24')
    expect(packages).toContain('commons-logging:commons-logging 1.2')
    expect(packages).toContain('tabula 1.0.5')
    expect(packages).toHaveLength(13)
  })

  it.skipIf(which('objcopy') === null)('a Rust program (uv of PyPI), as its section says (needs objcopy)', async () => {
    const files = await wheel('uv==0.13.9')
    if (files === undefined) return
    const program = [...files].find(([name]) => name.endsWith('/scripts/uv'))?.[1] ?? Buffer.alloc(0)
    const [file, section] = [join(folder, 'uv'), join(folder, 'section')]
    await writeFile(file, program)
    run(['objcopy', '--dump-section', `.dep-v0=${section}`, file, join(folder, 'copy')])
    const { packages }: { packages: { name: string; version: string; kind?: string }[] } = JSON.parse(
      run([
        'python3',
        '-c',
        `import sys,zlib; print(zlib.decompress(open(${JSON.stringify(section)},'rb').read()).decode())`,
      ]),
    )
    const expected = new Set(packages.filter(({ kind }) => kind !== 'build').map((one) => `${one.name} ${one.version}`))
    const started = performance.now()
    expect((await analyzeIn(files, '/scripts/uv'))?.sort()).toEqual([...expected].sort())
    expect(performance.now() - started).toBeLessThan(5000)
    expect(expected.size).toBeGreaterThan(100)
  })
})

describe.skipIf(!existsSync(MAVEN))(`jars of ${MAVEN} (needs Debian's Java libraries)`, () => {
  it('are what their folders say they are, wherever both know a group', async () => {
    const wrong: string[] = []
    let right = 0
    for (const file of new Glob('**/*.jar').scanSync({ cwd: MAVEN, followSymlinks: true })) {
      const [, place = '', artifact = '', version = ''] = /^(.+)\/([^/]+)\/(\d[^/]*)\/[^/]+\.jar$/.exec(file) ?? []
      if (version === '') continue
      const packages = named(await analyze(`app/${basename(file)}`, readFileSync(join(MAVEN, file)))) ?? []
      const expected = `${place.replaceAll('/', '.')}:${artifact}`
      if (packages.some((one) => one.startsWith(`${expected} `))) right++
      else if (packages.every((one) => one.includes(':'))) wrong.push(`${expected}: ${packages.join(', ')}`)
    }
    console.log(`jars: ${right} are right, ${wrong.length} are not: ${wrong.join('; ')}`)
    expect(right).toBeGreaterThan(0)
    // Debian moved a few from one group to another, without writing so into them.
    expect(wrong.length / (right + wrong.length)).toBeLessThan(0.05)
  })
})
