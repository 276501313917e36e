import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Result, ratio, type Side } from '../support/result.ts'
import { times } from './format.ts'

const FILE = join(import.meta.dir, '../guard.json')
/** A machine of CI is not the one of the record, and noisy: what falls by less is no finding. */
const KEEPS = 2 / 3
/** A push waits for the disk, and disks differ more. */
const KEEPS_OF_PUSHES = 1 / 3

/** How many times better than docker-registry: by its rate, and by the server's CPU. */
interface Lead {
  readonly rate: number
  readonly cpu: number
}

type Leads = Readonly<Record<string, Lead>>

/**
 * Of the rows that both took part in: the middle of their pairs, or the least, which is what is recorded. Of pulls and
 * pushes of many bytes the client or the disk is the limit, and the CPU alone tells.
 */
export function leadsOf(results: readonly Result[], of: 'middle' | 'least' = 'middle'): Leads {
  const leads = results.flatMap((result) => [
    ...leadOf(result, 'berth', result.id, of),
    ...leadOf(result, 'secured', `${result.id}, tokens on`, of),
  ])
  return Object.fromEntries(leads)
}

function leadOf(result: Result, side: Side, name: string, of: 'middle' | 'least'): [string, Lead][] {
  const rate = ratio(result, side, 'peer')
  const cpu = ratio(result, side, 'peer', 'cpu')
  if (rate === undefined || cpu === undefined) return []
  const lead = of === 'least' ? { rate: rate.min, cpu: 1 / cpu.max } : { rate: rate.median, cpu: 1 / cpu.median }
  return [[name, { rate: result.unit === 'MB/s' ? 1 : three(lead.rate), cpu: three(lead.cpu) }]]
}

function keeps(id: string, measure: keyof Lead): number {
  return measure === 'rate' && id.startsWith('push-') ? KEEPS_OF_PUSHES : KEEPS
}

function three(value: number): number {
  return Number(value.toPrecision(3))
}

/** Sentences about what fell by more than a third below the recorded lead, or was not measured at all. */
export function losses(now: Leads, recorded: Leads): string[] {
  return Object.entries(recorded).flatMap(([id, before]) => {
    const lead = now[id]
    if (lead === undefined) return [`${id}: not measured`]
    return (['rate', 'cpu'] as const).flatMap((measure) => {
      if (lead[measure] >= before[measure] * keeps(id, measure)) return []
      const what = measure === 'rate' ? 'docker-registry’s rate' : 'less CPU than docker-registry'
      return [`${id}: ${times(lead[measure])} ${what}, recorded were ${times(before[measure])}`]
    })
  })
}

/** Of two measurements the second, except where the first shows that nothing was lost. */
export function betterOf(first: Leads, second: Leads, recorded: Leads): Leads {
  const held = Object.entries(first).filter(([id, lead]) => losses({ [id]: lead }, pick(recorded, id)).length === 0)
  return { ...second, ...Object.fromEntries(held) }
}

function pick(leads: Leads, id: string): Leads {
  const lead = leads[id]
  return lead === undefined ? {} : { [id]: lead }
}

export function readLeads(): Leads {
  return JSON.parse(readFileSync(FILE, 'utf8'))
}

export function writeLeads(leads: Leads): void {
  writeFileSync(FILE, `${JSON.stringify(leads, undefined, 2)}\n`)
}
