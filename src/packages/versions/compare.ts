import { baseEcosystem } from '../ecosystem-name.ts'
import { compareApk } from './apk.ts'
import { compareMaven, comparePypi, compareRuby } from './by-library.ts'
import { compareComposer } from './composer.ts'
import { compareDpkg } from './dpkg.ts'
import { InvalidVersion } from './invalid-version.ts'
import { compareRpm } from './rpm.ts'
import { compareNuget, compareSemver } from './semver.ts'

export type VersionOrder = (a: string, b: string) => number

/** By the ecosystems of OSV, without their releases. */
const ORDERS: ReadonlyMap<string, VersionOrder> = new Map([
  ...(['Debian', 'Ubuntu', 'Echo'] as const).map((name) => [name, compareDpkg] as const),
  ...(['Alpine', 'Wolfi', 'Chainguard', 'MinimOS', 'Alpaquita', 'BellSoft Hardened Containers'] as const).map(
    (name) => [name, compareApk] as const,
  ),
  ...(['Red Hat', 'Rocky Linux', 'AlmaLinux', 'SUSE', 'openSUSE', 'Mageia', 'openEuler', 'Photon OS'] as const).map(
    (name) => [name, compareRpm] as const,
  ),
  ...(['npm', 'Go', 'crates.io'] as const).map((name) => [name, compareSemver] as const),
  ['PyPI', comparePypi],
  ['Maven', compareMaven],
  ['RubyGems', compareRuby],
  ['NuGet', compareNuget],
  ['Packagist', compareComposer],
])

/** Longer texts are versions of nothing. */
const MAX_LENGTH = 64 * 1024

/**
 * The order of an ecosystem's versions, as OSV calls it, with or without a release: `Debian:12`, `npm`. Undefined: it is
 * none that we know.
 */
export function findVersionOrder(ecosystem: string): VersionOrder | undefined {
  return ORDERS.get(baseEcosystem(ecosystem))
}

/**
 * Less than zero: `a` comes before `b`. In linear time, whatever the texts are.
 *
 * @throws InvalidVersion when one of them is no version of this ecosystem, or nothing is known of the ecosystem
 */
export function compareVersions(ecosystem: string, a: string, b: string): number {
  const order = findVersionOrder(ecosystem)
  if (order === undefined) throw new InvalidVersion(ecosystem, a)
  for (const version of [a, b]) if (version.length > MAX_LENGTH) throw new InvalidVersion(ecosystem, version)
  return order(a, b)
}
