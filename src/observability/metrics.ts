import type { Registry } from 'prom-client'
import type { Counted, CounterName, GaugeName } from './counters.ts'
import { once } from '../lib/once.ts'
import { JobTally } from './job-tally.ts'
import { RequestTally } from './request-tally.ts'
import type { Watch } from './watched.ts'

/**
 * What the registry counts, in plain numbers. They become Prometheus metrics, by distribution's names where it has
 * them, when somebody asks. Labels come from fixed sets only.
 */
export class Metrics implements Counted {
  readonly requests = new RequestTally()
  readonly jobs = new JobTally()
  readonly watches: Watch[] = []
  readonly storageRequests = new Map<string, number>()
  readonly replicated = new Map<string, number>()
  readonly #counts = new Map<CounterName, number>()
  readonly #levels = new Map<GaugeName, number>()

  add(counter: CounterName, amount = 1): void {
    this.#counts.set(counter, this.count(counter) + amount)
  }

  /** `operation` is one of the few that an object store knows. */
  addStorageRequest(operation: string): void {
    this.storageRequests.set(operation, (this.storageRequests.get(operation) ?? 0) + 1)
  }

  /** Both are words of fixed sets. */
  addReplicated(direction: string, result: string): void {
    const key = `${direction} ${result}`
    this.replicated.set(key, (this.replicated.get(key) ?? 0) + 1)
  }

  /** Numbers that somebody else keeps. */
  watch(...watches: readonly Watch[]): void {
    this.watches.push(...watches)
  }

  count(counter: CounterName): number {
    return this.#counts.get(counter) ?? 0
  }

  set(gauge: GaugeName, value: number): void {
    this.#levels.set(gauge, value)
  }

  level(gauge: GaugeName): number | undefined {
    return this.#levels.get(gauge)
  }

  /** Loaded at the first scrape: a start has no time for it. */
  readonly registry = once(async (): Promise<Registry> => {
    const { prometheusRegistry } = await import('./prometheus.ts')
    return prometheusRegistry(this)
  })

  async text(): Promise<string> {
    return (await this.registry()).metrics()
  }
}
