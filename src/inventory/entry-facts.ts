import type { EntryFacts } from './layer-inventory.ts'

/** The facts of an entry without their names, of which there are a million; null: the layer does not say. */
export type FactsRow = [uid: number | null, gid: number | null, modified: number | null, offset: number | null]

export function factsRow({ uid, gid, modified, offset }: EntryFacts): FactsRow {
  return [uid ?? null, gid ?? null, modified ?? null, offset ?? null]
}

export function factsIn([uid, gid, modified, offset]: FactsRow): EntryFacts {
  return {
    ...(uid !== null && { uid }),
    ...(gid !== null && { gid }),
    ...(modified !== null && { modified }),
    ...(offset !== null && { offset }),
  }
}
