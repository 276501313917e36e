import { join } from 'node:path'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { GO_BIN } from '../../test/clients/support/cache.ts'

/** The programs the bench runs beside Bun; a missing one costs its rows, not the run. */
export type Tool =
  | 'docker-registry'
  | 'distribution'
  | 'zot'
  | 'nginx'
  | 'wrk'
  | 'strace'
  | 'perf'
  | 'skopeo'
  | 'openssl'
  | 'taskset'
  | 'radosgw'
  | 'curl'

/** Programs of the system, and those that `bench/support/go-peers.ts` builds. */
export const SYSTEM_PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin:${GO_BIN}`

export function find(tool: Tool): string | undefined {
  return Bun.which(tool, { PATH: SYSTEM_PATH }) ?? undefined
}

/** The words that put a command on one CPU: the servers get the first, the load the second. */
export function pinned(to: 'server' | 'load', command: readonly string[]): string[] {
  const taskset = find('taskset')
  if (taskset === undefined || availableParallelism() < 2) return [...command]
  return [taskset, '-c', to === 'server' ? '0' : '1', ...command]
}

/** Moves this process off the servers' CPU. */
export function moveToLoadCpu(): void {
  const taskset = find('taskset')
  if (taskset === undefined || availableParallelism() < 2) return
  Bun.spawnSync([taskset, '-a', '-c', '-p', '1', String(process.pid)])
}

/** What the figures were taken on, for the head of the report. */
export function machine(): string {
  const memoryGiB = Math.round(totalmem() / 2 ** 30)
  return `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, ${memoryGiB} GiB of memory`
}

const ROOT = join(import.meta.dir, '../..')
/** What the program is made of. */
const PROGRAM = ['src', 'ui', 'package.json', 'package-lock.json']

/** Of the program that was measured. */
export function commit(): string {
  const git = (...words: string[]) =>
    Bun.spawnSync(['git', ...words], { cwd: ROOT })
      .stdout.toString()
      .trim()
  const isChanged = git('status', '--porcelain', '--', ...PROGRAM) !== ''
  return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? '-dirty' : ''}`
}

/** How each tells its version, where it is not `--version`. */
const VERSION_ARGUMENTS: Readonly<Partial<Record<Tool, string>>> = {
  nginx: '-v',
  wrk: '-v',
  openssl: 'version',
}

export function versions(): string {
  const lines = [`Bun ${Bun.version}`]
  for (const tool of ['docker-registry', 'distribution', 'zot', 'nginx', 'wrk', 'skopeo', 'openssl'] as const) {
    lines.push(`${tool} ${versionOf(tool) ?? 'not installed'}`)
  }
  return lines.join(', ')
}

function versionOf(tool: Tool): string | undefined {
  const path = find(tool)
  if (path === undefined) return undefined
  const { stdout, stderr } = Bun.spawnSync([path, VERSION_ARGUMENTS[tool] ?? '--version'])
  const pattern = tool === 'zot' ? /(?<="commit":"v)[\d.]+/ : /\d+\.\d+(\.\d+)?(?=\D|$)/
  return pattern.exec(`${stdout.toString()}${stderr.toString()}`)?.[0] ?? 'of unknown version'
}
