import type { Contestant } from './contestants.ts'
import { type Spread, spread } from './statistics.ts'

/** One half of a pair: what one contestant did in one timed section. */
export interface Figure {
  /** In the unit of its row: requests or bytes or pushes per second, or milliseconds, or bytes. */
  readonly value: number
  /** Server CPU seconds per 1,000 operations or per GiB, as the row says. */
  readonly cpu?: number
  /** The same of the load generator. */
  readonly loadCpu?: number
  readonly peakBytes?: number
  readonly p50?: number
  readonly p99?: number
  readonly p999?: number
}

/**
 * Who a figure is of. `busy` is ours while it does in the background what the row is about, `two` are two replicas,
 * `cached` is what ours got from an upstream, `alone` is ours without any source, `direct` is the upstream itself, `skopeo` is
 * the client.
 */
export type Side = Contestant | 'busy' | 'two' | 'cached' | 'alone' | 'direct' | 'skopeo'

export type Figures = Readonly<Partial<Record<Side, readonly Figure[]>>>

/** One line of the report. */
export interface Result {
  readonly row: number
  /** Stable name, used by the targets. */
  readonly id: string
  readonly what: string
  readonly unit:
    | 'req/s'
    | 'MB/s'
    | 'push/s'
    | 'op/s'
    | 'image/s'
    | 'blob/s'
    | 'ms'
    | 'MiB'
    | 'KiB each'
    | 'count'
    | 'slope'
    | 'frames/s'
    | 'session/s'
    | 's/GiB'
  readonly cpuPer?: '1k' | 'GiB'
  readonly figures: Figures
  readonly note?: string
  /** Of a row that asks what growth costs: milliseconds of each side by how much there was. */
  readonly curves?: Readonly<Partial<Record<Side, readonly (readonly [size: number, ms: number])[]>>>
  /** What the curves are called in a drawing. */
  readonly curveName?: string
}

export type Measure = 'value' | 'cpu' | 'peakBytes' | 'p50' | 'p99' | 'p999'

export function summary(result: Result, who: Side, measure: Measure = 'value'): Spread | undefined {
  const values = (result.figures[who] ?? []).map((figure) => figure[measure])
  return spread(values.filter((value) => value !== undefined))
}

/** Pair by pair, `one` divided by `other`: the only thing worth quoting from a shared machine. Undefined: no pairs. */
export function ratio(result: Result, one: Side, other: Side, measure: Measure = 'value') {
  const ones = result.figures[one] ?? []
  const others = result.figures[other] ?? []
  if (ones.length !== others.length) return undefined
  const ratios = ones.map((figure, pair) => (figure[measure] ?? Number.NaN) / (others[pair]?.[measure] ?? Number.NaN))
  return spread(ratios)
}
