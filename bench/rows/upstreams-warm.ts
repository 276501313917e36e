import { alternate } from '../support/alternate.ts'
import { startBerth } from '../support/contestants.ts'
import { forgetPeak, peakResidentBytes } from '../support/cpu.ts'
import { MANIFEST_TYPE, MIB } from '../support/data-set.ts'
import type { Lab } from '../support/lab.ts'
import { COUNTING, summed } from '../support/line.ts'
import { measureRequests } from '../support/requests.ts'
import type { Server } from '../support/server.ts'
import {
  CACHE_PROJECT,
  type Image,
  pushRandomImage,
  startBerthCache,
  type Upstream,
  withUpstream,
} from '../support/upstream.ts'

const ROW = 27
const REPOSITORY = 'library/app'
const LAYER_BYTES = MIB
const CONNECTIONS = 32

type Side = 'cached' | 'berth' | 'alone'

/** One image at three places: brought by a source, pushed beside it, and pushed to a server that has no source. */
interface Places {
  readonly servers: Readonly<Record<Side, Server>>
  readonly images: Readonly<Record<Side, Image>>
}

/** Row 27: an image that was brought is pulled as one that was pushed, and nobody else is asked. */
export async function warmPulls(lab: Lab): Promise<void> {
  if (!lab.has(ROW, 'docker-registry') || !lab.has(ROW, 'wrk')) return
  await withUpstream(lab, COUNTING, async (upstream) => {
    const cache = await startBerthCache({ dir: lab.scratch('warm/cache') }, upstream.line.url)
    const alone = await startBerth({ dir: lab.scratch('warm/alone') })
    try {
      const places: Places = {
        servers: { cached: cache, berth: cache, alone },
        images: await threeImages(upstream, { cache, alone }),
      }
      await warm(lab, upstream, places)
    } finally {
      await cache.stop()
      await alone.stop()
      lab.scratch('warm')
    }
  })
}

async function threeImages(
  { server }: Upstream,
  { cache, alone }: { cache: Server; alone: Server },
): Promise<Places['images']> {
  const image = { repository: REPOSITORY, tag: 'v1', layers: 1, layerBytes: LAYER_BYTES }
  const brought = await pushRandomImage(server, image)
  const cached = {
    ...brought,
    repository: `${CACHE_PROJECT}/${REPOSITORY}`,
    paths: brought.paths.map((path) => path.replace('/v2/', `/v2/${CACHE_PROJECT}/`)),
  }
  return { cached, berth: await pushRandomImage(cache, image), alone: await pushRandomImage(alone, image) }
}

async function warm(lab: Lab, { line }: Upstream, { servers, images }: Places): Promise<void> {
  for (const path of images.cached.paths) {
    const answer = await fetch(`${servers.cached.url}${path}`, { headers: { Accept: MANIFEST_TYPE } })
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`)
    await answer.bytes()
  }
  await line.taken()
  const byTag = ({ paths }: Image) => paths[0] ?? ''
  const byDigest = ({ repository, manifest }: Image) => `/v2/${repository}/manifests/${manifest}`
  const layer = ({ paths }: Image) => paths.at(-1) ?? ''
  await row(lab, 'tag', 'manifest GET by tag', byTag)
  await row(lab, 'digest', 'manifest GET by digest', byDigest)
  await row(lab, 'blob', `blob GET, ${LAYER_BYTES / MIB} MiB`, layer)
  const asked = await line.taken()
  const figures = { berth: [{ value: asked.length }] }
  const what = 'requests at the upstream for all of these pulls of the cached image'
  lab.add({ row: ROW, id: 'warm-requests', what, unit: 'count', figures, note: summed(asked) })

  async function row(of: Lab, id: string, name: string, pathOf: (image: Image) => string): Promise<void> {
    const sides: readonly Side[] = ['cached', 'berth', 'alone']
    const figures = await alternate(of.options.pairs, sides, async (side, pair) => {
      const server = servers[side]
      const headers = { Accept: MANIFEST_TYPE }
      const wanted = { server, requests: [pathOf(images[side])], headers, connections: CONNECTIONS }
      if (pair === 0) await measureRequests(of, { ...wanted, seconds: of.options.warmupSeconds })
      forgetPeak(server.pid)
      return { ...(await measureRequests(of, wanted)), peakBytes: peakResidentBytes(server.pid) }
    })
    const full = `${name} of an image that a source brought, c=${CONNECTIONS}`
    of.add({ row: ROW, id: `warm-${id}`, what: full, unit: 'req/s', cpuPer: '1k', figures })
  }
}
