import { MAX_CONFIG_BYTES } from '../inventory/image-config.ts'
import type { LayerInventory } from '../inventory/layer-inventory.ts'
import { findLayer, isLayerKnown } from '../inventory/layer-store.ts'
import { type ReadParts, readAndSave } from '../inventory/read-layer.ts'
import { holdsImage, layersOf } from '../inventory/held-layers.ts'
import { ensurePackages, packPackages, saveImage } from '../inventory/store.ts'
import { jobActor } from '../lib/actor.ts'
import { findStoredBlob } from '../metadata/blobs.ts'
import { readManifestContent } from '../metadata/manifests.ts'
import { forgetVerdicts } from '../metadata/policy-verdicts.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import { isImage } from '../oci/runnable.ts'
import { openBlob } from '../registry/pull-blob.ts'
import type { Registry } from '../registry/registry.ts'
import { contentsOf, type ReadImage } from './image-contents.ts'
import { findPlaces } from './places-store.ts'

/** What became of it. `absent`: no repository has it. `incomplete`: its layers are not here, or not yet. */
export type Analysis = 'done' | 'absent' | 'incomplete'

const SCANNED = {
  actor: jobActor('scan'),
  action: 'image.scanned',
  outcome: 'done',
} as const

/** More places than this are not looked at for one that has everything. */
const MAX_PLACES = 50

/** Looks into an image, and writes down what it holds. Layers that are known are not read again. */
export async function analyzeImage(
  { registry, reader }: ReadParts,
  digest: Digest,
  signal: AbortSignal,
): Promise<Analysis> {
  const manifest = await findWhole(registry, digest)
  if (manifest === 'absent' || manifest === 'incomplete') return manifest
  const layers: { digest: Digest; inventory: LayerInventory }[] = []
  for (const layer of layersOf(manifest)) {
    await readLayer({ registry, reader }, layer, signal)
    const inventory = await findLayer(registry.database.reader, layer)
    if (inventory === undefined) throw new Error(`what was found in the layer ${layer} is gone again`)
    layers.push({ digest: layer, inventory })
  }
  await save(registry, digest, { manifest, layers })
  return 'done'
}

async function findWhole({ database }: Registry, digest: Digest): Promise<Manifest | 'absent' | 'incomplete'> {
  const { reader } = database
  const places = await findPlaces(reader, digest, MAX_PLACES)
  for (const { repositoryId } of places) {
    const content = await readManifestContent(reader, repositoryId, digest)
    const manifest = content && parseManifest(content, undefined)
    if (manifest === undefined) continue
    if (!isImage(manifest)) return 'absent'
    if (await holdsImage(reader, repositoryId, manifest)) return manifest
  }
  return places.length === 0 ? 'absent' : 'incomplete'
}

async function readLayer(parts: ReadParts, digest: Digest, signal: AbortSignal): Promise<void> {
  if (!(await isLayerKnown(parts.registry.database.reader, digest))) await readAndSave(parts, digest, signal)
}

async function save(
  registry: Registry,
  digest: Digest,
  { manifest, layers }: Pick<ReadImage, 'manifest' | 'layers'>,
): Promise<void> {
  const read = { manifest, layers, config: await findConfig(registry, manifest) }
  const { state, facts, packages: located, rows } = contentsOf(read)
  const content = packPackages(located)
  await registry.database.writeRelaxed(async (tx) => {
    const packages = await ensurePackages(tx, rows)
    await saveImage(tx, { digest, state, facts, packages, content }, registry.clock.now())
    await forgetVerdicts(tx, digest)
    const detail = { digest, state, packages: rows.length }
    // A row for each repository: who may see one of them need not know of the others.
    for (const { repository } of await findPlaces(tx, digest, MAX_PLACES))
      await registry.recorder.record(tx, { ...SCANNED, target: `repository:${repository}`, detail })
  })
}

async function findConfig(registry: Registry, { blobs: [config] }: Manifest): Promise<Uint8Array | undefined> {
  if (config === undefined || !isDigest(config.digest)) return undefined
  const blob = await findStoredBlob(registry.database.reader, config.digest)
  if (blob === undefined || blob.damaged || blob.sizeBytes > MAX_CONFIG_BYTES) return undefined
  const opened = await openBlob(registry, blob)
  return opened instanceof Uint8Array ? opened : new Uint8Array(await opened.arrayBuffer())
}
