import { RULE_ACTOR, type StoredRule } from './rule.ts'

/** Whoever made a change, as the history of tags has it. */
export interface Mover {
  readonly id: string
  readonly name: string
}

/** Whether a change here was brought from the rule's own remote: by a rule that pulls, or by the account that it pushes with. */
export function cameFrom(rule: StoredRule, all: readonly StoredRule[], { id, name }: Mover): boolean {
  const { peerAccount } = rule.body
  if (peerAccount !== undefined && (name === peerAccount || id === peerAccount)) return true
  if (!id.startsWith(RULE_ACTOR)) return false
  const other = id.slice(RULE_ACTOR.length)
  return all.some((each) => each.name === other && each.remoteId === rule.remoteId)
}

/** Rules that bring images of the same remote the other way; which ones, their filters say. */
export function oppositesOf(rule: StoredRule, all: readonly StoredRule[]): readonly StoredRule[] {
  return all.filter((each) => each.remoteId === rule.remoteId && each.direction !== rule.direction && each.enabled)
}
