import type { Digest } from '../oci/digest.ts'
import type { OsRelease, Package } from '../packages/package.ts'

/**
 * `complete`: all of it is known. `partial`: some is not, for the reasons given. `unsupported`: nothing in it is of a
 * kind that is understood, which is not the same as nothing. `failed`: it could not be read.
 */
export type InventoryState = 'complete' | 'partial' | 'unsupported' | 'failed'

/** What an image's configuration and layers say, besides its packages. */
export interface ImageFacts {
  readonly reasons: readonly string[]
  readonly os?: OsRelease
  /** `linux/amd64`, `linux/arm/v7`. */
  readonly platform?: string
  readonly labels: Readonly<Record<string, string>>
  readonly created?: string
  /** What it was built upon, as its annotations say. */
  readonly base?: { readonly name?: string; readonly digest?: string }
  readonly user?: string
  readonly layers: readonly Digest[]
}

/** A package, where it lies, and the first layer that has it. */
export interface LocatedPackage extends Package {
  readonly path: string
  readonly layer: Digest
}

/** Everything that is in one image. */
export interface ImageInventory {
  readonly digest: Digest
  readonly state: InventoryState
  readonly facts: ImageFacts
  readonly packages: readonly LocatedPackage[]
  readonly analyzedAt: Date
}
