import {
  openRemoteRegistry,
  type RemoteOptions,
  type RemoteRegistry,
  type RemoteSurroundings,
} from '../../../src/client/remote-registry.ts'
import type { Clock } from '../../../src/lib/clock.ts'
import { RemoteError } from '../../../src/registry/image-source.ts'

/** It stands still but for those who sleep, which takes no time. */
export interface TestClock extends Clock {
  advance(ms: number): void
  readonly sleptMs: readonly number[]
}

export function testClock(): TestClock {
  let nowMs = Date.parse('2026-03-01T00:00:00Z')
  const sleptMs: number[] = []
  return {
    sleptMs,
    now: () => new Date(nowMs),
    sleep: async (ms) => {
      sleptMs.push(ms)
      nowMs += ms
    },
    advance: (ms) => {
      nowMs += ms
    },
  }
}

/** Long enough for this machine when it is busy; whoever waits for one of them makes it short. */
const TIMES = { headersMs: 10_000, stallMs: 10_000, commitMs: 10_000 }

export function openRemote(
  url: string,
  changes: Partial<RemoteOptions> = {},
  surroundings: RemoteSurroundings = {},
): RemoteRegistry {
  return openRemoteRegistry(
    {
      ...{ url, allowPrivate: true, insecureHttp: true, trustedHosts: [], maxConcurrent: 8, clock: testClock() },
      ...changes,
    },
    { random: () => 0.5, ...surroundings, times: { ...TIMES, ...surroundings.times } },
  )
}

/** What every hostile answer below has in it. */
export const SAID = 'what the other side said'

/** The RemoteError that it ends with, which repeats nothing of what the other side said. */
export async function remoteError(work: Promise<unknown>): Promise<RemoteError> {
  const error = await work.then(
    (value) => new Error(`no error, but ${Bun.inspect(value)}`),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof RemoteError)) throw error
  if (Bun.inspect(error).includes(SAID)) throw new Error('the error repeats what the other side said')
  return error
}

export async function bytesOf(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(body).arrayBuffer())
}
