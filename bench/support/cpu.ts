import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

export interface CpuTimes {
  readonly user: number
  readonly system: number
}

/** CPU seconds used so far by a process and everything below it, those that have ended included. */
export function cpuTimes(pid: number): CpuTimes {
  const ticks = { user: 0, system: 0 }
  for (const member of processTree(pid)) {
    // utime, stime, cutime, cstime: fields 14 to 17 of proc(5), of which these are those from the third on.
    const [user, system, userOfEnded, systemOfEnded] = (statFields(member) ?? []).slice(11, 15).map(Number)
    ticks.user += (user ?? 0) + (userOfEnded ?? 0)
    ticks.system += (system ?? 0) + (systemOfEnded ?? 0)
  }
  return { user: ticks.user / TICKS_PER_SECOND, system: ticks.system / TICKS_PER_SECOND }
}

export function cpuSeconds(pid: number): number {
  const { user, system } = cpuTimes(pid)
  return user + system
}

/** Bytes of memory held right now (VmRSS), summed over the process tree. */
export function residentBytes(pid: number): number {
  return sumStatus(pid, 'VmRSS')
}

/** The anonymous part of it: what the process allocated itself, without the pages of its program file. */
export function anonymousBytes(pid: number): number {
  return sumStatus(pid, 'RssAnon')
}

/** The most it has held (VmHWM) since `forgetPeak`. */
export function peakResidentBytes(pid: number): number {
  return sumStatus(pid, 'VmHWM')
}

export function forgetPeak(pid: number): void {
  for (const member of processTree(pid)) {
    try {
      writeFileSync(`/proc/${member}/clear_refs`, '5')
    } catch {
      // Not ours to reset: the peak then counts from the start of the process.
    }
  }
}

/** Bytes that it had fetched from the disk so far (read_bytes of proc(5)): what the page cache had is not among them. */
export function diskReadBytes(pid: number): number {
  let bytes = 0
  for (const member of processTree(pid)) {
    bytes += Number(/^read_bytes: (\d+)/m.exec(read(`/proc/${member}/io`))?.[1] ?? 0)
  }
  return bytes
}

/** By a signal. */
export function isStopped(pid: number): boolean {
  return statFields(pid)?.[0] === 'T'
}

export function hasChildren(pid: number): boolean {
  return processTree(pid).length > 1
}

function sumStatus(pid: number, field: string): number {
  let kibibytes = 0
  for (const member of processTree(pid)) {
    const status = read(`/proc/${member}/status`)
    kibibytes += Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0)
  }
  return kibibytes * 1024
}

function processTree(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    if (Number.isNaN(pid)) continue
    const parent = Number(statFields(pid)?.[1])
    children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  const tree = [root]
  for (const member of tree) tree.push(...(children.get(member) ?? []))
  return tree
}

/** The fields of /proc/PID/stat from the third (state) on: the second may itself hold spaces and brackets. */
function statFields(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`)
  return stat === '' ? undefined : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
