import { wayBefore } from '../lib/via.ts'

/**
 * Work that many want at the same moment is done once; whoever comes while it is under way gets its outcome. But for
 * another registry whose own work may wait for ours: two that wait for each other would do so until both give up.
 */
export class Flights<T> {
  readonly #underWay = new Map<string, Promise<T>>()

  do(what: string, work: () => Promise<T>): Promise<T> {
    const key = `${what} ${wayBefore()}`
    const known = this.#underWay.get(key)
    if (known !== undefined) return known
    const flight = work().finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, flight)
    return flight
  }
}
