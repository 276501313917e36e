import { writeJobState } from '../metadata/job-state.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { epochOf, RECOVERY_FOLDER, RECOVERY_STATE, type RecoveryState } from './recovery-keys.ts'
import type { Registry } from './registry.ts'

/** Says that this database stands for whatever logs are in the store: its own log, once it is whole, takes their place. */
export async function claimRecoveryLogs({ database, blobs, clock }: Registry): Promise<void> {
  const state: RecoveryState = { epochs: await recoveryEpochs(blobs), cursor: 0 }
  await database.write((tx) => writeJobState(tx, RECOVERY_STATE, state, clock.now()))
}

/** Oldest first. */
export async function recoveryEpochs(blobs: BlobStore): Promise<string[]> {
  const epochs = new Set<string>()
  for await (const { key } of blobs.list(RECOVERY_FOLDER)) epochs.add(epochOf(key))
  return [...epochs].sort()
}
