import { join } from 'node:path'
import type { HerdInput, HerdOutcome } from '../load/herd.ts'
import { NAMES } from '../report/format.ts'
import { alternate } from '../support/alternate.ts'
import { type Contestant, UNSCANNED } from '../support/contestants.ts'
import { diskReadBytes } from '../support/cpu.ts'
import { GIB, type Image, imageBlobs, KIB, MANIFEST_TYPE, MIB, makeImage, REPOSITORY } from '../support/data-set.ts'
import { startFresh } from '../support/fresh.ts'
import type { Lab } from '../support/lab.ts'
import { startLoad } from '../support/load.ts'
import { startNginx } from '../support/nginx.ts'
import type { Figure } from '../support/result.ts'
import { section } from '../support/section.ts'
import { pushImage, verifyBody } from '../support/seed.ts'
import type { Server } from '../support/server.ts'
import { percentile } from '../support/statistics.ts'

const ROW = 17
const CLIENTS = 128
const LAYER_SIZES = [15 * MIB, 20 * MIB, 10 * MIB, 4 * MIB, MIB, 100 * KIB, 4 * KIB, KIB, 300]
const IMAGE_MIB = Math.round(LAYER_SIZES.reduce((sum, size) => sum + size, 0) / MIB)
const ABOUT = `${CLIENTS} clients at once pull a fresh image of ${LAYER_SIZES.length} layers, ${IMAGE_MIB} MiB`

/** What one herd came to. */
interface Herd extends HerdOutcome {
  readonly cpu: number
  readonly peakBytes: number
  readonly readBytes: number
}

/** Row 17: many clients want an image the moment it has been pushed. */
export async function herd(lab: Lab): Promise<void> {
  const contestants = lab.present(ROW, ['berth', 'peer', 'nginx'])
  const filesDir = lab.scratch('herd-files')
  const servers = new Map<Contestant, Server>()
  const herds = new Map<Contestant, Herd[]>(contestants.map((who) => [who, []]))
  try {
    for (const who of contestants) servers.set(who, await start(lab, who, filesDir))
    await alternate(lab.options.pairs, contestants, async (who) => {
      const server = servers.get(who)
      if (server === undefined) throw new Error(`${who} was not started`)
      const image = makeImage(filesDir, LAYER_SIZES)
      if (who !== 'nginx') await pushImage(server.url, image)
      const seen = await measure(who, server, image)
      herds.get(who)?.push(seen)
      return { value: Math.max(...seen.milliseconds) }
    })
  } finally {
    for (const server of servers.values()) await server.stop()
    for (const folder of ['herd', 'herd-files']) lab.scratch(folder)
  }
  report(lab, herds)
}

function start(lab: Lab, who: Contestant, filesDir: string): Promise<Server> {
  const dir = lab.scratch(join('herd', who))
  return who === 'nginx' ? startNginx({ dir }, filesDir) : startFresh(lab, who, { dir, env: UNSCANNED })
}

async function measure(who: Contestant, server: Server, image: Image): Promise<Herd> {
  const isStatic = who === 'nginx'
  const blobs = imageBlobs(image).map(({ staticPath, registryPath, size }) => ({
    path: isStatic ? staticPath : registryPath,
    size,
  }))
  const manifestPath = isStatic ? image.manifestFile.staticPath : `/v2/${REPOSITORY}/manifests/t1`
  const input: HerdInput = { port: server.port, clients: CLIENTS, manifestPath, mediaType: MANIFEST_TYPE, blobs }
  const load = startLoad('herd.ts', input)
  await load.line('ready')
  const readBefore = diskReadBytes(server.pid)
  const about = { what: ABOUT, operations: () => CLIENTS * (blobs.length + 1) }
  const { outcome, cpu, peakBytes } = await section<HerdOutcome>(server, about, async () => {
    await load.release()
    return JSON.parse(await load.lastLine())
  })
  const readBytes = diskReadBytes(server.pid) - readBefore
  await verifyBody(`${server.url}${manifestPath}`, image.manifestFile.digest, { Accept: MANIFEST_TYPE })
  const [, layer] = imageBlobs(image)
  if (layer !== undefined) await verifyBody(`${server.url}${blobs[1]?.path}`, layer.digest)
  return { ...outcome, cpu, readBytes, peakBytes }
}

function report(lab: Lab, herds: ReadonlyMap<Contestant, readonly Herd[]>): void {
  const of = (figure: (herd: Herd) => Figure) =>
    Object.fromEntries([...herds].map(([who, each]) => [who, each.map(figure)]))
  const shares = [...herds].map(([who, each]) => `${NAMES[who]} ${Math.round(100 * (each.at(-1)?.cpuShare ?? 0))} %`)
  lab.add({
    ...{ row: ROW, id: 'herd', what: `${ABOUT}: the last of them`, unit: 'ms', cpuPer: 'GiB' },
    figures: of(({ milliseconds, cpu, bytes: sent, peakBytes }) => ({
      value: Math.max(...milliseconds),
      ...{ cpu: (cpu * GIB) / sent, peakBytes },
      ...{ p50: percentile(milliseconds, 0.5), p99: percentile(milliseconds, 0.99), p999: Math.max(...milliseconds) },
    })),
    note: `p50 and p99 are those of the clients, who kept their own core busy: ${shares.join(', ')}`,
  })
  const figures = of(({ readBytes }) => ({ value: readBytes / MIB }))
  lab.add({ row: ROW, id: 'herd-disk', what: `${ABOUT}: read from the disk`, unit: 'MiB', figures })
}
