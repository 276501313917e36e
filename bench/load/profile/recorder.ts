import { percentile } from '../../support/statistics.ts'

export const OPERATIONS = [
  'tag HEAD',
  'manifest GET',
  'config GET',
  'layer GET',
  'blob HEAD',
  'upload',
  'manifest PUT',
  'list',
] as const
export type Operation = (typeof OPERATIONS)[number]

/** Milliseconds. */
export interface Latencies {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
}

export interface Recorded {
  readonly all: Latencies
  readonly operations: Readonly<Partial<Record<Operation, Latencies>>>
  /** Requests answered, those of the warm-up included. */
  readonly asked: number
  /** Answers that were not as they should be; of the first some what they were. */
  readonly wrong: number
  readonly examples: readonly string[]
}

const MOST_EXAMPLES = 5

/** What was seen since the warm-up. */
export class Recorder {
  readonly #latencies = new Map<Operation, number[]>()
  readonly #examples: string[] = []
  #countedFrom = 0
  #asked = 0
  #wrong = 0

  /** Requests that were due earlier (milliseconds of `performance.now`) are not counted. */
  countFrom(at: number): void {
    this.#countedFrom = at
  }

  note(operation: Operation, dueAt: number): void {
    this.#asked++
    if (dueAt < this.#countedFrom) return
    const known = this.#latencies.get(operation)
    const latency = performance.now() - dueAt
    if (known === undefined) this.#latencies.set(operation, [latency])
    else known.push(latency)
  }

  wrong(what: string): void {
    this.#wrong++
    if (this.#examples.length < MOST_EXAMPLES) this.#examples.push(what)
  }

  recorded(): Recorded {
    const operations = Object.fromEntries([...this.#latencies].map(([name, values]) => [name, latenciesOf(values)]))
    const all = latenciesOf([...this.#latencies.values()].flat())
    return { all, operations, asked: this.#asked, wrong: this.#wrong, examples: this.#examples }
  }
}

export function latenciesOf(values: readonly number[]): Latencies {
  const [p50 = 0, p99 = 0, p999 = 0] = [0.5, 0.99, 0.999].map((share) => percentile(values, share))
  return { count: values.length, p50, p99, p999 }
}
