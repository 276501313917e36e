import { join } from 'node:path'
import { startBerth } from '../support/contestants.ts'
import { peakResidentBytes } from '../support/cpu.ts'
import type { Lab } from '../support/lab.ts'
import { wholeImages } from '../support/lifecycle-content.ts'
import { collectPeer, layPeerGarbage } from '../support/lifecycle-peer.ts'
import { type Seeded, seedGarbage } from '../support/lifecycle-seed.ts'
import { awaitCollection, awaitSettled, type Collected, verifyCollected } from '../support/lifecycle-state.ts'
import type { Figure } from '../support/result.ts'
import { type Samples, STEADY_RATE, startSteadyLoad } from '../support/steady.ts'
import { manyTags } from './many-tags.ts'

const ROW = 15
/** Each is four files and folders in docker-registry’s store. */
const MOST_OF_PEER = 100_000
const REST = { BERTH_GC__EVERY: '9d', BERTH_GC__TRASH_DELAY: '0s' }
const WORK = { BERTH_GC__EVERY: '3s', BERTH_GC__TRASH_DELAY: '0s' }

/** Row 15: what it costs others when much garbage is collected, and what counting costs where there is much to count. */
export async function lifecycle(lab: Lab): Promise<void> {
  for (const blobs of sizes(lab)) await collections(lab, wholeImages(blobs))
  await manyTags(lab)
}

/** The last takes a quarter of an hour: only runs of whole length have it. */
function sizes({ options }: Lab): number[] {
  const wanted = process.env.BERTH_BENCH_BLOBS
  if (wanted !== undefined) return wanted.split(/[ ,]+/).map(Number)
  if (options.quick) return [10_000]
  return options.seconds < 10 ? [10_000, 100_000] : [10_000, 100_000, 1_000_000]
}

async function collections(lab: Lab, blobs: number): Promise<void> {
  const ours = await garbage(lab, blobs)
  const peers = lab.has(ROW, 'docker-registry') ? await peerGarbage(lab, Math.min(blobs, MOST_OF_PEER)) : undefined
  lab.add({
    row: ROW,
    id: `gc-speed-${blobs}`,
    what: `garbage collection, blobs removed, of ${countOf(blobs)} blobs the unneeded half`,
    unit: 'blob/s',
    figures: { berth: [ours], ...(peers && { peer: [peers.figure] }) },
    note: [OBJECTS, peers?.note].filter(Boolean).join('. '),
  })
}

const OBJECTS = 'of the blobs 10 % are files, which are holes of 1 MiB, and the others rows of 300 bytes'

/** With the load of the collector at rest before and after, so that a slow spell of the machine falls on both. */
async function garbage(lab: Lab, blobs: number): Promise<Figure> {
  const dir = lab.scratch('lifecycle')
  const store = join(dir, 'store')
  await (await startBerth({ dir })).stop()
  const seeded = seedGarbage(store, { blobs })
  const { seconds } = lab.options
  const before = await atRest(lab, dir, seeded)
  const { collected, peakBytes, samples } = await atWork(lab, dir, seeded)
  const { from, to } = collected
  const middle = (from + to) / 2
  const after = samples.between(to + 1000, to + 1000 * (1 + seconds))
  const busy = [samples.between(from, middle), samples.between(middle, to)]
  const what = `p99 of manifest GET by tag, ${STEADY_RATE} req/s whatever the answers take, without and with a collection of ${countOf(blobs)} blobs`
  const note = `the collection took ${((to - from) / 1000).toFixed(1)} s beside the load; the halves of it are compared with the time before and after`
  lab.add({ row: ROW, id: `gc-latency-${blobs}`, what, unit: 'ms', figures: { berth: [before, after], busy }, note })
  verifyCollected(store, seeded)
  lab.scratch('lifecycle')
  return { value: ((blobs / 2) * 1000) / (to - from), peakBytes }
}

async function atRest({ options }: Lab, dir: string, { paths }: Seeded): Promise<Figure> {
  const server = await startBerth({ dir, env: REST })
  try {
    await awaitSettled(join(dir, 'store'))
    const load = await startSteadyLoad({ server, paths, headers: {}, dir })
    await Bun.sleep(options.warmupSeconds * 1000)
    const from = Date.now()
    await Bun.sleep(options.seconds * 1000)
    const to = Date.now()
    return (await load.stop()).between(from, to)
  } finally {
    await server.stop()
  }
}

interface Worked {
  readonly collected: Collected
  readonly peakBytes: number
  readonly samples: Samples
}

async function atWork({ options }: Lab, dir: string, { paths }: Seeded): Promise<Worked> {
  const server = await startBerth({ dir, env: WORK })
  try {
    const load = await startSteadyLoad({ server, paths, headers: {}, dir })
    const collected = await awaitCollection(join(dir, 'store'))
    const peakBytes = peakResidentBytes(server.pid)
    await Bun.sleep(1000 * (options.seconds + 1))
    return { collected, peakBytes, samples: await load.stop() }
  } finally {
    await server.stop()
  }
}

async function peerGarbage(lab: Lab, wanted: number): Promise<{ figure: Figure; note: string }> {
  const blobs = wholeImages(wanted)
  const dir = lab.scratch('lifecycle')
  const kept = layPeerGarbage(dir, { blobs })
  const { seconds, peakBytes } = await collectPeer(dir, kept)
  lab.scratch('lifecycle')
  const note = `docker-registry, with its server stopped, took ${seconds.toFixed(1)} s for ${countOf(blobs)} blobs, half of them unneeded, and leaves their links in the repositories; Berth went on serving and rests most of the time`
  return { figure: { value: blobs / 2 / seconds, peakBytes }, note }
}

function countOf(blobs: number): string {
  return blobs.toLocaleString('en-US')
}
