import { join } from 'node:path'
import { loadavg } from 'node:os'
import type { Asked } from '../load/line.ts'
import { alternate } from '../support/alternate.ts'
import { cpuSeconds, forgetPeak, peakResidentBytes } from '../support/cpu.ts'
import { GIB, MANIFEST_TYPE, MIB } from '../support/data-set.ts'
import type { Lab } from '../support/lab.ts'
import { siteLine, summed } from '../support/line.ts'
import { parallelPulls } from '../support/parallel-pulls.ts'
import type { Figure, Result } from '../support/result.ts'
import { verifyBody } from '../support/seed.ts'
import { percentile, spread } from '../support/statistics.ts'
import {
  CACHE_PROJECT,
  type Image,
  pushRandomImage,
  startBerthCache,
  startPeerCache,
  type Upstream,
  withUpstream,
} from '../support/upstream.ts'

const ROW = 26
const HERD = 128
/** docker-registry brings a blob once for each of them: of fewer bytes, for it takes as long. */
const FEW = 16
const FEW_BYTES = 64 * MIB
/** A pair takes minutes at the pace of the line. */
const MAX_PAIRS = 3

type Side = 'direct' | 'berth' | 'peer'

/** What one pull by all clients came to. */
interface Pull {
  readonly totalMs: number
  readonly firstByteMs: readonly number[]
  readonly asked: readonly Asked[]
  readonly cpu: number
  readonly peakBytes: number
}

/** Row 26: many clients want an image that nobody had yet; its upstream is at the end of a line. */
export async function coldPulls(lab: Lab): Promise<void> {
  if (!lab.has(ROW, 'docker-registry') || !lab.has(ROW, 'curl')) return
  const { words, ...line } = siteLine()
  await withUpstream(lab, line, async (upstream) => {
    const push = (repository: string, layerBytes: number) =>
      pushRandomImage(upstream.server, { repository, tag: 'v1', layers: 1, layerBytes })
    const first = await push('library/first', MIB)
    const many = lab.options.quick ? 128 * MIB : GIB
    const herd = { lab, upstream, first, words }
    await compare({ ...herd, image: await push('library/many', many), layerBytes: many }, HERD, ['direct', 'berth'])
    const few = { ...herd, image: await push('library/few', FEW_BYTES), layerBytes: FEW_BYTES }
    await compare(few, FEW, ['direct', 'berth', 'peer'])
  })
}

interface Herd {
  readonly lab: Lab
  readonly upstream: Upstream
  /** Pulled before, by the same clients: the server is one that has been running, and has connections. */
  readonly first: Image
  readonly image: Image
  readonly layerBytes: number
  readonly words: string
}

async function compare(herd: Herd, clients: number, sides: readonly Side[]): Promise<void> {
  const { lab, layerBytes, words } = herd
  const pulls: Record<Side, Pull[]> = { direct: [], berth: [], peer: [] }
  const loads: number[] = []
  await alternate(Math.min(lab.options.pairs, MAX_PAIRS), sides, async (side) => {
    const pull = side === 'direct' ? await pullDirectly(herd) : await pullThrough(herd, side, clients)
    loads.push(loadavg()[0] ?? 0)
    pulls[side].push(pull)
    return { value: pull.totalMs }
  })
  const about = `${clients} clients pull a fresh image of ${layerBytes / MIB} MiB through the cache, by ${words}`
  const add = (kind: string, what: string, of: (pull: Pull) => Figure, more: Partial<Result> = {}) => {
    const figures = Object.fromEntries(sides.map((side) => [side, pulls[side].map(of)]))
    lab.add({ row: ROW, id: `cold-${kind}-${clients}`, what: `${about}: ${what}`, unit: 'ms', figures, ...more })
  }
  const load = `load average ${loads.map((each) => each.toFixed(1)).join(', ')}`
  add(
    'total',
    'all of it (the upstream: one client)',
    (pull) => ({ value: pull.totalMs, ...serverCost(pull, clients) }),
    {
      cpuPer: 'GiB',
      note: `CPU for each GiB that is handed out; ${load}`,
    },
  )
  add('first-byte', 'first byte of the layer, the median client', ({ firstByteMs }) => ({
    value: spread(firstByteMs)?.median ?? 0,
    ...{ p50: percentile(firstByteMs, 0.5), p99: percentile(firstByteMs, 0.99), p999: Math.max(...firstByteMs) },
  }))
  const asked = sides.map((side) => `${side}: ${summed(pulls[side].at(-1)?.asked ?? [])}`)
  add('fetches', 'GETs of the layer at the upstream', (pull) => ({ value: layerGets(herd, pull) }), {
    unit: 'count',
    note: asked.join('; '),
  })

  function serverCost({ cpu, peakBytes }: Pull, many: number): Partial<Figure> {
    return peakBytes === 0 ? {} : { cpu: (cpu * GIB) / (layerBytes * many), peakBytes }
  }
}

function layerGets({ image }: Herd, { asked }: Pull): number {
  const digest = image.blobs.at(-1)?.digest ?? ''
  return asked.filter(({ what }) => what.startsWith('GET ') && what.endsWith(digest)).length
}

async function pullDirectly(herd: Herd): Promise<Pull> {
  const { url } = herd.upstream.line
  return { ...(await pullAll(herd, url, 1, (path) => path)), cpu: 0, peakBytes: 0 }
}

async function pullThrough(herd: Herd, side: 'berth' | 'peer', clients: number): Promise<Pull> {
  const { lab, upstream, image } = herd
  const dir = lab.scratch(join('cache', side))
  const start = side === 'berth' ? startBerthCache : startPeerCache
  const server = await start({ dir }, upstream.line.url)
  const place =
    side === 'berth' ? (path: string) => path.replace('/v2/', `/v2/${CACHE_PROJECT}/`) : (path: string) => path
  try {
    await pullAll({ ...herd, image: herd.first }, server.url, clients, place)
    forgetPeak(server.pid)
    const cpuBefore = cpuSeconds(server.pid)
    const pull = await pullAll(herd, server.url, clients, place)
    const cost = { cpu: cpuSeconds(server.pid) - cpuBefore, peakBytes: peakResidentBytes(server.pid) }
    await verifyBody(`${server.url}${place(image.paths.at(-1) ?? '')}`, image.blobs.at(-1)?.digest ?? '')
    return { ...pull, ...cost }
  } finally {
    await server.stop()
    lab.scratch(join('cache', side))
  }
}

async function pullAll(
  { lab, upstream, image }: Herd,
  url: string,
  clients: number,
  place: (path: string) => string,
): Promise<Omit<Pull, 'cpu' | 'peakBytes'>> {
  await upstream.line.taken()
  const plan = { url, paths: image.paths.map(place), accept: MANIFEST_TYPE, clients, file: join(lab.dir, 'curl') }
  return { ...(await parallelPulls(plan)), asked: await upstream.line.taken() }
}
