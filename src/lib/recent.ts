/**
 * A map that forgets what was not used lately. Entries live in two generations: what is used moves into the young one,
 * and when that holds half of the budget it becomes the old one and the old one goes. So a hit costs one look-up and no
 * reordering, which is what it is for; what was used longest ago goes first only roughly.
 */
export class Recent<K, V> {
  readonly #half: number
  #young = new Map<K, V>()
  #old = new Map<K, V>()
  #weight = 0

  constructor(budget: number) {
    this.#half = Math.max(1, budget / 2)
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  /** An entry of the old generation that is used weighs 1 from then on, which only makes it live longer. */
  set(key: K, value: V, weight = 1): void {
    this.#young.set(key, value)
    this.#weight += weight
    if (this.#weight < this.#half) return
    this.#old = this.#young
    this.#young = new Map()
    this.#weight = 0
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
    this.#weight = 0
  }
}
