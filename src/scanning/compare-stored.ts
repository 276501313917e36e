import { type ComparedImage, compareImages, type ImageComparison } from '../inventory/compare/compare.ts'
import { findHeldImage, loadLayers } from '../inventory/load.ts'
import { mergeFiles, mergeLayers } from '../inventory/merge.ts'
import { findImage } from '../inventory/store.ts'
import type { FindingsSource } from '../inventory/findings-source.ts'
import { Problem } from '../lib/problem.ts'
import type { Digest } from '../oci/digest.ts'
import type { Spot } from '../registry/operation.ts'
import type { Registry } from '../registry/registry.ts'

interface CompareParts {
  readonly registry: Registry
  readonly findings: FindingsSource
}

interface Question {
  readonly spot: Spot
  readonly from: Digest
  readonly to: Digest
  /** Of the files that changed. */
  readonly page: { readonly after: string; readonly limit: number }
}

/** What changed between two images of a repository. @throws Problem when one of them is not known */
export async function compareStored(parts: CompareParts, { spot, from, to, page }: Question): Promise<ImageComparison> {
  return compareImages(await loadFor(parts, spot, from), await loadFor(parts, spot, to), page)
}

async function loadFor({ registry, findings }: CompareParts, spot: Spot, digest: Digest): Promise<ComparedImage> {
  const { reader } = registry.database
  const image = await findImage(reader, digest)
  if (image === undefined || (await findHeldImage(reader, spot, digest)) === undefined)
    throw new Problem(
      'not-found',
      `nobody looked into ${digest} yet, or it is an index: compare the images of one platform by their digests`,
    )
  const layers = await loadLayers(reader, image.facts.layers)
  const { state, facts, analyzedAt } = image
  return {
    inventory: { digest, state, facts, analyzedAt, packages: mergeLayers(layers).packages },
    files: mergeFiles(layers.map(({ inventory }) => inventory)),
    report: await findings.reportOf(spot, digest),
  }
}
