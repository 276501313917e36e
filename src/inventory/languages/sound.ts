import type { Package, PackageType } from '../../packages/package.ts'

const MAX_NAME = 256
const MAX_VERSION = 128
const MAX_LICENSES = 20
const MAX_LICENSE = 100

/** What their ecosystems let names be made of. Each is decided in one pass. */
const NAMES: Readonly<Record<Exclude<PackageType, 'deb' | 'apk' | 'rpm'>, RegExp>> = {
  npm: /^(?:@[\w.~!-]+\/)?[\w.~!*'()-]+$/,
  pypi: /^[A-Za-z0-9][\w.-]*$/,
  golang: /^[\w.~!/+-]+$/,
  cargo: /^[\w-]+$/,
  maven: /^(?:[\w.-]+:)?[\w.-]+$/,
  gem: /^[\w.-]+$/,
  nuget: /^[\w.-]+$/,
  composer: /^[\w.-]+\/[\w.-]+$/,
}
export type LanguageType = keyof typeof NAMES

/** Printable ASCII without spaces, quotes or brackets of markup. */
const VERSION = /^[\w.+~!:*^()@=,/#-]+$/

/** The name and version when they can be those of such a package; what else a file says is not shown to anybody. */
export function soundPackage(
  type: LanguageType,
  name: unknown,
  version: unknown,
  licenses: readonly string[] = [],
): Package | undefined {
  if (typeof name !== 'string' || typeof version !== 'string') return undefined
  if (name.length > MAX_NAME || !NAMES[type].test(name)) return undefined
  if (version.length > MAX_VERSION || !VERSION.test(version)) return undefined
  const sound = soundLicenses(licenses)
  return { type, name, version, ...(sound.length > 0 && { licenses: sound }) }
}

/** One line each, short: what is longer is a whole licence, not its name. */
export function soundLicenses(licenses: readonly string[]): string[] {
  const short = licenses
    .slice(0, 10 * MAX_LICENSES)
    .filter((license) => license.length <= 2 * MAX_LICENSE)
    .map((license) => license.trim())
    .filter((license) => license !== '' && license.length <= MAX_LICENSE && !/\p{Cc}/u.test(license))
  return [...new Set(short)].slice(0, MAX_LICENSES)
}

/** Each name and version once, in the order in which they came. */
export function eachOnce(packages: Iterable<Package>): Package[] {
  const byKey = new Map<string, Package>()
  for (const found of packages) {
    const key = `${found.type} ${found.name} ${found.version}`
    if (!byKey.has(key)) byKey.set(key, found)
  }
  return [...byKey.values()]
}
