export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Median and range, or undefined when there is nothing to summarise. */
export function spread(values: readonly number[]): Spread | undefined {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b)
  const min = sorted[0]
  const max = sorted.at(-1)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (min === undefined || max === undefined || upper === undefined) return undefined
  const lower = sorted.length % 2 === 0 ? (sorted[middle - 1] ?? upper) : upper
  return { median: (lower + upper) / 2, min, max }
}

/** The value below which the given share (0–1) of the values lies; 0 when there are none. */
export function percentile(values: Float64Array | readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** Draws ranks 0…n-1 with the popularity law of real registries: rank r is drawn in proportion to 1/(r+1)^alpha. */
export function zipf(n: number, alpha: number, random: () => number): () => number {
  const cumulative = new Float64Array(n)
  let total = 0
  for (let rank = 0; rank < n; rank++) {
    total += 1 / (rank + 1) ** alpha
    cumulative[rank] = total
  }
  return () => {
    const wanted = random() * total
    let low = 0
    let high = n - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((cumulative[middle] ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}
