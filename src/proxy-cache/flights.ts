/** Work that many want at the same moment is done once; whoever comes while it is under way gets its outcome. */
export class Flights<T> {
  readonly #underWay = new Map<string, Promise<T>>()

  do(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.#underWay.get(key)
    if (known !== undefined) return known
    const flight = work().finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, flight)
    return flight
  }
}
