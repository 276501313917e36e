import { type ComparedImage, compareImages, type ImageComparison } from '../inventory/compare/compare.ts'
import type { FindingsSource } from '../inventory/findings-source.ts'
import { layersOf } from '../inventory/held-layers.ts'
import { findHeldImage, loadLayers } from '../inventory/load.ts'
import { mergeFiles } from '../inventory/merge.ts'
import { findImage, readPackages } from '../inventory/store.ts'
import { Problem } from '../lib/problem.ts'
import type { Digest } from '../oci/digest.ts'
import type { Manifest } from '../oci/manifest.ts'
import { readImageSettings } from '../registry/image-settings.ts'
import type { Spot } from '../registry/operation.ts'
import type { Registry } from '../registry/registry.ts'
import { trustOf } from './trust-of.ts'

interface CompareParts {
  readonly registry: Registry
  readonly findings: FindingsSource
}

/** An image, and the repository whose judgements of its vulnerabilities count. */
interface ImageToCompare {
  readonly spot: Spot
  readonly digest: Digest
}

/** @throws Problem when the repository has not all of the image */
export async function requireComparable({ database }: Registry, { spot, digest }: ImageToCompare): Promise<Manifest> {
  const manifest = await findHeldImage(database.reader, spot, digest)
  if (manifest !== undefined) return manifest
  throw new Problem('not-found', `not all of ${digest} is here, so it is not compared`)
}

/** What changed from one image to another. @throws Problem when one of them is not here */
export async function compareStored(
  parts: CompareParts,
  from: ImageToCompare,
  to: ImageToCompare,
): Promise<ImageComparison> {
  return compareImages(await loadFor(parts, from), await loadFor(parts, to))
}

async function loadFor(parts: CompareParts, { spot, digest }: ImageToCompare): Promise<ComparedImage> {
  const { registry } = parts
  const manifest = await requireComparable(registry, { spot, digest })
  const [config] = manifest.blobs
  return {
    ...{ repository: spot.repository, digest, manifest },
    settings: config && (await readImageSettings(registry, spot.repository, config)),
    ...(await loadFound(parts, { spot, digest }, manifest)),
  }
}

async function loadFound(
  { registry, findings }: CompareParts,
  { spot, digest }: ImageToCompare,
  manifest: Manifest,
): Promise<Pick<ComparedImage, 'inventory' | 'listing' | 'report'>> {
  const { reader } = registry.database
  const image = await findImage(reader, digest)
  const digests = layersOf(manifest)
  const layers = await loadLayers(reader, digests)
  const listing =
    layers.length === digests.length
      ? { ...trustOf(manifest, layers), files: mergeFiles(layers.map(({ inventory }) => inventory)) }
      : undefined
  if (image === undefined) return { listing }
  const { id, state, facts, analyzedAt } = image
  return {
    inventory: { digest, state, facts, analyzedAt, packages: await readPackages(reader, id) },
    listing,
    report: await findings.reportOf(spot, digest),
  }
}
