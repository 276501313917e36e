/** Small drawings for docs/performance.md: they say at a glance what its tables say exactly. */

const WIDTH = 860
const LEFT = 250
const RIGHT = 90
const TOP = 64
const FONT = "font-family='system-ui, sans-serif'"

export interface Series {
  readonly name: string
  readonly colour: string
}

export interface Bar extends Series {
  readonly value: number
  /** Beside the bar. */
  readonly text: string
}

export interface BarGroup {
  readonly label: string
  readonly bars: readonly Bar[]
}

export interface BarChart {
  readonly title: string
  readonly note: string
  readonly groups: readonly BarGroup[]
}

const BAR = 13
const GAP = 3
const GROUP_GAP = 14

/** Bars that lie, on a logarithmic axis that begins a little below the least of them. */
export function barChart({ title, note, groups }: BarChart): string {
  const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value)).filter((value) => value > 0)
  const along = logScale([Math.min(...values) / 2, Math.max(...values)], [LEFT, WIDTH - RIGHT])
  let y = TOP + 22
  const drawn = groups.map((group) => {
    const top = y
    const bars = group.bars.map((bar, index) => drawBar(bar, top + index * (BAR + GAP), along))
    y += group.bars.length * (BAR + GAP) + GROUP_GAP
    const middle = (top + y - GROUP_GAP) / 2 + 3
    return label(LEFT - 10, middle, group.label, "text-anchor='end'") + bars.join('')
  })
  const series = unique(groups.flatMap(({ bars }) => bars))
  return page({ title, note, series, height: y }, drawn.join(''))
}

function drawBar({ value, colour, text }: Bar, y: number, along: (value: number) => number): string {
  const end = value > 0 ? along(value) : LEFT
  const width = Math.max(1, end - LEFT).toFixed(1)
  return (
    `<rect x='${LEFT}' y='${y}' width='${width}' height='${BAR}' rx='2' fill='${colour}'/>` +
    label(end + 6, y + BAR - 3, text, "font-size='10.5'")
  )
}

export interface Line extends Series {
  readonly points: readonly (readonly [x: number, y: number])[]
  readonly dashed: boolean
  readonly label: string
}

export interface LineChart {
  readonly title: string
  readonly note: string
  readonly x: string
  readonly y: string
  readonly lines: readonly Line[]
}

const PLOT_HEIGHT = 330
const PLOT_LEFT = 70
const PLOT_RIGHT = 250

/** Lines on two logarithmic axes: what does not grow is level. */
export function lineChart({ title, note, x, y, lines }: LineChart): string {
  const points = lines.flatMap((line) => line.points)
  const bottom = TOP + PLOT_HEIGHT
  const xs = points.map(([at]) => at)
  const ys = points.map(([, at]) => at)
  const across = logScale([Math.min(...xs), Math.max(...xs)], [PLOT_LEFT, WIDTH - PLOT_RIGHT])
  const up = logScale([Math.min(...ys) / 6, Math.max(...ys) * 1.5], [bottom, TOP + 20])
  const grid = [
    ...decades(xs).map((at) => {
      const place = across(at).toFixed(1)
      const text = label(across(at), bottom + 16, at.toLocaleString('en-US'), "text-anchor='middle' font-size='11'")
      return `<line x1='${place}' x2='${place}' y1='${TOP + 20}' y2='${bottom}' class='grid'/>${text}`
    }),
    ...decades(ys).map((at) => {
      const place = up(at).toFixed(1)
      const text = label(PLOT_LEFT - 8, up(at) + 4, String(at), "text-anchor='end' font-size='11'")
      return `<line x1='${PLOT_LEFT}' x2='${WIDTH - PLOT_RIGHT}' y1='${place}' y2='${place}' class='grid'/>${text}`
    }),
    label((PLOT_LEFT + WIDTH - PLOT_RIGHT) / 2, bottom + 34, x, "text-anchor='middle' font-size='11'"),
    label(PLOT_LEFT - 40, TOP + 10, y, "font-size='11'"),
  ]
  const ends = spaced(lines.map((line) => up(line.points.at(-1)?.[1] ?? 1)))
  const drawn = lines.map((line, index) => {
    const path = line.points.map(([at, height]) => `${across(at).toFixed(1)},${up(height).toFixed(1)}`).join(' ')
    const dash = line.dashed ? " stroke-dasharray='5 4'" : ''
    const end = across(line.points.at(-1)?.[0] ?? 1) + 8
    return (
      `<polyline points='${path}' fill='none' stroke='${line.colour}' stroke-width='2'${dash}/>` +
      label(end, (ends[index] ?? 0) + 4, line.label, `font-size='10.5' style='fill:${line.colour}'`)
    )
  })
  return page({ title, note, series: unique(lines), height: bottom + 44 }, [...grid, ...drawn].join(''))
}

/** Heights of labels that would cover each other, moved apart. */
function spaced(heights: readonly number[]): number[] {
  const placed = [...heights]
  const order = heights.map((_, index) => index).toSorted((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0))
  let last = Number.NEGATIVE_INFINITY
  for (const index of order) {
    last = Math.max(placed[index] ?? 0, last + 13)
    placed[index] = last
  }
  return placed
}

interface Page {
  readonly title: string
  readonly note: string
  readonly series: readonly Series[]
  readonly height: number
}

function page({ title, note, series, height }: Page, content: string): string {
  let x = WIDTH - RIGHT
  const legend = series.toReversed().map(({ name, colour }) => {
    x -= name.length * 7 + 26
    return `<rect x='${x}' y='${TOP - 16}' width='10' height='10' fill='${colour}'/>${label(x + 15, TOP - 7, name, "font-size='11.5'")}`
  })
  const style = '<style>text{fill:#1f2328}.grid{stroke:#d0d7de;stroke-width:1}</style>'
  return `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 ${WIDTH} ${height}' role='img' aria-label='${escaped(title)}'>${style}<rect width='${WIDTH}' height='${height}' fill='#ffffff'/>${label(20, 26, title, "font-size='16' font-weight='600'")}${label(20, 43, note, "font-size='11.5'")}${legend.join('')}${content}</svg>\n`
}

function label(x: number, y: number, text: string, attributes: string): string {
  const size = attributes.includes('font-size') ? '' : " font-size='12'"
  return `<text x='${x.toFixed(1)}' y='${y.toFixed(1)}' ${FONT}${size} ${attributes}>${escaped(text)}</text>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&#39;')
}

function logScale([from, to]: readonly [number, number], [start, end]: readonly [number, number]) {
  const span = Math.log(to / from)
  return (value: number) => start + ((end - start) * Math.log(value / from)) / span
}

/** The powers of ten among these values. */
function decades(values: readonly number[]): number[] {
  const first = Math.ceil(Math.log10(Math.min(...values)) - 1e-9)
  const last = Math.floor(Math.log10(Math.max(...values)) + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => 10 ** (first + index))
}

function unique(all: readonly Series[]): Series[] {
  return [...new Map(all.map(({ name, colour }) => [name, { name, colour }])).values()]
}
