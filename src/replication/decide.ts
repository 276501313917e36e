import type { RuleBody } from './rule.ts'

/** A tag as both sides have it, seen from the one that images come from. Undefined: there is no such tag. */
export interface Situation {
  readonly source: string | undefined
  readonly target: string | undefined
  /** It was changed there since both were the same, as far as is known, and not by what the other side brought. */
  readonly sourceChanged: boolean
  /** What the target names is nothing new to the source: there it was named before. */
  readonly targetKnown: boolean
  readonly policy: RuleBody['conflicts']
}

export type Decision =
  | 'same'
  /** The target gets what the source has. */
  | 'write'
  /** Only the target has changed: if anybody has to follow, it is the source. */
  | 'leave'
  /** Both have changed: the target gets what the source has. */
  | 'win'
  /** Both have changed: the source ought to get what the target has, which is for whoever replicates the other way. */
  | 'lose'
  /** Both have changed: both stay. */
  | 'keep'

/**
 * What becomes of a tag. With `newest` two sides that see the same come to the same end, whichever looks first and
 * whatever their clocks say: whoever changed a tag knowing what the other has is later; when neither knew, the greater
 * digest wins, and a tag wins over none, so that nothing that was pushed is lost for a deletion.
 */
export function decide({ source, target, sourceChanged, targetKnown, policy }: Situation): Decision {
  if (source === target) return 'same'
  if (policy === 'source') return 'write'
  if (!sourceChanged) return 'leave'
  if (targetKnown) return 'write'
  if (policy === 'keep') return 'keep'
  return isGreater(source, target) ? 'win' : 'lose'
}

export function isGreater(one: string | undefined, other: string | undefined): boolean {
  return (one ?? '') > (other ?? '')
}
