import { isStorageKeyUsed } from '../metadata/blobs.ts'
import type { Executor } from '../metadata/db.ts'
import { readJobState, writeJobState } from '../metadata/job-state.ts'
import { addTrash } from '../metadata/trash.ts'
import { uploadExists } from '../metadata/uploads.ts'
import type { Log } from '../observability/log.ts'
import {
  epochOf,
  isRecoveryKey,
  NO_RECOVERY_STATE,
  OWNER_KEY,
  RECOVERY_STATE,
  type RecoveryState,
} from '../registry/recovery-keys.ts'
import type { Registry } from '../registry/registry.ts'
import { uploadOf } from '../registry/storage-key.ts'
import { isForeignStore } from '../registry/store-owner.ts'
import type { StorageKey, StoredObject } from '../storage/blob-store.ts'

export interface SweepOptions {
  readonly registry: Registry
  readonly log: Log
  readonly signal: AbortSignal | undefined
}

const NAME = 'sweep'
const HOUR_MS = 3_600_000
const EVERY_MS = 24 * HOUR_MS
/** A push enters what it stored at once; whatever has no row after so long was left by one that died. */
export const ORPHAN_AGE_MS = 48 * HOUR_MS
/** Objects looked at before others may run. */
const STRIDE = 100
/** Up to so many orphans are believed whatever else is stored. */
const FEW = 100

/**
 * Once a day: objects in the store that no blob names go to the trash, from which the collector removes them after it
 * has looked again. A database that does not know most of what is stored is the wrong one: then nothing goes.
 */
export async function sweepOrphans(options: SweepOptions): Promise<void> {
  const { registry, log } = options
  const { database, clock } = registry
  const state = (await readJobState(database.reader, NAME)) as { at?: number } | undefined
  if (clock.now().getTime() - (state?.at ?? 0) < EVERY_MS) return
  if (await isForeignStore(registry)) {
    log.error('the objects belong to another database by now: nothing is removed')
    return
  }
  const found = await findOrphans(options)
  if (found === undefined) return
  const { orphans, known, foreignEpoch } = found
  const isStranger = foreignEpoch !== undefined || (orphans.length > FEW && orphans.length > known)
  if (isStranger)
    log.error('the store holds much that this database does not know: nothing is removed; see "berth rebuild"', {
      orphans: orphans.length,
      known,
      recoveryLog: foreignEpoch ?? 'none',
    })
  const now = clock.now()
  const deleteAfter = new Date(now.getTime() + registry.keeping.trashDelayMs)
  for (let at = 0; !isStranger && at < orphans.length; at += STRIDE)
    await database.writeQuietly(async (tx) => {
      for (const { key, sizeBytes } of orphans.slice(at, at + STRIDE))
        if (!(await isStorageKeyUsed(tx, key))) await addTrash(tx, { storageKey: key, sizeBytes, deleteAfter })
    })
  await database.writeQuietly((tx) => writeJobState(tx, NAME, { at: now.getTime(), orphans: orphans.length }, now))
  if (orphans.length > 0 && !isStranger)
    log.info('objects that no blob names go to the trash', {
      objects: orphans.length,
      bytes: orphans.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    })
}

interface Found {
  readonly orphans: readonly StoredObject[]
  readonly known: number
  /** A recovery log that another database wrote. */
  readonly foreignEpoch: string | undefined
}

/** Undefined: the signal came first. */
async function findOrphans({ registry, signal }: SweepOptions): Promise<Found | undefined> {
  const { database, blobs, clock } = registry
  const before = clock.now().getTime() - ORPHAN_AGE_MS
  const { epochs } = ((await readJobState(database.reader, RECOVERY_STATE)) ?? NO_RECOVERY_STATE) as RecoveryState
  const orphans: StoredObject[] = []
  let known = 0
  let foreignEpoch: string | undefined
  let looked = 0
  for await (const object of blobs.list()) {
    if (++looked % STRIDE === 0) await clock.sleep(1, signal)
    if (signal?.aborted) return undefined
    if (isRecoveryKey(object.key)) foreignEpoch = foreignEpochOf(object.key, epochs) ?? foreignEpoch
    else if (await isStorageKeyUsed(database.reader, object.key)) known++
    else if (await isOrphan(database.reader, object, before)) orphans.push(object)
  }
  return { orphans, known, foreignEpoch }
}

function foreignEpochOf(key: StorageKey, epochs: readonly string[]): string | undefined {
  return key === OWNER_KEY || epochs.includes(epochOf(key)) ? undefined : epochOf(key)
}

/** An object that no blob refers to. */
async function isOrphan(reader: Executor, { key, modifiedAt }: StoredObject, before: number): Promise<boolean> {
  return modifiedAt.getTime() < before && !(await uploadExists(reader, uploadOf(key)))
}
