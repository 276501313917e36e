import { wayBefore } from '../lib/via.ts'

/** Anybody can say that he comes another way: more than a few are not believed. */
const MAX_WAYS = 3

/**
 * Work that many want at the same moment is done once; whoever comes while it is under way gets its outcome. But for
 * another registry whose own work may wait for ours: two that wait for each other would do so until both give up.
 */
export class Flights<T> {
  readonly #underWay = new Map<string, Map<string, Promise<T>>>()

  do(what: string, work: () => Promise<T>): Promise<T> {
    const ways = this.#underWay.get(what) ?? new Map<string, Promise<T>>()
    const way = wayBefore()
    const [first] = ways.values()
    const known = ways.get(way) ?? (ways.size < MAX_WAYS ? undefined : first)
    if (known !== undefined) return known
    this.#underWay.set(what, ways)
    const flight = work().finally(() => {
      ways.delete(way)
      if (ways.size === 0) this.#underWay.delete(what)
    })
    ways.set(way, flight)
    return flight
  }
}
