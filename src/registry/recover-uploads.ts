import {
  findHeldUploads,
  findIdleUploads,
  moveUpload,
  removeIdleUpload,
  removeUpload,
  uploadExists,
} from '../metadata/uploads.ts'
import type { Registry } from './registry.ts'
import { finalKey } from './storage-key.ts'

/** A finished upload is remembered this long, so that a PUT whose answer was lost can be repeated. */
const REMEMBER_DONE_MS = 60 * 60 * 1000
/** Bytes without a row are a start that a crash interrupted; younger ones may be a start going on right now. */
const STRAY_AGE_MS = 60 * 60 * 1000

/**
 * Frees the uploads that dead processes were writing to: they can be resumed. One that died between storing the object
 * and committing its row loses the object, which nobody could see. Returns how many.
 */
export async function recoverUploads(registry: Registry, isDead: (writer: string) => boolean): Promise<number> {
  const held = await findHeldUploads(registry.database.reader)
  const dead = held.filter((upload) => isDead(upload.writer))
  for (const { id, state, digest, writer } of dead) {
    const bytesLeft = await registry.blobs.uploads.size(id)
    await registry.database.writeRelaxed(async (tx) => {
      if (bytesLeft === undefined) await removeUpload(tx, id, state, writer)
      else await moveUpload(tx, id, { from: state, to: 'open', writer, now: registry.clock.now() })
    })
    if (bytesLeft === undefined && digest !== undefined) await registry.blobs.delete(finalKey(registry, id, digest))
  }
  return dead.length
}

/** Removes uploads that nobody touched for `expireAfterMs`, and bytes that belong to no upload. Returns how many. */
export async function purgeUploads(registry: Registry, expireAfterMs: number): Promise<number> {
  const now = registry.clock.now().getTime()
  await removeIdle(registry, 'done', new Date(now - REMEMBER_DONE_MS))
  const expired = await removeIdle(registry, 'open', new Date(now - expireAfterMs))
  return expired + (await removeStrays(registry, now))
}

async function removeIdle(registry: Registry, state: 'open' | 'done', before: Date): Promise<number> {
  let count = 0
  for (;;) {
    const idle = await findIdleUploads(registry.database.reader, state, before)
    if (idle.length === 0) return count
    for (const { id } of idle) {
      const removed = await registry.database.writeRelaxed((tx) => removeIdleUpload(tx, id, state, before))
      if (!removed) continue
      count++
      registry.hashes.forget(id)
      // Of a finished one nothing is left, and what a crash left is a stray.
      if (state === 'done') continue
      registry.blobs.uploads.forget(id)
      await registry.blobs.uploads.abort(id)
    }
  }
}

async function removeStrays(registry: Registry, now: number): Promise<number> {
  let count = 0
  for await (const { id, modifiedAt } of registry.blobs.uploads.list()) {
    if (now - modifiedAt.getTime() < STRAY_AGE_MS || (await uploadExists(registry.database.reader, id))) continue
    await registry.blobs.uploads.sweep(id)
    count++
  }
  return count
}
