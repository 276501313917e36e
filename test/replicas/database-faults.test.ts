import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import pg from 'pg'
import { z } from 'zod'
import { send } from '../faults/support/client.ts'
import { postBlob, putManifest } from '../faults/support/images.ts'
import { eventually, SEED } from '../faults/support/server.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { imageAround, text } from './support/asking.ts'
import { Load } from './support/load.ts'
import { describeReplicas, LONG } from './support/suite.ts'

setDefaultTimeout(180_000)

const RECOVERY_MS = 30_000

let cluster: Cluster

const urls = () => cluster.replicas.map(({ url }) => url)

function newLoad(name: string): Load {
  return new Load({ urls: urls(), seed: SEED, name })
}

/** Of one action, all rows of the audit. */
async function auditRows(action: string): Promise<string[]> {
  const exported = await cluster.berth(['audit', 'export'])
  expect(exported.code).toBe(0)
  const lines = exported.stdout.split('\n').filter((line) => line !== '')
  return lines.filter((line) => z.object({ action: z.string() }).parse(JSON.parse(line)).action === action)
}

/** What must hold after every fault, without anybody having done anything. */
async function expectWhole(load: Load): Promise<void> {
  expect(load.problems.slice(0, 5)).toEqual([])
  expect((await load.check()).slice(0, 5)).toEqual([])
  expect(await cluster.berth(['fsck'])).toMatchObject({ code: 0, stdout: expect.stringContaining('; 0 errors') })
  expect(await cluster.berth(['audit', 'verify'])).toMatchObject({ code: 0 })
}

describeReplicas(`faults between replicas and PostgreSQL (BERTH_TEST_SEED=${SEED})`, () => {
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(() => cluster?.close())

  describe('row 60', () => {
    it.each(['reply', 'message'] as const)(
      'the %s of COMMIT is lost: everything is acknowledged, and done once',
      async (loss) => {
        const [{ url, database }] = cluster.replicas
        const every = Array.from({ length: 2000 }, (_, index) => index + 1).filter((nth) => nth % 4 === SEED % 4)
        database.lose({ match: 'commit\0', loss, nth: every })
        const images = LONG ? 200 : 15
        const repository = `lost/${loss}`
        const before = (await auditRows('manifest.pushed')).length
        for (let index = 0; index < images; index++) {
          const layer = text(`${SEED} ${loss} ${index}`)
          expect((await postBlob(url, repository, layer)).status).toBe(201)
          expect((await putManifest(url, repository, `t${index}`, imageAround(layer))).status).toBe(201)
        }
        expect(database.lost).toBeGreaterThan(images / 2)
        database.clear()
        const { tags } = (await (await fetch(`${url}/v2/${repository}/tags/list`)).json()) as { tags: string[] }
        expect(tags).toHaveLength(images)
        expect((await auditRows('manifest.pushed')).length - before).toBe(images)
        await expectWhole(newLoad('lost'))
      },
    )

    it('PostgreSQL crashes and is started again under load: back within 30 s, nothing lost', async () => {
      const load = newLoad('crash')
      load.start(4, 4)
      await Bun.sleep(2000)
      await cluster.postgres.stop('immediate')
      await Bun.sleep(LONG ? 10_000 : 2000)
      const startedAt = performance.now()
      await cluster.postgres.start()
      await Bun.sleep(LONG ? 35_000 : 8000)
      await load.stop()
      process.stdout.write(`PostgreSQL restarted: ${describeTrouble(load, startedAt)}\n`)
      expect(load.troubledMs(startedAt)).toBeLessThan(RECOVERY_MS)
      await expectGoodAtBoth()
      await expectWhole(load)
    })

    it('connections are ended again and again: pushes go on, nothing lost', async () => {
      const load = newLoad('ended')
      const client = new pg.Client({ connectionString: cluster.direct.database })
      await client.connect()
      load.start(4, 4)
      const until = performance.now() + (LONG ? 60_000 : 6000)
      while (performance.now() < until) {
        await client.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'berth' and datname = current_database() and random() < 0.5`,
        )
        await Bun.sleep(200)
      }
      await client.end()
      await Bun.sleep(1000)
      await load.stop()
      process.stdout.write(`connections ended: ${JSON.stringify(load.statuses())}\n`)
      expect(load.statuses()[201] ?? 0).toBeGreaterThan(0)
      await expectGoodAtBoth()
      await expectWhole(load)
    })

    it('the network to PostgreSQL is slow: everything works', async () => {
      for (const { database } of cluster.replicas) database.latencyMs = 20
      const load = newLoad('slow')
      load.start(2, 2)
      await Bun.sleep(4000)
      await load.stop()
      for (const { database } of cluster.replicas) database.latencyMs = 0
      expect(Object.keys(load.statuses()).sort()).toEqual(['200', '201'])
      await expectWhole(load)
    })
  })
})

async function expectGoodAtBoth(): Promise<void> {
  for (const url of urls())
    await eventually(
      `${url} takes pushes`,
      async () => (await postBlob(url, 'after/fault', text(`${url} ${Math.random()}`))).status === 201,
      RECOVERY_MS,
    )
  for (const url of urls()) expect((await send(url, 'GET', '/readyz')).status).toBe(200)
}

function describeTrouble(load: Load, since: number): string {
  return `${JSON.stringify(load.statuses())}, the last failure ${Math.round(load.troubledMs(since))} ms after`
}
