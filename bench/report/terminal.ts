import { MIB } from '../support/data-set.ts'
import type { Lab } from '../support/lab.ts'
import { type Result, ratio, summary } from '../support/result.ts'
import { comparisons, contestantsOf, lowerIsBetter, NAMES, number, range, timesRange } from './format.ts'
import { judge } from './targets.ts'

const MARKS: Readonly<Record<string, string>> = {
  true: ' yes ',
  false: ' NO  ',
  unsettled: '  ?  ',
  undefined: '  –  ',
}

/** The whole run as text. */
export function terminalReport(lab: Lab): string {
  const lines: string[] = ['']
  for (const result of lab.results) lines.push(...resultLines(result))
  if (lab.limits.length > 0) lines.push('', 'Limits of this machine')
  for (const { what, value, unit } of lab.limits) lines.push(`      ${what.padEnd(48)} ${number(value)} ${unit}`)
  for (const { row, reason } of lab.skipped) lines.push(`Row ${row} skipped: ${reason}`)
  lines.push('', 'Targets')
  for (const { promise, measured, reached } of judge(lab.results)) {
    const mark = MARKS[String(reached)] ?? ''
    lines.push(`${mark} ${promise}: ${measured}`)
  }
  return `${lines.join('\n')}\n`
}

function resultLines(result: Result): string[] {
  const better = lowerIsBetter(result) ? ', less is better' : ''
  const title = `${String(result.row).padStart(2)}    ${result.what} [${result.unit}${better}]`
  const lines = [title, ...contestantsOf(result).map((who) => figureLine(result, who))]
  for (const [one, other] of comparisons(result)) {
    const cpu = ratio(result, one, other, 'cpu')
    const cpuPart = cpu === undefined ? '' : `, CPU ${timesRange(cpu)}`
    lines.push(`        ${NAMES[one]} / ${NAMES[other]}: ${timesRange(ratio(result, one, other))}${cpuPart}`)
  }
  if (result.note !== undefined) lines.push(`        ${result.note}`)
  return lines
}

function figureLine(result: Result, who: ReturnType<typeof contestantsOf>[number]): string {
  const cpu = summary(result, who, 'cpu')
  const peak = summary(result, who, 'peakBytes')
  const latencies = (['p50', 'p99', 'p999'] as const).map((point) => summary(result, who, point)?.median)
  const parts = [NAMES[who].padEnd(18), range(summary(result, who)).padEnd(34)]
  if (cpu !== undefined) parts.push(`CPU ${number(cpu.median)} s/${result.cpuPer}`.padEnd(20))
  if (peak !== undefined) parts.push(`peak ${number(peak.max / MIB)} MiB`.padEnd(16))
  if (latencies[0] !== undefined) {
    parts.push(`p50/p99/p99.9 ${latencies.map((value) => number(value ?? 0)).join('/')} ms`)
  }
  return `      ${parts.join(' ').trimEnd()}`
}
