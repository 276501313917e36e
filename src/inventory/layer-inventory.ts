import type { OsRelease, Package } from '../packages/package.ts'

/** Raised when analyzers find more than before: layers are read again then. */
export const ANALYZER_VERSION = 3

/**
 * `complete`: everything was read. `partial`: some of it could not be, for the reasons given. `failed`: nothing is known,
 * because reading ended badly.
 */
export type LayerState = 'complete' | 'partial' | 'failed'

/** Packages that one file of a layer tells of: a package database, a binary, an archive. */
export interface PackageFile {
  /** Without a leading slash: `var/lib/dpkg/status`. */
  readonly path: string
  readonly packages: readonly Package[]
}

/** A file that says which distribution this is, or something of it. */
export interface OsFile {
  readonly path: string
  readonly os: Partial<OsRelease>
}

/** What was found in one layer. */
export interface LayerInventory {
  readonly state: LayerState
  /** For people: `stopped after 4 GiB: scanning.limits.bytes`. */
  readonly reasons: readonly string[]
  readonly osFiles?: readonly OsFile[]
  /** A later file of the same path takes the place of the whole earlier one. */
  readonly packageFiles: readonly PackageFile[]
  /** Files with code that nobody could say more of, such as stripped binaries. */
  readonly unknownBinaries: readonly string[]
  /** The same where distributions put theirs, whose package database may answer for them. */
  readonly distributionBinaries?: readonly string[]
  readonly files: readonly LayerFile[]
}

/** Of the layers that files are from. Anything but `complete`: some may be missing. */
export interface FilesTrust {
  readonly state: LayerState
  readonly reasons: readonly string[]
}

/** Who owns an entry, since when it is so, and where it stands; what is absent the layer does not say. */
export interface EntryFacts {
  readonly uid?: number
  readonly gid?: number
  /** Seconds since 1970. */
  readonly modified?: number
  /** Of the headers that speak of it, in the unpacked layer. */
  readonly offset?: number
}

export const KINDS = ['file', 'folder', 'link', 'other', 'removed', 'opaque'] as const

/** One entry of a layer. A path that ends in no slash, without a leading one; whiteouts are `removed`. */
export interface LayerFile extends EntryFacts {
  readonly path: string
  readonly kind: (typeof KINDS)[number]
  readonly sizeBytes: number
  /** Permission bits. */
  readonly mode: number
  /** Of a file's content, the first 16 hex digits of its SHA-256; of a link, where it leads. */
  readonly content: string
}
