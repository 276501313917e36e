import { cpuSeconds, forgetPeak, isStopped, peakResidentBytes } from './cpu.ts'
import type { StartOptions } from './contestants.ts'
import type { Server } from './server.ts'

/** Looks at Berth while it is measured: `npm run bench -- profile` has one, which nobody's figures are taken with. */
export interface Watch {
  /** Of every Berth that is started. */
  readonly environment: Readonly<Record<string, string>>
  /** @returns what ends it, and is told how many operations there were */
  readonly begin: (process: Process, what: string) => Promise<(operations: number) => Promise<void>>
}

type Process = Pick<Server, 'pid'>

let watch: Watch | undefined

export function setWatch(wanted: Watch | undefined): void {
  watch = wanted
}

export function watchedEnvironment(): Watch['environment'] {
  return watch?.environment ?? {}
}

export interface Timed<Outcome> {
  readonly outcome: Outcome
  /** Seconds of the server. */
  readonly cpu: number
  readonly peakBytes: number
}

export interface About<Outcome> {
  readonly what: string
  /** Where costs are told of a MiB, and not of a request or a push. */
  readonly per?: 'MiB'
  /** Of which the costs are told: requests, or pushes. */
  readonly operations: (outcome: Outcome) => number
}

/** One timed section against a server. */
export async function section<Outcome>(
  server: Server,
  { what, per, operations }: About<Outcome>,
  run: () => Promise<Outcome>,
): Promise<Timed<Outcome>> {
  const end = await watch?.begin(server, per === undefined ? what : `${what}: of a ${per}`)
  forgetPeak(server.pid)
  const before = cpuSeconds(server.pid)
  const outcome = await run()
  const timed = { outcome, cpu: cpuSeconds(server.pid) - before, peakBytes: peakResidentBytes(server.pid) }
  await end?.(operations(outcome))
  return timed
}

/** Stops before it becomes the program, so that who watches can take hold of it first. */
const STOPPED = ['sh', '-c', 'kill -STOP $$; exec "$@"', 'sh']

/** Starts a server, from its first instruction to its first answer. */
export async function timedStart(what: string, begin: (options: Born) => Promise<Server>): Promise<Server> {
  if (watch === undefined) return begin({})
  const { begin: look } = watch
  let end: ((operations: number) => Promise<void>) | undefined
  const spawned = async (pid: number) => {
    while (!isStopped(pid)) await Bun.sleep(1)
    end = await look({ pid }, what)
    process.kill(pid, 'SIGCONT')
  }
  const server = await begin({ wrapper: STOPPED, spawned })
  await end?.(1)
  return server
}

export type Born = Pick<StartOptions, 'wrapper' | 'spawned'>
