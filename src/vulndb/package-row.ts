import type { Match } from './vulnerability.ts'

/** A package under the name by which advisories speak of it: what `advisoryKeyOf` of src/packages/ecosystem.ts says. */
export interface PackageRow {
  /** Of the caller: it comes back with the matches. */
  readonly id: number
  readonly ecosystem: string
  readonly name: string
  readonly version: string
}

/** What one package has: an empty list when nothing is known against it. */
export interface PackageMatches {
  readonly packageId: number
  /** Each vulnerability once. The same one may have another severity in another package: distributions judge for themselves. */
  readonly matches: readonly Match[]
  /** Records speak of it, and its version is none that could be compared with theirs. */
  readonly unclear?: true
}
