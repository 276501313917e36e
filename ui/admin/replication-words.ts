import type { ItemOf } from '../api/read.ts'

export type Rule = ItemOf<'/replication/rules'>

/** When a tag was changed on both sides. */
export const CONFLICTS = [
  ['source', 'the source wins'],
  ['newest', 'the side that knew of the other wins'],
  ['keep', 'both stay as they are'],
] as const

export function directionOf({ direction, remote }: Rule): string {
  return direction === 'push' ? `to ${remote}` : `from ${remote}`
}

export function whatOf({ repositories, tags }: Rule): string {
  const names = repositories === '**' ? 'everything' : (repositories ?? '')
  return tags === undefined || tags === '*' ? names : `${names}, tags ${tags}`
}

export function whenOf({ onEvent, schedule }: Rule): string {
  const when = [
    ...(onEvent === true ? ['after each change'] : []),
    ...(schedule === undefined ? [] : [`at ${schedule} (UTC)`]),
  ]
  return when.length === 0 ? 'when one says so' : when.join(', ')
}
