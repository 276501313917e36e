import type { Actor } from '../lib/actor.ts'
import { allBlobs, type BlobRecord } from '../metadata/blobs.ts'
import { quarantineBlob, releaseBlob } from '../registry/quarantine.ts'
import type { Registry } from '../registry/registry.ts'
import { PlaceAway } from '../storage/adopted/place-away.ts'
import { checkBlob, type Fault, type ScrubParts } from './check-blob.ts'

/** What a pass came across. */
export type Step =
  | { readonly type: 'read'; readonly bytes: number }
  | { readonly type: 'sound'; readonly blob: BlobRecord; readonly healed: boolean }
  /** It is in an adopted place that cannot be read: nobody knows what its bytes are. */
  | { readonly type: 'away'; readonly blob: BlobRecord; readonly problem: string }
  | { readonly type: 'damaged'; readonly blob: BlobRecord; readonly found: string; readonly isNew: boolean }

/**
 * Reads all blobs after `start`, in the order of their digests. What is damaged is quarantined; what was, and is right
 * again, is served again. The caller sets the pace.
 */
export async function* scrubBlobs(registry: Registry, actor: Actor, start: string): AsyncGenerator<Step> {
  const parts = { reader: registry.database.reader, blobs: registry.blobs }
  for await (const blob of allBlobs(registry.database.reader, start)) {
    const fault = yield* faultOf(parts, blob)
    yield typeof fault === 'object'
      ? { type: 'away', blob, problem: fault.message }
      : await judge(registry, actor, blob, fault)
  }
}

async function* faultOf(parts: ScrubParts, blob: BlobRecord): AsyncGenerator<Step, Fault | PlaceAway> {
  try {
    const checking = checkBlob(parts, blob)
    let step = await checking.next()
    for (; !step.done; step = await checking.next()) yield { type: 'read', bytes: step.value }
    return step.value
  } catch (error) {
    if (error instanceof PlaceAway) return error
    throw error
  }
}

async function judge(registry: Registry, actor: Actor, blob: BlobRecord, fault: Fault): Promise<Step> {
  if (fault === undefined)
    return { type: 'sound', blob, healed: blob.damaged && (await releaseBlob(registry, actor, blob)) }
  const isNew = await quarantineBlob(registry, actor, blob, fault)
  // Collected or stored anew while it was read: then what was found says nothing.
  return isNew || blob.damaged ? { type: 'damaged', blob, found: fault, isNew } : { type: 'sound', blob, healed: false }
}
