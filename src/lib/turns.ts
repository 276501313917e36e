/** Lets tasks with the same key run one after the other, in the order in which they came; others are not held up. */
export class Turns<K> {
  readonly #last = new Map<K, Promise<unknown>>()

  async run<T>(key: K, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve()
    const turn = before.then(task, task)
    this.#last.set(key, turn)
    try {
      return await turn
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key)
    }
  }
}
