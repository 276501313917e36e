import { useEffect, useRef } from 'react'
import type uPlot from 'uplot'
import { Table } from './table.tsx'

export interface ChartPoint {
  /** A day, as the table names it. */
  readonly at: string
  readonly value: number
}

interface ChartProps {
  /** What is drawn. */
  readonly label: string
  readonly points: readonly ChartPoint[]
  readonly format: (value: number) => string
}

const HEIGHT = 220

/** A line over days, and the same as a table for those who do not see it. */
export function Chart({ label, points, format }: ChartProps) {
  return (
    <>
      <Line {...{ points, format }} />
      <details className="mt-2 text-sm">
        <summary className="text-soft">{label}, as a table</summary>
        <div className="mt-2 max-h-80 overflow-y-auto">
          <Table
            label={label}
            rows={points.toReversed()}
            keyOf={({ at }) => at}
            columns={[
              { title: 'Day', cell: ({ at }) => at },
              { title: label, cell: ({ value }) => format(value), isNumber: true },
            ]}
          />
        </div>
      </details>
    </>
  )
}

function Line({ points, format }: Omit<ChartProps, 'label'>) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const node = place.current
    if (node === null) return
    const end = new AbortController()
    void draw(node, { points, format }, end.signal)
    return () => end.abort()
  }, [points, format])
  // Its colors are those of the element, which are those of the theme.
  return (
    <div
      ref={place}
      aria-hidden="true"
      className="w-full overflow-hidden border-line text-accent outline-soft"
      style={{ height: HEIGHT }}
    />
  )
}

async function draw(node: HTMLElement, { points, format }: Omit<ChartProps, 'label'>, signal: AbortSignal) {
  const { default: Plot } = await import('uplot')
  if (signal.aborted) return
  const plot = new Plot(optionsFor(node, format, Plot), dataOf(points), node)
  const sizes = new ResizeObserver(() => plot.setSize({ width: node.clientWidth, height: HEIGHT }))
  sizes.observe(node)
  // The theme is an attribute of the page, or what the system likes.
  const themes = new MutationObserver(() => plot.redraw())
  themes.observe(document.documentElement, { attributes: true })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot.redraw(), { signal })
  signal.addEventListener('abort', () => {
    sizes.disconnect()
    themes.disconnect()
    plot.destroy()
  })
}

function dataOf(points: readonly ChartPoint[]): uPlot.AlignedData {
  return [points.map(({ at }) => Date.parse(at) / 1000), points.map(({ value }) => value)]
}

const FONT = '12px system-ui, sans-serif'
const TICK_SPACE = 80
const DAY_SECONDS = 86_400
const STEPS_DAYS = [1, 2, 7, 14, 30, 91, 182, 365]
const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: '2-digit', timeZone: 'UTC' })

function optionsFor(node: HTMLElement, format: ChartProps['format'], Plot: typeof uPlot): uPlot.Options {
  const colorOf = (name: string) => getComputedStyle(node).getPropertyValue(name)
  const line = () => colorOf('color')
  const axis = { stroke: () => colorOf('outline-color'), font: FONT, ticks: { show: false } }
  const grid = { stroke: () => colorOf('border-bottom-color'), width: 1 }
  return {
    width: node.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => Plot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    padding: [16, 32, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, max) => [0, Math.max(max * 1.1, 1)] } },
    series: [{}, { stroke: line, width: 2, points: { show: true, size: 5, fill: line } }],
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: TICK_SPACE,
        incrs: STEPS_DAYS.map((days) => days * DAY_SECONDS),
        values: (_, splits) => splits.map((seconds) => DAY.format(seconds * 1000)),
      },
      { ...axis, grid, size: TICK_SPACE, values: (_, splits) => splits.map(format) },
    ],
  }
}
