/** Long work in memory lets others in between: after so many milliseconds the event loop has a turn. */
const BREATHE_AFTER_MS = 6

export class Breaths {
  #since = performance.now()

  /** To be called between steps that take a millisecond or so; waits only when it is time. */
  async take(): Promise<void> {
    if (!this.isDue()) return
    await new Promise((resolve) => setImmediate(resolve))
    this.#since = performance.now()
  }

  /** For tight loops, where even an await that waits for nothing costs too much. */
  isDue(): boolean {
    return performance.now() - this.#since > BREATHE_AFTER_MS
  }
}

/** The items in parts of at most this many. */
export function* batches<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}

/**
 * Digests in byte order, so that what is looked up after each other lies side by side in an index; in small steps.
 */
export async function inByteOrder<T extends string>(digests: Iterable<T>): Promise<T[]> {
  const breaths = new Breaths()
  const parts = new Map<string, T[]>()
  for (const digest of digests) {
    const start = digest.slice(0, BEGINNING)
    const part = parts.get(start)
    if (part === undefined) parts.set(start, [digest])
    else part.push(digest)
    if (breaths.isDue()) await breaths.take()
  }
  const ordered: T[] = []
  for (const start of [...parts.keys()].sort()) {
    for (const digest of parts.get(start)?.sort() ?? []) ordered.push(digest)
    await breaths.take()
  }
  return ordered
}

/** `sha256:` and two digits. */
const BEGINNING = 9
