import { writeJobState } from '../metadata/job-state.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { takeStore } from './store-owner.ts'
import { epochOf, OWNER_KEY, RECOVERY_FOLDER, RECOVERY_STATE, type RecoveryState } from './recovery-keys.ts'
import type { Registry } from './registry.ts'

/** Says that this database stands for whatever is in the store, and for its logs: its own log, once it is whole, takes their place. */
export async function claimRecoveryLogs({ database, blobs, clock }: Registry): Promise<void> {
  const state: RecoveryState = { epochs: await recoveryEpochs(blobs), cursor: 0 }
  await database.write((tx) => writeJobState(tx, RECOVERY_STATE, state, clock.now()))
  await takeStore({ database, blobs, clock })
}

/** Oldest first. */
export async function recoveryEpochs(blobs: BlobStore): Promise<string[]> {
  const epochs = new Set<string>()
  for await (const { key } of blobs.list(RECOVERY_FOLDER)) if (key !== OWNER_KEY) epochs.add(epochOf(key))
  return [...epochs].sort()
}
