import { advisoryKeyOf } from '../../packages/ecosystem.ts'
import type { Package, PackageType } from '../../packages/package.ts'
import { compareVersions } from '../../packages/versions/compare.ts'

export interface PackageVersion {
  readonly type: PackageType
  readonly name: string
  readonly version: string
}

export interface ChangedPackage {
  readonly type: PackageType
  readonly name: string
  readonly before: string
  readonly after: string
  /** Absent: the versions are none that its ecosystem puts in an order. */
  readonly direction?: 'up' | 'down' | 'same'
}

export interface PackageChanges {
  readonly added: readonly PackageVersion[]
  readonly removed: readonly PackageVersion[]
  readonly changed: readonly ChangedPackage[]
  /** Versions that both have. */
  readonly unchanged: number
}

/** In which order versions of a distribution's packages stand, whichever release they are of. */
const ORDERS: Readonly<Record<'deb' | 'apk' | 'rpm', string>> = { deb: 'Debian', apk: 'Alpine', rpm: 'Red Hat' }

/** An image may have several versions of a package: those that only one of both has are paired from the lowest on. */
export function comparePackages(before: readonly Package[], after: readonly Package[]): PackageChanges {
  const old = byName(before)
  const now = byName(after)
  const added: PackageVersion[] = []
  const removed: PackageVersion[] = []
  const changed: ChangedPackage[] = []
  let unchanged = 0
  for (const key of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const gone = without(old.get(key), now.get(key))
    const come = without(now.get(key), old.get(key))
    unchanged += (now.get(key)?.size ?? 0) - come.length
    const pairs = Math.min(gone.length, come.length)
    for (let n = 0; n < pairs; n++) {
      const [was, is] = [gone[n], come[n]]
      if (was !== undefined && is !== undefined) changed.push(changeOf(was, is))
    }
    removed.push(...gone.slice(pairs).map(versionOf))
    added.push(...come.slice(pairs).map(versionOf))
  }
  return { added, removed, changed, unchanged }
}

type Versions = ReadonlyMap<string, Package>

function byName(packages: readonly Package[]): ReadonlyMap<string, Versions> {
  const names = new Map<string, Map<string, Package>>()
  for (const each of packages) {
    const key = `${each.name}\0${each.type}`
    const versions = names.get(key)
    if (versions === undefined) names.set(key, new Map([[each.version, each]]))
    else versions.set(each.version, each)
  }
  return names
}

function without(versions: Versions | undefined, others: Versions | undefined): Package[] {
  const left = [...(versions?.values() ?? [])].filter(({ version }) => others?.has(version) !== true)
  return left.length < 2 ? left : left.sort(inOrder)
}

function inOrder(a: Package, b: Package): number {
  return order(a, b) || (a.version < b.version ? -1 : 1)
}

/** Not a number: there is none. */
function order(a: Package, b: Package): number {
  const [one, other] = [comparable(a), comparable(b)]
  if (one === undefined || other === undefined) return Number.NaN
  try {
    return compareVersions(one.ecosystem, one.version, other.version)
  } catch {
    return Number.NaN
  }
}

function comparable(each: Package): { readonly ecosystem: string; readonly version: string } | undefined {
  const { type, version } = each
  if (type === 'deb' || type === 'apk' || type === 'rpm') return { ecosystem: ORDERS[type], version }
  return advisoryKeyOf(each, undefined)
}

function changeOf(was: Package, is: Package): ChangedPackage {
  const { type, name } = is
  const by = order(was, is)
  const direction = by < 0 ? 'up' : by > 0 ? 'down' : 'same'
  return { type, name, before: was.version, after: is.version, ...(Number.isNaN(by) ? {} : { direction }) }
}

function versionOf({ type, name, version }: Package): PackageVersion {
  return { type, name, version }
}
