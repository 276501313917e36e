import type { Result, Side } from '../support/result.ts'
import type { Spread } from '../support/statistics.ts'

export const NAMES: Readonly<Record<Side, string>> = {
  berth: 'Berth',
  secured: 'Berth, tokens on',
  busy: 'Berth, at work',
  two: 'Berth, two replicas',
  cached: 'Berth, cached',
  alone: 'Berth, no source',
  direct: 'the upstream',
  skopeo: 'skopeo',
  peer: 'docker-registry',
  distribution: 'distribution 3',
  zot: 'zot',
  nginx: 'nginx',
}

/** Three digits that matter, thousands set apart. */
export function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 4
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}

export function times(value: number): string {
  return `${value >= 10 ? value.toFixed(1) : value >= 0.1 ? value.toFixed(2) : value.toPrecision(2)}×`
}

export function timesRange(spread: Spread | undefined): string {
  if (spread === undefined) return '–'
  return `${times(spread.median)} (${times(spread.min)}–${times(spread.max)})`
}

export function range(spread: Spread | undefined): string {
  if (spread === undefined) return '–'
  if (spread.min === spread.max) return number(spread.median)
  return `${number(spread.median)} (${number(spread.min)}–${number(spread.max)})`
}

const OTHERS = ['direct', 'skopeo', 'peer', 'distribution', 'zot', 'nginx'] as const

/** Who is compared with whom in a row: ours with everybody else, and ours with tokens on or at work with ours without. */
export function comparisons(result: Result): [Side, Side][] {
  if (result.unit === 'slope') return []
  if (result.figures.berth === undefined) return others(result).map((other) => ['secured', other])
  if (result.figures.two !== undefined) return [['two', 'berth']]
  if (result.figures.busy !== undefined) return [['busy', 'berth']]
  if (result.figures.cached !== undefined)
    return [
      ['cached', 'berth'],
      ['berth', 'alone'],
    ]
  const plain = others(result).map((other): [Side, Side] => ['berth', other])
  if (result.figures.secured === undefined) return plain
  return [...plain, ['secured', 'berth'], ...others(result).map((other): [Side, Side] => ['secured', other])]
}

function others({ figures }: Result): Side[] {
  return OTHERS.filter((other) => figures[other] !== undefined)
}

export function contestantsOf(result: Result): Side[] {
  const ours = ['berth', 'secured', 'busy', 'two', 'cached', 'alone'] as const
  return [...ours, ...OTHERS].filter((who) => result.figures[who] !== undefined)
}

export function lowerIsBetter(result: Result): boolean {
  return ['ms', 'MiB', 'KiB each', 'count', 's/GiB'].includes(result.unit)
}
