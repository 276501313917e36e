import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { anonymousBytes, cpuTimes } from '../support/cpu.ts'
import type { Watch } from '../support/section.ts'
import { find, pinned } from '../support/tools.ts'
import type { CallProfile, LoadProfile } from './load.ts'
import { sumScript } from './script.ts'
import { Scripts } from './scripts.ts'
import { sumStacks } from './stacks.ts'

const SAMPLES_PER_SECOND = 2000
const CALLS = 4

/** Looks at loads in one way. */
export interface Instrument {
  readonly watch: Watch
  readonly seen: readonly LoadProfile[]
}

/** CPU time, and where perf sees it go. */
export function cpuInstrument(dir: string): Instrument {
  const seen: LoadProfile[] = []
  const begin: Watch['begin'] = async ({ pid }, what) => {
    const data = join(dir, `perf-${seen.length}.data`)
    const words = ['-q', '-F', String(SAMPLES_PER_SECOND), '--call-graph', 'fp', '-p', String(pid), '-o', data]
    const perf = Bun.spawn(pinned('load', [program('perf'), 'record', ...words]), { stderr: 'inherit' })
    await settled()
    const before = cpuTimes(pid)
    return async (operations) => {
      const after = cpuTimes(pid)
      perf.kill('SIGINT')
      await perf.exited
      const report = Bun.spawn([program('perf'), 'script', '-F', 'comm,ip,sym,dso', '-i', data], { stderr: 'ignore' })
      const stacks = sumStacks(await report.stdout.text())
      const micros = (name: 'user' | 'system') => rounded(((after[name] - before[name]) * 1e6) / operations)
      seen.push({ what, cpu: { operations, user: micros('user'), system: micros('system'), stacks } })
    }
  }
  return { watch: { environment: {}, begin }, seen }
}

/** Functions by their own time, by JavaScriptCore’s profiler: what it stops to look at runs half as fast. */
export function scriptInstrument(dir: string): Instrument {
  const seen: LoadProfile[] = []
  const scripts = new Scripts(dir)
  const begin: Watch['begin'] = async ({ pid }, what) => {
    await scripts.forget(pid)
    return async () => {
      seen.push({ what, script: sumScript(await scripts.taken(pid)) })
    }
  }
  return { watch: { environment: scripts.environment, begin }, seen }
}

/** System calls, counted by strace, which slows everything. */
export function callsInstrument(dir: string): Instrument {
  const seen: LoadProfile[] = []
  const begin: Watch['begin'] = async ({ pid }, what) => {
    const file = join(dir, `strace-${seen.length}.txt`)
    const words = ['-c', '-f', '-p', String(pid), '-o', file]
    const strace = Bun.spawn(pinned('load', [program('strace'), ...words]), { stderr: 'ignore' })
    await settled()
    return async (operations) => {
      strace.kill('SIGINT')
      await strace.exited
      seen.push({ what, calls: callsOf(readFileSync(file, 'utf8'), operations) })
    }
  }
  return { watch: { environment: {}, begin }, seen }
}

/** The table of `strace -c`: seconds and calls of each, the name at the end of the line. */
export function callsOf(table: string, operations: number): CallProfile {
  const rows = [...table.matchAll(/^ *[\d.]+ +[\d.]+ +\d+ +(\d+)(?: +\d+)? +(\w+)$/gm)]
    .map(([, count, name = '']) => ({ name, count: rounded(Number(count) / operations) }))
    .filter(({ name }) => name !== 'total')
    .toSorted((a, b) => b.count - a.count)
  return { count: rounded(rows.reduce((sum, { count }) => sum + count, 0)), most: rows.slice(0, CALLS) }
}

/** What a request allocates: how the memory of a server grows whose collector never comes. */
export function memoryInstrument(): Instrument {
  const seen: LoadProfile[] = []
  const begin: Watch['begin'] = async ({ pid }, what) => {
    const before = anonymousBytes(pid)
    return async (operations) => {
      seen.push({ what, memory: { allocated: rounded((anonymousBytes(pid) - before) / operations) } })
    }
  }
  return { watch: { environment: { BUN_JSC_useGC: '0' }, begin }, seen }
}

function program(tool: 'perf' | 'strace'): string {
  const path = find(tool)
  if (path === undefined) throw new Error(`${tool} is not installed`)
  return path
}

/** Neither tells when it has taken hold of the process. */
function settled(): Promise<void> {
  return Bun.sleep(500)
}

function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
