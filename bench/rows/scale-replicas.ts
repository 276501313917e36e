import type { OperationsInput, OperationsOutcome } from '../load/manifest-ops.ts'
import { cpuSeconds, peakResidentBytes } from '../support/cpu.ts'
import { type CpuShare, cpuShare } from '../support/cpu-share.ts'
import { MANIFEST_TYPE } from '../support/data-set.ts'
import { type PushedImage, pushFreshImage } from '../support/image-traffic.ts'
import type { Lab } from '../support/lab.ts'
import { startLoad } from '../support/load.ts'
import { measureRequests } from '../support/requests.ts'
import type { Figure } from '../support/result.ts'
import { type Scale, withScale } from '../support/scale.ts'
import type { Server } from '../support/server.ts'

export const ROW = 25
const REPOSITORY = 'bench/replicas'
/**
 * What each replica may use of a core. Two of these, PostgreSQL and the load fit on two cores: nobody else is the one
 * that is full, as nobody would be on machines of their own.
 */
const SHARE = 0.15
const CONNECTIONS = 16

interface Scene {
  readonly lab: Lab
  readonly scale: Scale
  readonly replicas: readonly [Server, Server]
  readonly image: PushedImage
}

interface Outcome {
  readonly figure: Figure
  /** CPU seconds of PostgreSQL for a thousand. */
  readonly database: number
}

/** What one replica is asked for a while. Returns how many were answered a second. */
type Load = (server: Server) => Promise<number>

/** Row 25: two replicas on one PostgreSQL and one bucket against one of them. */
export async function scaleReplicas(lab: Lab): Promise<void> {
  await withScale(lab, ROW, async (scale) => {
    const shares = [cpuShare('a', SHARE), cpuShare('b', SHARE)]
    const [one, two] = shares
    if (one === undefined || two === undefined) {
      lab.skip(ROW, 'the CPU of a process cannot be limited here (no cgroup that we may write to)')
      return
    }
    const first = await scale.start('berth', { name: 'replicas', folder: 'one' })
    const second = await scale.start('berth', { name: 'replicas', folder: 'two' })
    try {
      const image = await pushFreshImage(first, { repository: REPOSITORY, tag: 'warm', client: 'docker' })
      one.add(first.pid)
      two.add(second.pid)
      await compareAll({ lab, scale, replicas: [first, second], image })
    } finally {
      await first.stop()
      await second.stop()
      removeAll([one, two])
    }
  })
}

function removeAll(shares: readonly CpuShare[]): void {
  for (const share of shares) share.remove()
}

async function compareAll(scene: Scene): Promise<void> {
  const { lab, image } = scene
  const get: Load = async (server) => {
    const requests = [`/v2/${REPOSITORY}/manifests/warm`]
    const asked = { server, requests, headers: { Accept: MANIFEST_TYPE }, connections: CONNECTIONS }
    return (await measureRequests(lab, asked)).value
  }
  await compare(scene, { id: 'get', what: 'manifest GET by tag', load: get })
  const manifest = await (await fetch(`${scene.replicas[0].url}/v2/${REPOSITORY}/manifests/warm`)).text()
  for (const operation of ['existing', 'retag'] as const) {
    const load: Load = async (server) => {
      const digests = image.blobs.map(({ digest }) => digest)
      const input: OperationsInput = {
        ...{ port: server.port, repository: REPOSITORY, operation, manifest, mediaType: MANIFEST_TYPE, digests },
        ...{ concurrency: CONNECTIONS, seconds: lab.options.seconds },
      }
      const running = startLoad('manifest-ops.ts', input)
      await running.line('ready')
      await running.release()
      const outcome: OperationsOutcome = JSON.parse(await running.lastLine())
      return outcome.operations / outcome.seconds
    }
    const what =
      operation === 'retag'
        ? 'PUT of a known manifest under a new tag'
        : 'push of an unchanged 5-layer image (6 HEAD + PUT)'
    await compare(scene, { id: operation, what, load })
  }
}

async function compare(scene: Scene, { id, what, load }: { id: string; what: string; load: Load }): Promise<void> {
  const { lab, replicas } = scene
  const berth: Outcome[] = []
  const two: Outcome[] = []
  for (const server of replicas) await load(server)
  for (let pair = 0; pair < lab.options.pairs; pair++) {
    berth.push(await measure(scene, [replicas[0]], load))
    two.push(await measure(scene, replicas, load))
  }
  const database = (of: readonly Outcome[]) => of.map((outcome) => outcome.database.toFixed(3)).join(', ')
  const note = `each replica is held to ${SHARE * 100} % of a core; PostgreSQL’s CPU seconds for 1,000: ${database(berth)} with one, ${database(two)} with two`
  const figures = { berth: berth.map(({ figure }) => figure), two: two.map(({ figure }) => figure) }
  const full = `${what}, two replicas against one, c=${CONNECTIONS} each`
  lab.add({ row: ROW, id: `replicas-${id}`, what: full, unit: 'req/s', cpuPer: '1k', figures, note })
}

async function measure({ scale }: Scene, servers: readonly Server[], load: Load): Promise<Outcome> {
  const used = () => servers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)
  const before = { servers: used(), database: scale.databaseCpuSeconds(), at: performance.now() }
  const rates = await Promise.all(servers.map(load))
  const seconds = (performance.now() - before.at) / 1000
  const value = rates.reduce((sum, rate) => sum + rate, 0)
  const per = (cpu: number) => (cpu * 1000) / (value * seconds)
  const peakBytes = Math.max(...servers.map(({ pid }) => peakResidentBytes(pid)))
  return {
    figure: { value, cpu: per(used() - before.servers), peakBytes },
    database: per(scale.databaseCpuSeconds() - before.database),
  }
}
