import { afterAll, beforeAll, expect, it, setDefaultTimeout } from 'bun:test'
import { send } from '../faults/support/client.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { basic } from './support/asking.ts'
import { describeReplicas } from './support/suite.ts'

setDefaultTimeout(120_000)

const ROUNDS = 3

describeReplicas('replicas that start at the same moment on an empty database', () => {
  let postgres: Postgres
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(() => postgres?.close())

  it('make its tables once, and one first administrator', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      // For others to reach, so it must not be open.
      const cluster = await startCluster({
        ...{ postgres, asleep: true, replicas: 3 },
        config: 'externalUrl: https://registry.example.com\n',
      })
      try {
        await Promise.all(cluster.replicas.map((replica) => replica.start()))
        await expectOneAdministrator(cluster)
      } finally {
        await cluster.close()
      }
    }
  })

  async function expectOneAdministrator({ replicas }: Cluster): Promise<void> {
    const said = replicas.flatMap((replica) => [...replica.output().matchAll(/with the password {2}(\S+)/g)])
    expect(said).toHaveLength(1)
    for (const { url } of replicas) {
      expect((await send(url, 'GET', '/v2/')).status).toBe(401)
      const headers = basic('admin', said[0]?.[1] ?? '')
      expect((await send(url, 'GET', '/v2/', { headers })).status).toBe(200)
    }
  }
})
