import { canonicalName } from './ecosystem-name.ts'
import type { AdvisoryKey, OsRelease, Package, PackageType } from './package.ts'

/** How advisories of a distribution speak of its packages. */
interface Distribution {
  readonly type: PackageType
  /** Undefined: of this release nobody says anything. */
  readonly ecosystem: (os: OsRelease) => string | undefined
  readonly by: 'source' | 'name'
}

const suse: Distribution = { type: 'rpm', ecosystem: suseEcosystem, by: 'source' }

/** By the id of os-release. Red Hat's and AlmaLinux's advisories list every binary package, the others sources. */
const DISTRIBUTIONS: ReadonlyMap<string, Distribution> = new Map<string, Distribution>([
  ['debian', { type: 'deb', ecosystem: (os) => byMajor('Debian', os), by: 'source' }],
  ['ubuntu', { type: 'deb', ecosystem: (os) => prefixed('Ubuntu', /^\d+\.\d+/.exec(os.versionId)?.[0]), by: 'source' }],
  ['alpine', { type: 'apk', ecosystem: alpineEcosystem, by: 'source' }],
  ['wolfi', { type: 'apk', ecosystem: () => 'Wolfi', by: 'source' }],
  ['chainguard', { type: 'apk', ecosystem: () => 'Chainguard', by: 'source' }],
  ['rhel', { type: 'rpm', ecosystem: (os) => byMajor('Red Hat', os), by: 'name' }],
  // CentOS Stream is ahead of Red Hat's releases: their fixed versions say nothing of it.
  ['centos', { type: 'rpm', ecosystem: (os) => (isStream(os) ? undefined : byMajor('Red Hat', os)), by: 'name' }],
  ['rocky', { type: 'rpm', ecosystem: (os) => byMajor('Rocky Linux', os), by: 'source' }],
  ['almalinux', { type: 'rpm', ecosystem: (os) => byMajor('AlmaLinux', os), by: 'name' }],
  ...['sles', 'sled', 'sles_sap', 'sle_hpc', 'sle-micro', 'sl-micro', 'bci'].map((id) => [id, suse] as const),
  ...['opensuse-leap', 'opensuse-tumbleweed'].map((id) => [id, suse] as const),
])

const LANGUAGES: Partial<Record<PackageType, string>> = {
  npm: 'npm',
  pypi: 'PyPI',
  golang: 'Go',
  cargo: 'crates.io',
  maven: 'Maven',
  gem: 'RubyGems',
  nuget: 'NuGet',
  composer: 'Packagist',
}

/** Of which nobody whose data we read says anything, but whose packages are known. */
const OTHERS: ReadonlyMap<string, PackageType> = new Map(
  ['fedora', 'suse', 'amzn', 'ol', 'photon', 'mariner', 'azurelinux', 'mageia', 'openeuler'].map((id) => [id, 'rpm']),
)

/** The kind of packages that a distribution is made of, or that which it is like. Undefined: nobody knows it. */
export function packageTypeOf({ id, idLike = [] }: OsRelease): PackageType | undefined {
  const types = [id, ...idLike].map((each) => DISTRIBUTIONS.get(each)?.type ?? OTHERS.get(each))
  return types.find((type) => type !== undefined)
}

/** Whether anybody whose data we read says something of this release of a distribution. */
export function isSupportedOs(os: OsRelease): boolean {
  return DISTRIBUTIONS.get(os.id)?.ecosystem(os) !== undefined
}

/** Undefined: nobody whose data we read speaks of such a package, or it has no version. */
export function advisoryKeyOf(pkg: Package, os: OsRelease | undefined): AdvisoryKey | undefined {
  const language = LANGUAGES[pkg.type]
  if (language !== undefined) return languageKey(language, pkg)
  const distribution = os === undefined ? undefined : DISTRIBUTIONS.get(os.id)
  if (os === undefined || distribution?.type !== pkg.type) return undefined
  const ecosystem = distribution.ecosystem(os)
  if (ecosystem === undefined || pkg.version === '') return undefined
  if (distribution.by === 'name') return { ecosystem, name: pkg.name, version: pkg.version }
  return { ecosystem, ...sourceOf(pkg) }
}

/** A source rpm's version lacks the epoch, and is that of its packages anyway. */
function sourceOf({ type, name, version, source }: Package): { readonly name: string; readonly version: string } {
  if (type === 'rpm') return { name: source?.name ?? name, version }
  if (type === 'apk') return { name: source?.name ?? name, version: source?.version ?? version }
  const built = source ?? { name, version }
  // A rebuild without a change (+b1) is of the same source; the kernel's signed packages are of the kernel.
  const plain = built.version.replace(/\+b\d{1,9}$/, '')
  if (!built.name.startsWith('linux-signed-')) return { name: built.name, version: plain }
  return { name: 'linux', version: plain.replace(/\+\d{1,9}$/, '') }
}

function languageKey(ecosystem: string, { type, name, version }: Package): AdvisoryKey | undefined {
  const comparable = type === 'golang' ? goVersion(name, version) : version
  if (comparable === '' || name === '') return undefined
  return { ecosystem, name: canonicalName(ecosystem, name), version: comparable }
}

const GO_RELEASE = /^(?:go)?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:(rc|beta)(\d{1,4}))?(?![\d.])/

/**
 * `go1.21rc2` of the standard library is 1.21.0-rc.2. What was built where it lies, `(devel)`, stays what it is: it cannot
 * be compared, and that is told where anything is known against the module.
 */
function goVersion(name: string, version: string): string {
  if (name !== 'stdlib' && name !== 'toolchain') return version.replace(/^v(?=\d)/, '').replace(/\+incompatible$/, '')
  const [, major, minor, patch = '0', word, number = '0'] = GO_RELEASE.exec(version.replace(/^v/, '')) ?? []
  if (major === undefined) return version
  return `${major}.${minor}.${patch}${word === undefined ? '' : `-${word}.${number}`}`
}

function prefixed(base: string, release: string | undefined): string | undefined {
  return release === undefined ? undefined : `${base}:${release}`
}

function byMajor(base: string, { versionId }: OsRelease): string | undefined {
  return prefixed(base, /^\d{1,4}/.exec(versionId)?.[0])
}

function isStream({ prettyName, versionId }: OsRelease): boolean {
  return prettyName?.includes('Stream') === true || Number.parseInt(versionId, 10) > 8
}

function alpineEcosystem({ apkBranch, versionId }: OsRelease): string | undefined {
  if (apkBranch === 'edge') return 'Alpine:edge'
  const release = /^v?(\d{1,4}\.\d{1,4})/.exec(apkBranch ?? versionId)?.[1]
  return release === undefined ? undefined : `Alpine:v${release}`
}

function suseEcosystem({ id, versionId }: OsRelease): string | undefined {
  if (id === 'opensuse-tumbleweed') return 'openSUSE:Tumbleweed'
  const release = /^\d{1,4}(?:\.\d{1,4})?/.exec(versionId)?.[0]
  if (release === undefined) return undefined
  if (id === 'opensuse-leap') return `openSUSE:Leap ${release}`
  if (id === 'sle-micro' || id === 'sl-micro') return `SUSE:Micro ${release}`
  return `SUSE:${release.includes('.') ? release : `${release}.0`}`
}
