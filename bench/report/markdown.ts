import { join } from 'node:path'
import { MIB } from '../support/data-set.ts'
import { type Result, ratio, summary } from '../support/result.ts'
import { comparisons, contestantsOf, lowerIsBetter, NAMES, number, range, timesRange } from './format.ts'
import { replaceGenerated, table } from './page.ts'
import { writePlots } from './plots.ts'
import { type BenchRecord, resultsOf } from './record.ts'
import { judge, type Verdict } from './targets.ts'

const PAGE = join(import.meta.dir, '../../docs/performance.md')

/** Replaces the generated part of docs/performance.md. */
export function writePage(record: BenchRecord): void {
  replaceGenerated(PAGE, generated(record))
}

function generated(record: BenchRecord): string[] {
  const results = resultsOf(record)
  return [
    ...writePlots(results),
    '### What we promise, and what this run shows',
    '',
    ...table(
      ['Promise', 'Measured', 'Reached'],
      judge(results).map(({ promise, measured, reached }) => [promise, measured, word(reached)]),
    ),
    '',
    '### Ratios',
    '',
    'Median of the pairs, and in brackets the lowest and the highest. Rate: more than 1× is better, except where marked ↓. CPU: less than 1× is better.',
    '',
    ...table(['Row', 'What', 'Compared', 'Rate', 'Server CPU'], results.flatMap(ratioRows)),
    '',
    '### Limits of the machine',
    '',
    `${record.limits.machine}:`,
    '',
    ...table(
      ['What', 'Measured'],
      record.limits.measured.map(({ what, value, unit }) => [what, `${number(value)} ${unit}`]),
    ),
    '',
    '### When each row was measured',
    '',
    ...conditions(record),
    '',
    '### Appendix: absolute figures',
    '',
    'True of this machine in this hour only. MB means MiB.',
    '',
    ...table(
      ['Row', 'What', 'Who', 'Figure', 'Server CPU', 'Peak RSS', 'p50 / p99 / p99.9'],
      results.flatMap(figureRows),
    ),
  ]
}

/** Each row is a run of its own: what it was measured on and with, and what it says beside its figures. */
function conditions({ rows }: BenchRecord): string[] {
  const all = Object.entries(rows)
  const versions = new Set(all.map(([, row]) => row.versions))
  const isOne = versions.size === 1
  const lines = all.map(([row, { date, machine, versions: own, commit = '–', pairs, seconds, results, skipped }]) => {
    const notes = new Set([...results.flatMap(({ note = [] }) => note), ...skipped, ...(isOne ? [] : [own])])
    return [row, date, commit, machine, `${pairs} pairs of ${seconds} s`, [...notes].join('; ')]
  })
  return [
    ...(isOne ? [`Versions: ${[...versions].join('')}`, ''] : []),
    ...table(['Row', 'Date', 'Berth', 'Machine', 'Settings', 'Notes'], lines),
  ]
}

function ratioRows(result: Result): string[][] {
  return comparisons(result).map(([one, other]) => [
    String(result.row),
    result.what,
    `${NAMES[one]} / ${NAMES[other]}`,
    `${timesRange(ratio(result, one, other))}${lowerIsBetter(result) ? ' ↓' : ''}`,
    timesRange(ratio(result, one, other, 'cpu')),
  ])
}

function figureRows(result: Result): string[][] {
  return contestantsOf(result).map((who) => {
    const cpu = summary(result, who, 'cpu')
    const peak = summary(result, who, 'peakBytes')
    const latencies = (['p50', 'p99', 'p999'] as const).map((point) => summary(result, who, point)?.median)
    return [
      String(result.row),
      result.what,
      NAMES[who],
      `${range(summary(result, who))} ${result.unit}`,
      cpu === undefined ? '–' : `${number(cpu.median)} s per ${result.cpuPer === 'GiB' ? 'GiB' : '1,000'}`,
      peak === undefined ? '–' : `${number(peak.max / MIB)} MiB`,
      latencies[0] === undefined ? '–' : `${latencies.map((value) => number(value ?? 0)).join(' / ')} ms`,
    ]
  })
}

function word(reached: Verdict['reached']): string {
  if (reached === undefined) return '–'
  if (reached === 'unsettled') return 'not settled'
  return reached ? 'yes' : '**no**'
}
