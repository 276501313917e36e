import type { Share } from './load.ts'

/** How often what was seen. */
export class Tally<Name extends string = string> {
  readonly #times = new Map<Name, number>()
  total = 0

  /** A sample of which nothing is known counts as well. */
  add(name: Name | undefined): void {
    this.total++
    if (name !== undefined) this.#times.set(name, (this.#times.get(name) ?? 0) + 1)
  }

  share(name: Name): number {
    return Number(((this.#times.get(name) ?? 0) / Math.max(1, this.total)).toFixed(3))
  }

  most(count: number): Share[] {
    const names = [...this.#times].toSorted(([, a], [, b]) => b - a).slice(0, count)
    return names.map(([name]) => ({ name, share: this.share(name) }))
  }
}
