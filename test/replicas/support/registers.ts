/** What became of a write. `maybe`: nobody knows, and it may take effect at any later moment. */
export type Outcome = 'done' | 'refused' | 'maybe'

interface Write {
  readonly value: string | undefined
  readonly from: number
  to: number
  outcome: Outcome
}

/**
 * What each name held, as far as those who wrote know: a read must see the last acknowledged write, or one that
 * overlaps with it or with the read, or one of which nobody knows.
 */
export class Registers {
  readonly #writes = new Map<string, Write[]>()
  #time = 0

  now(): number {
    return this.#time++
  }

  /** `undefined`: gone afterwards. */
  begin(key: string, value: string | undefined): (outcome: Outcome) => void {
    const write: Write = { value, from: this.now(), to: Number.POSITIVE_INFINITY, outcome: 'maybe' }
    const writes = this.#writes.get(key) ?? []
    this.#writes.set(key, [...writes, write])
    return (outcome) => {
      write.outcome = outcome
      if (outcome !== 'maybe') write.to = this.now()
    }
  }

  keys(): string[] {
    return [...this.#writes.keys()]
  }

  /** What a read between these moments may see. */
  legal(key: string, from: number, to: number): Set<string | undefined> {
    const never: Write = { value: undefined, from: -2, to: -1, outcome: 'done' }
    const writes = [never, ...(this.#writes.get(key) ?? [])].filter(({ outcome }) => outcome !== 'refused')
    const isOver = (write: Write) =>
      writes.some((other) => other.outcome === 'done' && other.from > write.to && other.to < from)
    return new Set(writes.filter((write) => write.from < to && !isOver(write)).map(({ value }) => value))
  }

  counts(): Record<Outcome, number> {
    const counts = { done: 0, refused: 0, maybe: 0 }
    for (const { outcome } of [...this.#writes.values()].flat()) counts[outcome]++
    return counts
  }
}
