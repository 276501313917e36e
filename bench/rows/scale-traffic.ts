import { alternate } from '../support/alternate.ts'
import type { Contestant } from '../support/contestants.ts'
import { cpuSeconds, forgetPeak, peakResidentBytes } from '../support/cpu.ts'
import { GIB, MANIFEST_TYPE } from '../support/data-set.ts'
import { LAYER_BYTES, LAYERS, type PushedImage, pullImage, pushFreshImage } from '../support/image-traffic.ts'
import type { Lab } from '../support/lab.ts'
import { measureRequests } from '../support/requests.ts'
import type { Figure } from '../support/result.ts'
import { type Scale, withScale } from '../support/scale.ts'
import type { Server } from '../support/server.ts'
import { s3Requests } from './scale-s3-requests.ts'

export const ROW = 23
const REPOSITORY = 'bench/scale'
const CONNECTIONS = 32
const IMAGE_BYTES = LAYERS * LAYER_BYTES
const SIDES: readonly Contestant[] = ['berth', 'peer']

type Pair = Readonly<Record<'berth' | 'peer', Server>>

/** Row 23: on PostgreSQL and S3, against docker-registry on the same S3 server. */
export async function scaleTraffic(lab: Lab): Promise<void> {
  await withScale(lab, ROW, async (scale) => {
    const servers: Pair = {
      berth: await scale.start('berth', { name: 'traffic' }),
      peer: await scale.start('peer', { name: 'traffic' }),
    }
    try {
      await manifests(lab, servers)
      await pushes(lab, scale, servers)
    } finally {
      await servers.berth.stop()
      await servers.peer.stop()
    }
    await s3Requests(lab, scale)
  })
}

async function manifests(lab: Lab, servers: Pair): Promise<void> {
  const tag = { repository: REPOSITORY, tag: 'warm', client: 'docker' } as const
  const images = { berth: await pushFreshImage(servers.berth, tag), peer: await pushFreshImage(servers.peer, tag) }
  for (const who of ['berth', 'peer'] as const) await pullImage(servers[who], images[who])
  const byTag = () => `/v2/${REPOSITORY}/manifests/warm`
  const byDigest = (who: 'berth' | 'peer') => `/v2/${REPOSITORY}/manifests/${images[who].manifest}`
  await manifestRow(lab, servers, { id: 'get', what: 'GET by tag', path: byTag, connections: CONNECTIONS })
  if (lab.options.quick) return
  await manifestRow(lab, servers, { id: 'get-1', what: 'GET by tag', path: byTag, connections: 1 })
  await manifestRow(lab, servers, { id: 'get-digest', what: 'GET by digest', path: byDigest, connections: CONNECTIONS })
  await manifestRow(lab, servers, { id: 'head', what: 'HEAD by tag', path: byTag, connections: CONNECTIONS })
}

interface ManifestRow {
  readonly id: string
  readonly what: string
  readonly path: (who: 'berth' | 'peer') => string
  readonly connections: number
}

async function manifestRow(lab: Lab, servers: Pair, { id, what, path, connections }: ManifestRow): Promise<void> {
  const figures = await alternate(lab.options.pairs, SIDES, async (side) => {
    const who = side === 'berth' ? side : 'peer'
    const server = servers[who]
    const headers = { Accept: MANIFEST_TYPE }
    const method = id === 'head' ? 'HEAD' : 'GET'
    const asked = { server, requests: [path(who)], headers, connections, method } as const
    await measureRequests(lab, { ...asked, seconds: lab.options.warmupSeconds })
    forgetPeak(server.pid)
    return { ...(await measureRequests(lab, asked)), peakBytes: peakResidentBytes(server.pid) }
  })
  const full = `manifest ${what} on PostgreSQL and S3, c=${connections}`
  lab.add({ row: ROW, id: `scale-manifest-${id}`, what: full, unit: 'req/s', cpuPer: '1k', figures })
}

async function pushes(lab: Lab, scale: Scale, servers: Pair): Promise<void> {
  for (const client of lab.options.quick ? (['docker'] as const) : (['docker', 'containerd'] as const)) {
    let behind = { berth: 0, peer: 0 }
    await pushOnce(servers.berth, `${client}-first`, client)
    await pushOnce(servers.peer, `${client}-first`, client)
    const figures = await alternate(lab.options.pairs, SIDES, async (side, pair) => {
      const who = side === 'berth' ? side : 'peer'
      const before = scale.s3.cpuSeconds()
      const figure = await pushOnce(servers[who], `${client}-${pair}`, client)
      behind = { ...behind, [who]: behind[who] + scale.s3.cpuSeconds() - before }
      return figure
    })
    const each = (who: 'berth' | 'peer') => (behind[who] / lab.options.pairs).toFixed(2)
    const note = `the S3 server itself used ${each('berth')} s of CPU for a push of Berth’s and ${each('peer')} s for one of docker-registry’s`
    const what = `push of a 100 MiB image to S3 as ${client} does, 3 blobs at once`
    lab.add({ row: ROW, id: `scale-push-${client}`, what, unit: 'ms', cpuPer: 'GiB', figures, note })
  }
}

async function pushOnce(server: Server, tag: string, client: 'docker' | 'containerd'): Promise<Figure> {
  let cpuBefore = 0
  const image: PushedImage = await pushFreshImage(server, { repository: REPOSITORY, tag, client }, () => {
    forgetPeak(server.pid)
    cpuBefore = cpuSeconds(server.pid)
  })
  const cpu = cpuSeconds(server.pid) - cpuBefore
  const peakBytes = peakResidentBytes(server.pid)
  await pullImage(server, image)
  return { value: image.seconds * 1000, cpu: (cpu * GIB) / IMAGE_BYTES, peakBytes }
}
