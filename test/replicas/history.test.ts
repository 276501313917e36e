import { afterAll, beforeAll, expect, it, setDefaultTimeout } from 'bun:test'
import pg from 'pg'
import { REPLICA_FAILPOINTS } from '../faults/failpoints.ts'
import { contentOf, send } from '../faults/support/client.ts'
import { Random } from '../faults/support/random.ts'
import { eventually, SEED } from '../faults/support/server.ts'
import { type Cluster, type ReplicaProcess, startCluster } from '../support/cluster.ts'
import { auditedPushes, whatIsWrong } from './support/history-check.ts'
import { HistoryClient, type Scene } from './support/history-client.ts'
import { Registers } from './support/registers.ts'
import { describeReplicas, LONG } from './support/suite.ts'

const SECONDS = Number(process.env.BERTH_SOAK_SECONDS ?? (LONG ? 1800 : 30))
const CLIENTS = 8

setDefaultTimeout(SECONDS * 1000 + 240_000)

/** The collector never rests; what was promised to pushers lasts longer than a push takes. */
const CONFIG = `
gc: { every: 1s, lease: 60s, untagged: never, trashDelay: 0s }
recycleBin: { keep: 0s }
`
const random = new Random(SEED)

let cluster: Cluster
let scene: Scene

type Fault = readonly [name: string, work: () => Promise<void>]

async function restart(replica: ReplicaProcess): Promise<void> {
  await Bun.sleep(random.between(0, 1500))
  await replica.start()
}

function faultsOf(replica: ReplicaProcess): readonly Fault[] {
  const cut = (how: 'black-hole' | 'reset') => async () => {
    replica.database.cut(how)
    await Bun.sleep(random.between(500, 4000))
    replica.database.mend()
  }
  const dieAt = (failpoint: string) => async () => {
    await replica.stop('SIGTERM')
    await replica.start({ BERTH_TEST_FAILPOINTS: `${failpoint}=kill@${random.between(5, 60)}` })
    await replica.dies(6000).catch(() => replica.stop('SIGKILL'))
    await restart(replica)
  }
  return [
    ['cut off', cut('black-hole')],
    ['reset', cut('reset')],
    [
      'kill -9',
      async () => {
        await replica.stop('SIGKILL')
        await restart(replica)
      },
    ],
    [
      'SIGTERM',
      async () => {
        await replica.stop('SIGTERM')
        await restart(replica)
      },
    ],
    ...REPLICA_FAILPOINTS.map((failpoint) => [failpoint, dieAt(failpoint)] as const),
    [
      'stands still',
      async () => {
        replica.signal('SIGSTOP')
        await Bun.sleep(random.between(500, 5000))
        replica.signal('SIGCONT')
      },
    ],
    [
      'lost replies',
      async () => {
        replica.database.lose({ match: 'commit\0', loss: random.chance(0.5) ? 'reply' : 'message', nth: [1, 3, 8, 9] })
        await Bun.sleep(1500)
        replica.database.clear()
      },
    ],
    [
      'PostgreSQL crashes',
      async () => {
        await cluster.postgres.stop('immediate')
        await Bun.sleep(random.between(0, 1500))
        await cluster.postgres.start()
      },
    ],
    [
      'S3 fails',
      async () => {
        const nth = Array.from({ length: 300 }, (_, index) => index + 1).filter(() => random.chance(0.2))
        cluster.storage.add({ nth, effect: { kind: 'answer', status: 503 } })
        cluster.storage.add({ nth: nth.map((one) => one + 1), effect: { kind: 'lose-reply' } })
        await Bun.sleep(2000)
        cluster.storage.clear()
      },
    ],
  ]
}

/** One fault after the other, each kind before any comes again. */
async function nemesis(): Promise<string[]> {
  const done: string[] = []
  let waiting: string[] = []
  while (!scene.stopped) {
    const faults = faultsOf(random.pick(cluster.replicas))
    if (waiting.length === 0) waiting = faults.map(([name]) => name)
    const name = random.pick(waiting)
    waiting = waiting.filter((other) => other !== name)
    const work = faults.find(([each]) => each === name)?.[1]
    await work?.()
    done.push(name)
    await Bun.sleep(random.between(200, 1000))
  }
  return done
}

describeReplicas(`8 clients and a nemesis for ${SECONDS} s (BERTH_TEST_SEED=${SEED})`, () => {
  beforeAll(async () => {
    cluster = await startCluster({ config: CONFIG })
    const layers = Array.from({ length: 6 }, (_, index) =>
      contentOf(random.bytes([300, 20_000, 300_000][index % 3] ?? 0)),
    )
    const urls = cluster.replicas.map(({ url }) => url)
    const repositories = ['history/a', 'history/b']
    scene = { urls, layers, repositories, registers: new Registers(), problems: [], counts: {}, stopped: false }
  })
  afterAll(() => cluster?.close())

  it('no read sees what it may not', async () => {
    const clients = Array.from({ length: CLIENTS }, (_, index) =>
      new HistoryClient(scene, new Random(SEED * 31 + index), `c${index}`).work(),
    )
    const faults = nemesis()
    await Bun.sleep(SECONDS * 1000)
    scene.stopped = true
    const done = await faults
    await Promise.all(clients)
    process.stdout.write(
      `history (seed ${SEED}): ${JSON.stringify({ ...scene.registers.counts(), ...scene.counts })}; ${done.join(', ')}\n`,
    )
    expect(scene.problems.slice(0, 10)).toEqual([])
    expect(scene.registers.counts().done).toBeGreaterThan(20)
  })

  it('what was acknowledged is there at both, and whole', async () => {
    for (const { url } of cluster.replicas)
      await eventually(
        'it answers',
        async () => (await send(url, 'GET', '/readyz').catch(() => undefined))?.status === 200,
        30_000,
      )
    expect((await whatIsWrong(scene)).slice(0, 10)).toEqual([])
  })

  it('fsck is clean, the audit has each change once, and nothing is left over', async () => {
    expect(await cluster.berth(['fsck'])).toMatchObject({ code: 0, stdout: expect.stringContaining('; 0 errors') })
    expect(await cluster.berth(['audit', 'verify'])).toMatchObject({ code: 0 })
    const { pushes, least, most } = await auditedPushes(scene, cluster)
    expect(pushes).toBeGreaterThanOrEqual(least)
    expect(pushes).toBeLessThanOrEqual(most)
    const client = new pg.Client({ connectionString: cluster.direct.database })
    await client.connect()
    const held = await client.query(`select count(*)::int as count from uploads where writer is not null`)
    await client.end()
    // What dead replicas were writing is freed half a minute later.
    expect(held.rows[0]?.count).toBeLessThan(20)
  })
})
