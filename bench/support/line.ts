import { join } from 'node:path'
import type { Asked, LineInput, LinePorts } from '../load/line.ts'
import { MIB } from './data-set.ts'
import { pinned } from './tools.ts'

/** A line as a site has it: everything that comes from a server elsewhere comes by it. */
export interface Line {
  readonly url: string
  readonly port: number
  /** What was asked over it since this was called the last time. */
  readonly taken: () => Promise<Asked[]>
  readonly stop: () => Promise<void>
}

/** 10 MiB/s and 50 ms unless `BERTH_BENCH_LINE` says otherwise: `20 30`. */
export function siteLine(): Omit<LineInput, 'port'> & { readonly words: string } {
  const [rate = 10, roundTripMs = 50] = (process.env.BERTH_BENCH_LINE ?? '').split(/[ ,]+/).filter(Boolean).map(Number)
  return { bytesPerSecond: rate * MIB, roundTripMs, words: `a line of ${rate} MiB/s and ${roundTripMs} ms` }
}

/** No slower and no later: only what is asked is counted. */
export const COUNTING = { bytesPerSecond: 0, roundTripMs: 0 } as const

export async function startLine(input: LineInput): Promise<Line> {
  const command = [process.execPath, join(import.meta.dir, '../load/line.ts'), JSON.stringify(input)]
  const child = Bun.spawn(pinned('load', command), { stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' })
  const reader = child.stdout.getReader()
  const { value } = await reader.read()
  reader.releaseLock()
  const { port, controlPort }: LinePorts = JSON.parse(new TextDecoder().decode(value))
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    taken: async () => {
      const answer = await fetch(`http://127.0.0.1:${controlPort}/`, { method: 'DELETE' })
      return (await answer.json()) as Asked[]
    },
    stop: async () => {
      child.kill()
      await child.exited
    },
  }
}

/** The same paths together, digests and numbers left out: `1000 HEAD /v2/bench/tags/manifests/…`. */
export function summed(asked: readonly Asked[]): string {
  const counts = new Map<string, number>()
  for (const { what } of asked) {
    const kind = what.replace(/(manifests|blobs|referrers)\/.+/, '$1/…')
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return [...counts].map(([kind, times]) => `${times} ${kind}`).join(', ') || 'nothing'
}
