import type { Executor } from '../metadata/db.ts'
import { readManifestContent } from '../metadata/manifests.ts'
import type { Digest } from '../oci/digest.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import type { Spot } from '../registry/operation.ts'
import { holdsImage } from './held-layers.ts'
import type { ImageInventory } from './image-inventory.ts'
import type { LayerInventory } from './layer-inventory.ts'
import { findLayer } from './layer-store.ts'
import { findImage, readPackages } from './store.ts'

/** The manifest of an image whose content the repository has itself; undefined: it has not all of it. */
export async function findHeldImage(
  executor: Executor,
  { repositoryId }: Pick<Spot, 'repositoryId'>,
  digest: Digest,
): Promise<Manifest | undefined> {
  const content = await readManifestContent(executor, repositoryId, digest)
  const manifest = content && parseManifest(content, undefined)
  return manifest && (await holdsImage(executor, repositoryId, manifest)) ? manifest : undefined
}

/** Everything that is in an image; undefined: nobody looked into it yet, or the repository has not all of it. */
export async function loadInventory(
  executor: Executor,
  spot: Pick<Spot, 'repositoryId'>,
  digest: Digest,
): Promise<ImageInventory | undefined> {
  const image = await findImage(executor, digest)
  if (image === undefined || (await findHeldImage(executor, spot, digest)) === undefined) return undefined
  const { id, state, facts, analyzedAt } = image
  return { digest, state, facts, packages: await readPackages(executor, id), analyzedAt }
}

/** What is known of layers, in their order; those that nobody read are left out. */
export async function loadLayers(
  executor: Executor,
  digests: readonly Digest[],
): Promise<{ readonly digest: Digest; readonly inventory: LayerInventory }[]> {
  const layers: { digest: Digest; inventory: LayerInventory }[] = []
  for (const digest of digests) {
    const inventory = await findLayer(executor, digest)
    if (inventory !== undefined) layers.push({ digest, inventory })
  }
  return layers
}
