import { afterAll, beforeAll, expect, it, setDefaultTimeout } from 'bun:test'
import { REPLICA_FAILPOINTS } from '../faults/failpoints.ts'
import { contentOf } from '../faults/support/client.ts'
import { Random } from '../faults/support/random.ts'
import { SEED } from '../faults/support/server.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { auditedPushes, whatIsWrong } from './support/history-check.ts'
import { HistoryClient, type Scene } from './support/history-client.ts'
import { Registers } from './support/registers.ts'
import { describeReplicas, LONG } from './support/suite.ts'

const RUNS = LONG ? 50 : 2
const DIES_WITHIN_MS = 60_000

setDefaultTimeout(RUNS * DIES_WITHIN_MS + 60_000)

const random = new Random(SEED)
let cluster: Cluster

function newScene(run: number): Scene {
  const layers = Array.from({ length: 6 }, (_, index) =>
    contentOf(random.bytes([300, 20_000, 300_000][index % 3] ?? 0)),
  )
  const urls = cluster.replicas.map(({ url }) => url)
  const repositories = [`kill/a${run}`, `kill/b${run}`]
  return { urls, layers, repositories, registers: new Registers(), problems: [], counts: {}, stopped: false }
}

/** Clients at both, until the first dies. */
async function workUntilDeath(scene: Scene): Promise<void> {
  const [first] = cluster.replicas
  const clients = [0, 1, 2, 3].map((index) =>
    new HistoryClient(scene, new Random(SEED * 31 + index), `c${index}`).work(),
  )
  await first.dies(DIES_WITHIN_MS)
  await Bun.sleep(300)
  scene.stopped = true
  await Promise.all(clients)
}

describeReplicas(`kill -9 of one of two replicas (BERTH_TEST_SEED=${SEED})`, () => {
  const scenes: Scene[] = []
  beforeAll(async () => {
    cluster = await startCluster({ asleep: true })
    await cluster.replicas[1].start()
  })
  afterAll(() => cluster?.close())

  it.each([...REPLICA_FAILPOINTS])(
    'at %s: what was acknowledged is there, the rest whole or absent',
    async (failpoint) => {
      const [first] = cluster.replicas
      for (let run = 0; run < RUNS; run++) {
        await first.start({ BERTH_TEST_FAILPOINTS: `${failpoint}=kill@${random.between(1, 60)}` })
        const scene = newScene(scenes.length)
        scenes.push(scene)
        await workUntilDeath(scene)
        await first.start()
        expect(scene.problems).toEqual([])
        expect(await whatIsWrong(scene)).toEqual([])
        await first.stop('SIGKILL')
      }
    },
  )

  it('each change is in the audit once, and fsck is clean', async () => {
    const totals = { pushes: 0, least: 0, most: 0 }
    for (const scene of scenes) {
      const found = await auditedPushes(scene, cluster)
      totals.pushes = found.pushes
      totals.least += found.least
      totals.most += found.most
    }
    expect(totals.pushes).toBeGreaterThanOrEqual(totals.least)
    expect(totals.pushes).toBeLessThanOrEqual(totals.most)
    expect(await cluster.berth(['fsck'])).toMatchObject({ code: 0, stdout: expect.stringContaining('; 0 errors') })
    expect(await cluster.berth(['audit', 'verify'])).toMatchObject({ code: 0 })
  })
})
