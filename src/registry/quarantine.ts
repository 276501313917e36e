import type { Actor } from '../lib/actor.ts'
import type { Recorder } from '../events/recorder.ts'
import type { Clock } from '../lib/clock.ts'
import { type BlobRecord, clearDamaged, markDamaged, readSmallBlob } from '../metadata/blobs.ts'
import type { Database, Transaction } from '../metadata/db.ts'
import { digestOfBytes } from './running-hashes.ts'

export interface Quarantine {
  readonly database: Database
  readonly recorder: Recorder
  readonly clock: Clock
}

/**
 * A blob whose stored bytes are wrong is served no more, until somebody pushes it again. Returns false when it was
 * known already, is gone, or was stored anew meanwhile.
 */
export async function quarantineBlob(
  { database, recorder, clock }: Quarantine,
  actor: Actor,
  blob: BlobRecord,
  /** For people: what was found instead. */
  found: string,
): Promise<boolean> {
  return database.write(async (tx) => {
    if (await isSoundRow(tx, blob)) return false
    if (!(await markDamaged(tx, blob, clock.now()))) return false
    const detail = { bytes: blob.sizeBytes, found, stored: blob.storageKey ?? 'in the database' }
    await recorder.record(tx, { actor, action: 'blob.damaged', target: `blob:${blob.digest}`, outcome: 'done', detail })
    return true
  })
}

/** A small blob that is stored anew has no other key than before, so it is looked at once more. */
async function isSoundRow(tx: Transaction, { digest, storageKey }: BlobRecord): Promise<boolean> {
  if (storageKey !== undefined) return false
  const content = await readSmallBlob(tx, digest)
  return content !== undefined && digestOfBytes(digest, content) === digest
}

/** The bytes are right again, as after a disk that was away: it is served as before. */
export async function releaseBlob(
  { database, recorder }: Quarantine,
  actor: Actor,
  blob: BlobRecord,
): Promise<boolean> {
  return database.write(async (tx) => {
    if (!(await clearDamaged(tx, blob))) return false
    await recorder.record(tx, { actor, action: 'blob.sound', target: `blob:${blob.digest}`, outcome: 'done' })
    return true
  })
}
