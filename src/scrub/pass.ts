import type { Actor } from '../lib/actor.ts'
import { allBlobs, type BlobRecord } from '../metadata/blobs.ts'
import { quarantineBlob, releaseBlob } from '../registry/quarantine.ts'
import type { Registry } from '../registry/registry.ts'
import { checkBlob } from './check-blob.ts'

/** What a pass came across. */
export type Step =
  | { readonly type: 'read'; readonly bytes: number }
  | { readonly type: 'sound'; readonly blob: BlobRecord; readonly healed: boolean }
  | { readonly type: 'damaged'; readonly blob: BlobRecord; readonly found: string; readonly isNew: boolean }

/**
 * Reads all blobs after `start`, in the order of their digests. What is damaged is quarantined; what was, and is right
 * again, is served again. The caller sets the pace.
 */
export async function* scrubBlobs(registry: Registry, actor: Actor, start: string): AsyncGenerator<Step> {
  const parts = { reader: registry.database.reader, blobs: registry.blobs }
  for await (const blob of allBlobs(registry.database.reader, start)) {
    const checking = checkBlob(parts, blob)
    let step = await checking.next()
    for (; !step.done; step = await checking.next()) yield { type: 'read', bytes: step.value }
    if (step.value === undefined) {
      yield { type: 'sound', blob, healed: blob.damaged && (await releaseBlob(registry, actor, blob)) }
    } else {
      const isNew = await quarantineBlob(registry, actor, blob, step.value)
      // Collected or stored anew while it was read: then what was found says nothing.
      if (isNew || blob.damaged) yield { type: 'damaged', blob, found: step.value, isNew }
      else yield { type: 'sound', blob, healed: false }
    }
  }
}
