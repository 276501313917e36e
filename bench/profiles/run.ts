import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Lab } from '../support/lab.ts'
import type { Options } from '../support/options.ts'
import { setWatch } from '../support/section.ts'
import { callsInstrument, cpuInstrument, memoryInstrument, scriptInstrument } from './instruments.ts'
import type { LoadProfile } from './load.ts'

export interface Profiled {
  readonly loads: readonly LoadProfile[]
  readonly failures: readonly string[]
}

/** Runs a row's own loads against Berth alone, once with each instrument. */
export async function profileRow(
  options: Options,
  dir: string,
  measure: (lab: Lab) => Promise<void>,
): Promise<Profiled> {
  const seen = join(dir, 'seen')
  mkdirSync(seen, { recursive: true })
  const failures: string[] = []
  const parts: LoadProfile[] = []
  for (const instrument of [cpuInstrument(seen), scriptInstrument(seen), callsInstrument(seen), memoryInstrument()]) {
    const lab = new Lab(options, join(dir, 'lab'))
    setWatch(instrument.watch)
    await measure(lab).catch((error: unknown) => failures.push(String(error)))
    await lab.close()
    parts.push(...instrument.seen)
  }
  setWatch(undefined)
  return { loads: merged(parts), failures }
}

/** What is called the same is one load. */
function merged(parts: readonly LoadProfile[]): LoadProfile[] {
  const loads = new Map<string, LoadProfile>()
  for (const part of parts) loads.set(part.what, { ...loads.get(part.what), ...part })
  return [...loads.values()]
}
