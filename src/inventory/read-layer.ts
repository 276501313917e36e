import { findStoredBlob } from '../metadata/blobs.ts'
import type { Digest } from '../oci/digest.ts'
import { openBlob } from '../registry/pull-blob.ts'
import type { Registry } from '../registry/registry.ts'
import type { LayerReader, LayerToRead } from './layer-reader.ts'
import { packLayer, saveLayer } from './layer-store.ts'

export interface ReadParts {
  readonly registry: Registry
  readonly reader: LayerReader
}

/** Reads a layer, and writes down what it holds. @throws Error when its bytes are gone, and when the signal is aborted */
export async function readAndSave({ registry, reader }: ReadParts, digest: Digest, signal: AbortSignal): Promise<void> {
  const packed = packLayer(digest, await reader.read(await openLayer(registry, digest), signal))
  signal.throwIfAborted()
  await registry.database.writeQuietly((tx) => saveLayer(tx, packed, registry.clock.now()))
}

async function openLayer(registry: Registry, digest: Digest): Promise<LayerToRead> {
  const blob = await findStoredBlob(registry.database.reader, digest)
  if (blob === undefined || blob.damaged) throw new Error(`the layer ${digest} is gone or damaged`)
  const opened = await openBlob(registry, blob)
  return { sizeBytes: blob.sizeBytes, content: opened instanceof Uint8Array ? new Blob([opened]) : opened }
}
