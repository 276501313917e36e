import { type DamagedBlob, listDamaged } from '../metadata/blobs.ts'
import type { Registry } from '../registry/registry.ts'
import { readScrubState, type ScrubState } from './state.ts'

/** Damaged blobs that are named. */
export const MAX_LISTED = 1000

export interface ScrubStatus extends ScrubState {
  readonly damaged: readonly DamagedBlob[]
}

export async function scrubStatus({ database }: Registry): Promise<ScrubStatus> {
  const { reader } = database
  return { ...(await readScrubState(reader)), damaged: await listDamaged(reader, MAX_LISTED) }
}
