import { type ComparedImage, compareImages, type ImageComparison } from '../inventory/compare/compare.ts'
import { findHeldImage, loadLayers } from '../inventory/load.ts'
import { mergeFiles } from '../inventory/merge.ts'
import { findImage, readPackages, type StoredImage } from '../inventory/store.ts'
import type { FindingsSource } from '../inventory/findings-source.ts'
import { Problem } from '../lib/problem.ts'
import type { Digest } from '../oci/digest.ts'
import type { Spot } from '../registry/operation.ts'
import type { Registry } from '../registry/registry.ts'

interface CompareParts {
  readonly registry: Registry
  readonly findings: FindingsSource
}

export interface Comparison {
  readonly spot: Spot
  readonly from: Digest
  readonly to: Digest
  /** Of the files that changed. */
  readonly page: { readonly after: string; readonly limit: number }
}

/** @throws Problem when nobody looked into an image, or the repository has not all of it */
export async function requireComparable({ database }: Registry, spot: Spot, digest: Digest): Promise<StoredImage> {
  const { reader } = database
  const image = await findImage(reader, digest)
  if (image !== undefined && (await findHeldImage(reader, spot, digest)) !== undefined) return image
  throw new Problem('not-found', `nobody looked into ${digest} yet, or not all of it is here: its report says which`)
}

/** What changed between two images of a repository. @throws Problem when one of them is not known */
export async function compareStored(
  parts: CompareParts,
  { spot, from, to, page }: Comparison,
): Promise<ImageComparison> {
  return compareImages(await loadFor(parts, spot, from), await loadFor(parts, spot, to), page)
}

async function loadFor({ registry, findings }: CompareParts, spot: Spot, digest: Digest): Promise<ComparedImage> {
  const { reader } = registry.database
  const image = await requireComparable(registry, spot, digest)
  const layers = await loadLayers(reader, image.facts.layers)
  const { id, state, facts, analyzedAt } = image
  return {
    inventory: { digest, state, facts, analyzedAt, packages: await readPackages(reader, id) },
    files: mergeFiles(layers.map(({ inventory }) => inventory)),
    report: await findings.reportOf(spot, digest),
  }
}
