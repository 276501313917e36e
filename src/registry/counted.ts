import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import type { Database, Executor } from '../metadata/db.ts'
import { readJobState, writeJobState } from '../metadata/job-state.ts'

/** What takes no longer is counted whenever somebody asks. */
const QUICK_MS = 5
const QUICK_FRESH_MS = 1000
/** Counting takes at most this part of the time. */
const SHARE = 1 / 50

interface CountedParts<T> {
  /** Of the row that remembers it. */
  readonly name: string
  readonly schema: z.ZodType<T>
  /** In small steps: what is counted may be millions. */
  readonly count: (executor: Executor) => Promise<T>
}

interface CountedWhere {
  readonly database: Database
  readonly clock: Clock
}

export interface CountedValue<T> {
  readonly value: T
  readonly countedAt: Date
}

/**
 * Something that takes long to count. It is counted when somebody asks; where that takes long, whoever asks gets what
 * was counted before, and it is counted anew meanwhile.
 */
export class Counted<T> {
  readonly #parts: CountedParts<T>
  readonly #schema: z.ZodType<{ readonly value: T; readonly at: number; readonly tookMs: number }>
  #known: { readonly value: T; readonly at: number; readonly tookMs: number } | undefined
  #counting: Promise<CountedValue<T>> | undefined

  constructor(parts: CountedParts<T>) {
    this.#parts = parts
    this.#schema = z.object({ value: parts.schema, at: z.number(), tookMs: z.number() })
  }

  async get(where: CountedWhere): Promise<CountedValue<T>> {
    const known = this.#known ?? (await this.#remembered(where))
    if (known === undefined) return this.countNow(where)
    const ageMs = where.clock.now().getTime() - known.at
    // Less than nothing: the clock was set back.
    if (ageMs >= 0 && ageMs < Math.max(QUICK_FRESH_MS, known.tookMs / SHARE)) return toValue(known)
    const counted = this.countNow(where)
    if (known.tookMs <= QUICK_MS) return counted
    // Whoever asks next has it, or is told.
    counted.catch(() => undefined)
    return toValue(known)
  }

  /** Together with whoever counts already. */
  countNow(where: CountedWhere): Promise<CountedValue<T>> {
    this.#counting ??= this.#count(where).finally(() => {
      this.#counting = undefined
    })
    return this.#counting
  }

  async #count({ database, clock }: CountedWhere): Promise<CountedValue<T>> {
    const startedAt = performance.now()
    const value = await this.#parts.count(database.reader)
    const now = clock.now()
    const known = { value, at: now.getTime(), tookMs: performance.now() - startedAt }
    // Where it takes long the next start need not count before it can answer.
    if (known.tookMs > QUICK_MS)
      await database.writeQuietly((tx) => writeJobState(tx, this.#parts.name, known, now)).catch(() => undefined)
    this.#known = known
    return toValue(known)
  }

  async #remembered({ database }: CountedWhere) {
    return this.#schema.safeParse(await readJobState(database.reader, this.#parts.name)).data
  }
}

function toValue<T>({ value, at }: { readonly value: T; readonly at: number }): CountedValue<T> {
  return { value, countedAt: new Date(at) }
}

/** Between steps of a count: the event loop has a turn. */
export function othersToo(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
