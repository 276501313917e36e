/** The kinds of package that are understood, as package URLs call them. */
export const PACKAGE_TYPES = [
  ...['deb', 'apk', 'rpm'],
  ...['npm', 'pypi', 'golang', 'cargo', 'maven', 'gem', 'nuget', 'composer'],
] as const
export type PackageType = (typeof PACKAGE_TYPES)[number]

/** A package as it is installed in an image. */
export interface Package {
  readonly type: PackageType
  /** With its namespace, as its ecosystem writes it: `@scope/name`, `github.com/owner/module`, `org.group:artifact`. */
  readonly name: string
  /** As its package database says, with its epoch where it has one. */
  readonly version: string
  /** What it was built from, where advisories speak of that: Debian's and Alpine's sources. Absent: itself. */
  readonly source?: { readonly name: string; readonly version: string }
  readonly arch?: string
  readonly licenses?: readonly string[]
  /** More that a package URL says, or that matching needs: `distro`, `modularitylabel`. */
  readonly qualifiers?: Readonly<Record<string, string>>
}

/** `/etc/os-release` of an image. */
export interface OsRelease {
  /** `debian`, `alpine`, `rhel`; lower case. */
  readonly id: string
  readonly versionId: string
  readonly prettyName?: string
  readonly idLike?: readonly string[]
  /** Alpine: of `/etc/apk/repositories`, which wins over the version: `v3.18` or `edge`. */
  readonly apkBranch?: string
}

/** Under which name advisories speak of a package, and which version they compare. */
export interface AdvisoryKey {
  /** As OSV calls it: `Debian:12`, `Alpine:v3.18`, `npm`, `Go`. */
  readonly ecosystem: string
  readonly name: string
  readonly version: string
}
