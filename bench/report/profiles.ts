import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CpuProfile, LoadProfile, Owner, Place, ScriptProfile, Share } from '../profiles/load.ts'
import { machine } from '../support/tools.ts'
import { number } from './format.ts'
import { replaceGenerated, table } from './page.ts'

const FILE = join(import.meta.dir, '../profiles.json')
const PAGE = join(import.meta.dir, '../../docs/profiles.md')

interface ProfiledRow {
  readonly date: string
  readonly machine: string
  readonly bun: string
  readonly loads: readonly LoadProfile[]
}

type Profiles = Readonly<Record<string, ProfiledRow>>

const PLACES: Readonly<Record<Place, string>> = {
  kernel: 'kernel',
  bun: 'Bun',
  compiled: 'compiled JavaScript',
  helpers: 'compiler, collector, allocator',
}

const OWNERS: Readonly<Record<Owner, string>> = {
  ours: 'ours',
  libraries: 'libraries',
  builtins: 'Bun’s functions',
  collector: 'collector',
}

/** Keeps what was seen of a row, and makes the page of all that is kept. */
export function writeProfiles(row: number, loads: readonly LoadProfile[]): void {
  const known: Profiles = JSON.parse(readFileSync(FILE, 'utf8'))
  const seen = { date: new Date().toISOString().slice(0, 10), machine: machine(), bun: Bun.version, loads }
  const profiles = { ...known, [row]: seen }
  writeFileSync(FILE, `${JSON.stringify(profiles, undefined, 2)}\n`)
  Bun.spawnSync([process.execPath, 'fmt', '--no-script', FILE])
  replaceGenerated(PAGE, generated(profiles))
}

function generated(profiles: Profiles): string[] {
  const rows = Object.entries(profiles)
  const loads = rows.flatMap(([row, { loads: all }]) => all.map((load) => ({ row, load })))
  return [
    '### Costs of a request',
    '',
    ...table(
      ['Row', 'Load', 'CPU: user + system', 'System calls', 'Allocated'],
      loads.map(({ row, load }) => [row, load.what, cpuOf(load), callsOf(load), allocatedOf(load)]),
    ),
    '',
    '### Where the CPU time goes',
    '',
    ...table(
      ['Row', 'Load', 'Where', 'In system calls'],
      loads.map(({ row, load: { what, cpu } }) => [row, what, placesOf(cpu), shares(cpu?.stacks.calls)]),
    ),
    '',
    '### Where the time of JavaScript goes',
    '',
    ...table(
      ['Row', 'Load', 'Whose', 'Most'],
      loads.map(({ row, load: { what, script } }) => [
        row,
        what,
        ownersOf(script),
        shares(script?.functions.map(asCode)),
      ]),
    ),
    '',
    '### When each row was profiled',
    '',
    ...table(
      ['Row', 'Date', 'Machine', 'Bun', 'Samples: perf / JavaScript'],
      rows.map(([row, { date, machine: on, bun, loads: all }]) => {
        const samples = all.map(
          ({ cpu, script }) => `${number(cpu?.stacks.samples ?? 0)} / ${number(script?.samples ?? 0)}`,
        )
        return [row, date, on, bun, samples.join(', ')]
      }),
    ),
  ]
}

function cpuOf({ cpu }: LoadProfile): string {
  if (cpu === undefined) return '–'
  return `${time(cpu.user + cpu.system)}: ${time(cpu.user)} + ${time(cpu.system)}`
}

function time(micros: number): string {
  return micros < 10_000 ? `${number(micros)} µs` : `${number(micros / 1000)} ms`
}

function callsOf({ calls }: LoadProfile): string {
  if (calls === undefined) return '–'
  return `${number(calls.count)}: ${calls.most.map(({ name, count }) => `${name} ${number(count)}`).join(', ')}`
}

function allocatedOf({ memory }: LoadProfile): string {
  return memory === undefined ? '–' : `${number(memory.allocated / 1024)} KiB`
}

function placesOf(cpu: CpuProfile | undefined): string {
  return cpu === undefined ? '–' : named(cpu.stacks.places, PLACES)
}

function ownersOf(script: ScriptProfile | undefined): string {
  return script === undefined ? '–' : named(script.owners, OWNERS)
}

function named<Key extends string>(all: Readonly<Record<Key, number>>, names: Readonly<Record<Key, string>>): string {
  const keys = Object.keys(names) as Key[]
  return shares(keys.map((key) => ({ name: names[key], share: all[key] })))
}

function shares(all: readonly Share[] = []): string {
  return all.map(({ name, share }) => `${name} ${number(100 * share)} %`).join(', ')
}

function asCode({ name, share }: Share): Share {
  return { name: `\`${name}\``, share }
}
