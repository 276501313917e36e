import { type DamagedBlob, type Holders, listDamaged, nameHolders } from '../metadata/blobs.ts'
import type { Digest } from '../oci/digest.ts'
import type { Registry } from '../registry/registry.ts'
import { readScrubState, type ScrubState } from './state.ts'

/** Damaged blobs that are named. */
export const MAX_LISTED = 1000
/** Repositories that are named for each. */
export const MAX_HOLDERS = 3

export interface ScrubStatus extends ScrubState {
  readonly damaged: readonly (DamagedBlob & { readonly holders: Holders })[]
}

export async function scrubStatus(registry: Registry): Promise<ScrubStatus> {
  const { reader } = registry.database
  const damaged: ScrubStatus['damaged'][number][] = []
  for (const blob of await listDamaged(reader, MAX_LISTED))
    damaged.push({ ...blob, holders: await holdersOf(registry, blob) })
  return { ...(await readScrubState(reader)), damaged }
}

/** Where a damaged blob is missed. */
export function holdersOf({ database }: Registry, { digest }: { readonly digest: Digest }): Promise<Holders> {
  return nameHolders(database.reader, digest, MAX_HOLDERS)
}
