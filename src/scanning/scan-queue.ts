import { isLayerKnown } from '../inventory/layer-store.ts'
import { findImage } from '../inventory/store.ts'
import type { Digest } from '../oci/digest.ts'
import type { LayerReader } from '../inventory/layer-reader.ts'
import { causesOf } from '../lib/causes.ts'
import type { Log } from '../observability/log.ts'
import type { Registry } from '../registry/registry.ts'
import { analyzeImage } from './analyze-image.ts'
import { findDue, postpone, removeWaiting, type Waiting } from './queue-store.ts'
import { INCOMPLETE } from './report.ts'

export interface ScanParts {
  readonly registry: Registry
  readonly reader: LayerReader
  readonly log: Log
  readonly parallel: number
  /** An image was looked into. */
  readonly onScanned: () => void
}

/** After each try; then the image is given up until somebody asks for it. */
const DELAYS_MS = [5_000, 30_000, 120_000, 600_000, 3_600_000, 21_600_000, 86_400_000]

/** A process that reads may have died for reasons of its own, such as the memory of the machine: so often it is tried again. */
const AGAIN = 2

async function hasFailedLayer({ database }: Registry, digest: Digest): Promise<boolean> {
  const image = await findImage(database.reader, digest)
  for (const layer of image?.facts.layers ?? []) if (!(await isLayerKnown(database.reader, layer))) return true
  return false
}

/** Looks into images until none is due. */
export async function scanDue(parts: ScanParts, signal: AbortSignal): Promise<void> {
  const { registry, parallel } = parts
  while (!signal.aborted) {
    const due = await findDue(registry.database.reader, registry.clock.now(), parallel)
    if (due.length === 0) return
    await Promise.all(due.map((waiting) => scanOne(parts, waiting, signal)))
  }
}

async function scanOne(parts: ScanParts, waiting: Waiting, signal: AbortSignal): Promise<void> {
  const { registry, log } = parts
  try {
    const ending = await analyzeImage(parts, waiting.digest, signal)
    if (ending === 'incomplete') return await tryLater(parts, waiting, INCOMPLETE)
    if (ending === 'done') parts.onScanned()
    if (ending === 'done' && waiting.attempts < AGAIN && (await hasFailedLayer(registry, waiting.digest)))
      return await tryLater(parts, waiting, 'a layer could not be read; it is tried again')
    await registry.database.writeQuietly((tx) => removeWaiting(tx, waiting.digest))
  } catch (error) {
    if (signal.aborted) return
    log.warn('an image could not be looked into', { digest: waiting.digest, problem: causesOf(error) })
    await tryLater(parts, waiting, causesOf(error))
  }
}

async function tryLater({ registry }: ScanParts, waiting: Waiting, problem: string): Promise<void> {
  const delay = DELAYS_MS[waiting.attempts]
  const until = new Date(registry.clock.now().getTime() + (delay ?? 0))
  await registry.database.writeQuietly((tx) =>
    delay === undefined ? removeWaiting(tx, waiting.digest) : postpone(tx, waiting, until, problem.slice(0, 500)),
  )
}
