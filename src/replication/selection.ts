import type { RepositoryName, Tag } from '../oci/name.ts'
import type { Rule } from './rule.ts'
import type { Work } from './work.ts'

/** A tag as both sides call it. */
export interface Route {
  /** Here. */
  readonly repository: RepositoryName
  /** At the remote. */
  readonly there: string
  readonly tag: Tag
}

/** What the filters of a rule say of a tag, by its names where the images come from. */
export function isSelected(rule: Pick<Rule, 'selectsRepository' | 'tags'>, repository: string, tag: string): boolean {
  return rule.selectsRepository(repository) && rule.tags.matches(tag)
}

/** Whether a rule brings this very tag from the one name to the other. */
export function carries(rule: Rule, { repository, there, tag }: Route): boolean {
  const [from, to] = rule.direction === 'push' ? [repository, there] : [there, repository]
  return isSelected(rule, from, tag) && nameOrNone(rule, from) === to
}

/** Undefined: it can have no name at the target. */
export function nameOrNone({ nameThere }: Pick<Rule, 'nameThere'>, name: string): string | undefined {
  try {
    return nameThere(name)
  } catch {
    return undefined
  }
}

/**
 * Whether both sides replicate this tag to each other, so that when it goes on one it goes on the other, whoever brought
 * it. A rule of the same remote that is about other images says nothing of this one.
 */
export function isTwoWay({ rule, opposites }: Pick<Work, 'rule' | 'opposites'>, route: Route): boolean {
  if (rule.body.peerAccount !== undefined) return true
  return opposites.some((other) => carries(other, route) && contentOf(other) === contentOf(rule))
}

/** What a rule wants to be in images and about them. */
function contentOf({ body: { labels, platforms, signedOnly } }: Rule): string {
  return JSON.stringify([labels.toSorted(), platforms.toSorted(), signedOnly])
}
