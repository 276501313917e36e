import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * Through which registries of our kind a request came, in the header for that (RFC 9110 §7.6.3). Two of them may be
 * upstreams of each other: what neither has would be asked for in circles, and each would wait for the other.
 */
interface Way {
  readonly self: string
  /** The first one first. */
  readonly before: readonly string[]
}

/** More than anybody means to have in a row. With several processes a circle may miss the one that it began at. */
const MAX_BEFORE = 4
const OURS = /(?<=^|,)\s*1\.1 berth-([0-9a-f]{8,64})\s*(?=,|$)/g

const ways = new AsyncLocalStorage<Way>()

/** Does the work of a request that came with this header. */
export function onItsWay<T>(self: string, header: string | null, work: () => T): T {
  if (header === null) return work()
  const before = [...header.slice(0, 2000).matchAll(OURS)].map(([, name = '']) => name)
  return before.length === 0 ? work() : ways.run({ self, before }, work)
}

/** Whether the request was here before, or came through too many: then nobody else is asked. */
export function hasComeRound(): boolean {
  const way = ways.getStore()
  return way !== undefined && (way.before.includes(way.self) || way.before.length >= MAX_BEFORE)
}

/** Tells requests apart that wait for different others. */
export function wayBefore(): string {
  return ways.getStore()?.before.join() ?? ''
}

/** How many registries it came through. */
export function stepsBefore(): number {
  return ways.getStore()?.before.length ?? 0
}

/** The header of what is asked of another registry for this request. */
export function viaHeader(self: string): string {
  return [...(ways.getStore()?.before ?? []), self].map((name) => `1.1 berth-${name}`).join(', ')
}
