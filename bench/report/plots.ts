import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Measure, type Result, type Side, summary } from '../support/result.ts'
import { contestantsOf, NAMES, number, times } from './format.ts'
import { type Bar, barChart, type BarGroup, type Line, lineChart } from './svg.ts'

const FOLDER = join(import.meta.dir, '../../docs/images')

const COLOURS: Readonly<Partial<Record<Side, string>>> = {
  berth: '#0969da',
  secured: '#54aeff',
  peer: '#bf8700',
  distribution: '#cf222e',
  zot: '#1a7f37',
  nginx: '#6e7781',
}
const OTHER_COLOUR = '#8250df'

interface Plot {
  readonly file: string
  readonly alt: string
  /** Undefined: nothing of it was measured. */
  readonly draw: (results: readonly Result[]) => string | undefined
}

/** Rows of a drawing: their results by id, and what they are called there. */
type Picked = readonly (readonly [id: RegExp, label: string])[]

const RATES: Picked = [
  [/^manifest-get$/, 'manifest GET by tag'],
  [/^manifest-head$/, 'manifest HEAD by tag'],
  [/^blob-head$/, 'blob HEAD'],
  [/^blob-get-1 KiB-0\.9$/, 'blob GET, 1 KiB'],
  [/^blob-get-64 KiB-0\.9$/, 'blob GET, 64 KiB'],
  [/^push-4 KiB-monolithic-8$/, 'push of 4 KiB, 8 at once'],
  [/^push-1 MiB-monolithic-8$/, 'push of 1 MiB, 8 at once'],
]

const BYTES: Picked = [
  [/^blob-get-1 MiB-4$/, 'GET 1 MiB'],
  [/^blob-get-100 MiB-4$/, 'GET 100 MiB'],
  [/^blob-get-1 GiB-4$/, 'GET 1 GiB'],
  [/^tls-blob-get-1 MiB/, 'GET 1 MiB over TLS'],
  [/^tls-blob-get-1 GiB/, 'GET 1 GiB over TLS'],
  [/^push-1 GiB-monolithic-1$/, 'push of 1 GiB'],
]

const LATENCIES: Picked = [
  [/^profile-r-50$/, 'half of the capacity'],
  [/^profile-r-80$/, 'four fifths of it'],
]

const PLOTS: readonly Plot[] = [
  {
    file: 'bench-rates.svg',
    alt: 'Requests per second of each server, as multiples of docker-registry',
    draw: (results) =>
      barsOf(
        'Requests per second',
        'Multiples of docker-registry 2.8.2 in the same run; longer is better, on a logarithmic axis.',
        groups(results, RATES, (result, side) => {
          const value = over(result, side, 'peer')
          return value === undefined ? undefined : { value, text: times(value) }
        }),
      ),
  },
  {
    file: 'bench-bytes.svg',
    alt: 'Server CPU for a GiB of each server',
    draw: (results) =>
      barsOf(
        'Server CPU for a GiB',
        'Seconds of one core, durable on all sides; shorter is better, on a logarithmic axis.',
        groups(results, BYTES, (result, side) => measured(result, side, 'cpu', 's')),
      ),
  },
  { file: 'bench-growth.svg', alt: 'Milliseconds of a request by how much there is', draw: growth },
  {
    file: 'bench-profile.svg',
    alt: 'The slowest hundredth of requests of a realistic mix',
    draw: (results) =>
      barsOf(
        'A realistic mix (profile R): p99',
        'Milliseconds from the intended start of a request; shorter is better, on a logarithmic axis.',
        groups(results, LATENCIES, (result, side) => measured(result, side, 'p99', 'ms')),
      ),
  },
]

/** Draws what was measured into docs/images. @returns the lines that show it in the page */
export function writePlots(results: readonly Result[]): string[] {
  return PLOTS.flatMap(({ file, alt, draw }) => {
    const svg = draw(results)
    if (svg === undefined) return []
    writeFileSync(join(FOLDER, file), svg)
    return [`![${alt}](images/${file})`, '']
  })
}

function barsOf(title: string, note: string, drawn: readonly BarGroup[]): string | undefined {
  return drawn.length === 0 ? undefined : barChart({ title, note, groups: drawn })
}

type Told = Pick<Bar, 'value' | 'text'>

function groups(
  results: readonly Result[],
  picked: Picked,
  tell: (result: Result, side: Side) => Told | undefined,
): BarGroup[] {
  return picked.flatMap(([id, label]) => {
    const result = results.find((each) => id.test(each.id))
    if (result === undefined) return []
    const bars = contestantsOf(result).flatMap((side) => {
      const told = tell(result, side)
      return told === undefined ? [] : [{ ...told, name: NAMES[side], colour: colourOf(side) }]
    })
    return bars.length === 0 ? [] : [{ label, bars }]
  })
}

function colourOf(side: Side): string {
  return COLOURS[side] ?? OTHER_COLOUR
}

function over(result: Result, side: Side, other: Side): number | undefined {
  const [one, base] = [summary(result, side)?.median, summary(result, other)?.median]
  return one === undefined || base === undefined ? undefined : one / base
}

function measured(result: Result, side: Side, measure: Measure, unit: string): Told | undefined {
  const value = summary(result, side, measure)?.median
  return value === undefined ? undefined : { value, text: `${number(value)} ${unit}` }
}

function growth(results: readonly Result[]): string | undefined {
  const lines = results.flatMap((result) =>
    Object.entries(result.curves ?? {}).map(([name, points]): Line => {
      const side = name as Side
      return {
        ...{ name: NAMES[side], colour: colourOf(side), points, dashed: side === 'peer' },
        label: result.curveName ?? result.id,
      }
    }),
  )
  if (lines.length === 0) return undefined
  return lineChart({
    title: 'What a request takes where there is more of everything',
    note: 'Both axes are logarithmic: a level line does not grow.',
    x: 'tags, repositories or manifests there',
    y: 'milliseconds',
    lines,
  })
}
