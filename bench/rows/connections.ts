import { join } from 'node:path'
import type { SlowOutcome } from '../load/slow-readers.ts'
import { alternate } from '../support/alternate.ts'
import type { Contestant } from '../support/contestants.ts'
import { forgetPeak, peakResidentBytes, residentBytes } from '../support/cpu.ts'
import { type BlobFile, KIB, MIB } from '../support/data-set.ts'
import { startFresh } from '../support/fresh.ts'
import type { Lab } from '../support/lab.ts'
import { runLoad, startLoad } from '../support/load.ts'
import type { Figure } from '../support/result.ts'
import { pushBlobs } from '../support/seed.ts'
import type { Server } from '../support/server.ts'

/** Row 18: what a connection costs that does little: memory beyond what the server held before, a connection. */
export async function connections(lab: Lab): Promise<void> {
  const contestants = lab.present(18, ['berth', 'peer', 'nginx'])
  for (const count of lab.options.quick ? [1000] : [1000, 10_000]) {
    const figures = await alternate(1, contestants, (who) =>
      withClean(lab, who, [], (server) => idleConnections(server, count)),
    )
    lab.add({ row: 18, id: `idle-${count}`, what: `${count} idle connections`, unit: 'KiB each', figures })
  }
  const readers = lab.options.quick ? 100 : 1000
  const blob = lab.data.big.find(({ size }) => size === 100 * MIB)
  if (blob === undefined) return
  const figures = await alternate(1, contestants, (who) =>
    withClean(lab, who, [blob], (server) =>
      slowReaders(server, {
        path: who === 'nginx' ? blob.staticPath : blob.registryPath,
        connections: readers,
        bytesPerSecond: 100_000,
        seconds: lab.options.quick ? 4 : 30,
      }),
    ),
  )
  const what = `${readers} slow readers of ${blob.label} (100 kB/s)`
  lab.add({ row: 18, id: 'slow-readers', what, unit: 'KiB each', figures })
}

async function idleConnections(server: Server, count: number): Promise<Figure> {
  const before = residentBytes(server.pid)
  const load = startLoad('idle.ts', { port: server.port, connections: count })
  await load.line('ready')
  await Bun.sleep(1000)
  const after = residentBytes(server.pid)
  await load.release()
  await load.lastLine()
  return { value: (after - before) / KIB / count, peakBytes: after }
}

interface Reading {
  readonly path: string
  readonly connections: number
  readonly bytesPerSecond: number
  readonly seconds: number
}

async function slowReaders(server: Server, reading: Reading): Promise<Figure> {
  const before = residentBytes(server.pid)
  forgetPeak(server.pid)
  const outcome = await runLoad<SlowOutcome>('slow-readers.ts', { port: server.port, ...reading })
  const wanted = reading.bytesPerSecond * reading.seconds * reading.connections
  if (outcome.broken > 0 || outcome.bytes < wanted / 2) {
    throw new Error(`the slow readers were not served: ${JSON.stringify(outcome)}`)
  }
  const peakBytes = peakResidentBytes(server.pid)
  return { value: (peakBytes - before) / KIB / reading.connections, peakBytes }
}

/** A server that has just started on a folder that holds these blobs: nothing that it did before hides in its memory. */
async function withClean(
  lab: Lab,
  who: Contestant,
  blobs: readonly BlobFile[],
  use: (server: Server) => Promise<Figure>,
): Promise<Figure> {
  const dir = lab.scratch(join('clean', who))
  if (blobs.length > 0 && who !== 'nginx') {
    const filling = await startFresh(lab, who, { dir })
    await pushBlobs(filling.url, blobs)
    await filling.stop()
  }
  const server = await startFresh(lab, who, { dir })
  try {
    await Bun.sleep(500)
    return await use(server)
  } finally {
    await server.stop()
    lab.scratch('clean')
  }
}
