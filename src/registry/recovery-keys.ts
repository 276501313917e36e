import type { StorageKey } from '../storage/blob-store.ts'

/**
 * Where the recovery log lies beside the blobs: `recovery/<epoch>/<piece>`. An epoch is the log of one database: its
 * start and something random, so that epochs sort by age.
 */
export const RECOVERY_FOLDER = 'recovery/'

/** Says whose objects these are. */
export const OWNER_KEY = `${RECOVERY_FOLDER}owner`

/** Objects of the recovery log belong to no blob, and are no orphans. */
export function isRecoveryKey(key: StorageKey): boolean {
  return key.startsWith(RECOVERY_FOLDER)
}

export function recoveryKey(epoch: string, piece: string): StorageKey {
  return `${RECOVERY_FOLDER}${epoch}/${piece}`
}

export function epochOf(key: StorageKey): string {
  return key.slice(RECOVERY_FOLDER.length).split('/')[0] ?? ''
}

/** How the job remembers its work, also for those who must wait for it. */
export const RECOVERY_STATE = 'recovery'

/** What of the log everybody may know. */
export interface RecoveryState {
  /** Epochs in the store that this database stands for: its own, and those it was made from. */
  readonly epochs: readonly string[]
  /** Rows of the audit up to this one are in the log. */
  readonly cursor: number
}

export const NO_RECOVERY_STATE: RecoveryState = { epochs: [], cursor: 0 }
