import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SteadyInput, SteadyOutcome } from '../load/steady.ts'
import { startLoad } from './load.ts'
import type { Figure } from './result.ts'
import type { Headers } from './seed.ts'
import type { Server } from './server.ts'
import { percentile } from './statistics.ts'

export const STEADY_RATE = 500
export const STEADY_CONNECTIONS = 32

export interface SteadyLoad {
  /** Ends it. @throws Error when one answer was wrong */
  readonly stop: () => Promise<Samples>
}

export interface Asked {
  readonly server: Server
  readonly paths: readonly string[]
  readonly headers: Headers
  /** For its files. */
  readonly dir: string
}

/** Requests at a fixed rate until it is stopped. */
export async function startSteadyLoad({ server, paths, headers, dir }: Asked): Promise<SteadyLoad> {
  const list = join(dir, 'paths')
  const samples = join(dir, 'samples')
  writeFileSync(list, paths.join('\n'))
  const input: SteadyInput = {
    port: server.port,
    connections: STEADY_CONNECTIONS,
    rate: STEADY_RATE,
    ...{ list, headers, samples },
  }
  const load = startLoad('steady.ts', input)
  await load.line('ready')
  return {
    stop: async () => {
      await load.release()
      const { answered, refused }: SteadyOutcome = JSON.parse(await load.lastLine())
      if (refused > 0) throw new Error(`${refused} of ${answered} answers were not 200`)
      return new Samples(readFileSync(samples))
    },
  }
}

/** What a steady load saw. */
export class Samples {
  readonly #pairs: Float64Array

  constructor(bytes: Buffer) {
    this.#pairs = new Float64Array(new Uint8Array(bytes).buffer)
  }

  /** Of the requests due in these milliseconds since 1970; `value` is the p99 in milliseconds. */
  between(from: number, to: number): Figure {
    const latencies: number[] = []
    for (let i = 0; i < this.#pairs.length; i += 2) {
      const at = this.#pairs[i] ?? 0
      if (at >= from && at < to) latencies.push(this.#pairs[i + 1] ?? 0)
    }
    if (latencies.length < 100) throw new Error(`only ${latencies.length} requests in ${Math.round(to - from)} ms`)
    const [p50, p99, p999] = [0.5, 0.99, 0.999].map((share) => percentile(latencies, share))
    return { value: p99 ?? 0, p50: p50 ?? 0, p99: p99 ?? 0, p999: p999 ?? 0 }
  }
}
