/** What became of a request. `open`: its answer was lost, so it may or may not have taken effect, also later. */
type Outcome = 'open' | 'done' | 'refused'

/** One thing that a request wants to be so: `value` under `key`, or nothing under it. */
interface Change {
  readonly key: string
  readonly value: string | undefined
}

interface Operation {
  readonly what: string
  readonly changes: readonly Change[]
  readonly start: number
  end: number
  outcome: Outcome
}

/**
 * Every request of a run with when it began and when its answer came, on one clock. What may be seen afterwards
 * follows from it: the value of any operation after whose end no other acknowledged one began.
 */
export class History {
  readonly #operations: Operation[] = []
  #time = 0

  /** `undefined` as a value: gone afterwards. Returns what to call with the outcome. */
  begin(what: string, changes: readonly Change[]): (outcome: 'done' | 'refused') => void {
    const operation: Operation = { what, changes, start: this.#time++, end: Number.POSITIVE_INFINITY, outcome: 'open' }
    this.#operations.push(operation)
    return (outcome) => {
      operation.outcome = outcome
      operation.end = this.#time++
    }
  }

  /** How many operations were acknowledged, refused and left without an answer. */
  counts(): Record<Outcome, number> {
    const counts = { open: 0, done: 0, refused: 0 }
    for (const { outcome } of this.#operations) counts[outcome]++
    return counts
  }

  keys(prefix: string): string[] {
    const keys = this.#operations.flatMap(({ changes }) => changes.map(({ key }) => key))
    return [...new Set(keys)].filter((key) => key.startsWith(prefix))
  }

  /** The values that may stand under a key now; `undefined` among them: it may be absent. */
  candidates(key: string): Set<string | undefined> {
    const initial = { value: undefined, start: -1, end: -1, outcome: 'done' as Outcome }
    const writes = this.#operations
      .filter(({ outcome }) => outcome !== 'refused')
      .flatMap(({ changes, ...operation }) =>
        changes.filter((change) => change.key === key).map(({ value }) => ({ ...operation, value })),
      )
    const all = [initial, ...writes]
    const overwritten = (end: number) => all.some((other) => other.outcome === 'done' && other.start > end)
    return new Set(all.filter(({ end }) => !overwritten(end)).map(({ value }) => value))
  }

  /** Operations that set several keys and are the only ones ever to touch them: all of it is seen, or nothing. */
  *alone(): Generator<{ readonly what: string; readonly changes: readonly Change[] }> {
    for (const operation of this.#operations) {
      if (operation.outcome === 'refused' || operation.changes.length < 2) continue
      const keys = new Set(operation.changes.map(({ key }) => key))
      const shared = this.#operations.some(
        (other) => other !== operation && other.outcome !== 'refused' && other.changes.some(({ key }) => keys.has(key)),
      )
      if (!shared) yield operation
    }
  }

  /** What was asked about a key, for a message. */
  about(key: string): string {
    return this.#operations
      .filter(({ changes }) => changes.some((change) => change.key === key))
      .map(({ what, start, end, outcome }) => `    [${start}, ${end}] ${outcome} ${what}`)
      .join('\n')
  }
}
