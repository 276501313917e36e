import { afterAll, beforeAll, expect, it, setDefaultTimeout } from 'bun:test'
import { z } from 'zod'
import { send } from '../faults/support/client.ts'
import { finish, patch, postBlob, putManifest, startUpload } from '../faults/support/images.ts'
import { SEED } from '../faults/support/server.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { as, basic, bearer, imageAround, jsonOf, manage, pulled, text } from './support/asking.ts'
import { describeReplicas } from './support/suite.ts'

setDefaultTimeout(120_000)

const PASSWORD = 'correct horse battery'
const admin = as(basic('root', PASSWORD))
const PRELOAD = new URL('support/clock.ts', import.meta.url).pathname
const SKEW_MS = 5 * 60 * 1000
/** Shorter than the clocks differ: whoever went by its own would take what was just pushed for abandoned. */
const CONFIG = `
auth: { anonymous: push }
gc: { every: 1s, lease: 60s, untagged: 60s, trashDelay: 0s }
uploads: { expireAfter: 60s }
recycleBin: { keep: 0s }
`

let cluster: Cluster

/** Not the machine's: as one of the replicas takes it to be. */
function skewed(ms: number): Readonly<Record<string, string>> {
  return { BUN_OPTIONS: `--preload ${PRELOAD}`, BERTH_TEST_CLOCK_SKEW_MS: String(ms) }
}

const LoggedTime = z.object({ time: z.iso.datetime(), message: z.literal('listening') })

describeReplicas(`row 61: two replicas whose clocks are ten minutes apart (BERTH_TEST_SEED=${SEED})`, () => {
  beforeAll(async () => {
    cluster = await startCluster({ asleep: true, config: CONFIG })
    const [behind, ahead] = cluster.replicas
    await Promise.all([behind.start(skewed(-SKEW_MS)), ahead.start(skewed(SKEW_MS))])
    const added = await cluster.berth(['user', 'add', 'root'], `${PASSWORD}\n`)
    if (added.code !== 0) throw new Error(added.stderr)
  })
  afterAll(() => cluster?.close())

  it('their clocks really are', () => {
    const times = cluster.replicas.map((replica) => {
      const line = replica
        .output()
        .split('\n')
        .find((one) => one.includes('"listening"'))
      return Date.parse(LoggedTime.parse(JSON.parse(line ?? '')).time) - Date.now()
    })
    expect(times[0]).toBeLessThan(-SKEW_MS + 1000)
    expect(times[1]).toBeGreaterThan(SKEW_MS - 100_000)
  })

  it('each takes the other for alive, by the time of the database', async () => {
    for (const { url } of cluster.replicas) {
      const { replicas } = z
        .object({ replicas: z.array(z.object({ seenAt: z.iso.datetime() })) })
        .parse(await manage(admin, [url, 'GET', '/replicas']))
      expect(replicas).toHaveLength(2)
      for (const { seenAt } of replicas) expect(Math.abs(Date.parse(seenAt) - Date.now())).toBeLessThan(10_000)
    }
  })

  it('a token of one is good at the other, and a right that is taken away is gone', async () => {
    const [behind, ahead] = cluster.replicas
    await manage(admin, [behind.url, 'POST', '/projects', { name: 'clocks', public: false }])
    await manage(admin, [behind.url, 'POST', '/users', { name: 'reader', password: PASSWORD }])
    const grant = { subject: 'user:reader', allows: 'reader' }
    await manage(admin, [ahead.url, 'POST', '/projects/clocks/grants', grant])
    const layer = text(`${SEED} clocks`)
    const pushing = `/v2/clocks/app/blobs/uploads/?digest=${layer.digest}`
    expect((await admin(behind.url, 'POST', pushing, { body: layer.bytes })).status).toBe(201)
    for (const [issuer, other] of [
      [behind, ahead],
      [ahead, behind],
    ] as const) {
      const answer = await as(basic('reader', PASSWORD))(
        issuer.url,
        'GET',
        '/token?service=berth&scope=repository:clocks/app:pull',
      )
      const { token } = z.object({ token: z.string() }).parse(jsonOf(answer))
      const ask = () => send(other.url, 'GET', `/v2/clocks/app/blobs/${layer.digest}`, { headers: bearer(token) })
      expect((await ask()).status).toBe(200)
      await manage(admin, [issuer.url, 'PATCH', '/users/reader', { disabled: true }])
      expect((await ask()).status).toBeOneOf([401, 403, 404])
      await manage(admin, [other.url, 'PATCH', '/users/reader', { disabled: false }])
    }
  })

  it('nothing that was promised is collected, and uploads go on', async () => {
    const [behind, ahead] = cluster.replicas
    const layer = text(`${SEED} leased`)
    expect((await postBlob(behind.url, 'leased/app', layer)).status).toBe(201)
    const untagged = imageAround(layer)
    const path = await startUpload(behind.url, 'leased/app')
    const chunks = text('x'.repeat(100_000))
    expect((await patch(behind.url, path, 0, chunks.bytes.slice(0, 50_000))).status).toBe(202)
    for (const { url } of cluster.replicas) await manage(admin, [url, 'POST', '/gc/run'])
    await Bun.sleep(3000)
    expect((await putManifest(ahead.url, 'leased/app', untagged.digest, untagged)).status).toBe(201)
    for (const { url } of cluster.replicas) await manage(admin, [url, 'POST', '/gc/run'])
    for (const { url } of cluster.replicas)
      expect(await pulled(url, 'leased/app', untagged.digest)).toBe(untagged.digest)
    expect((await patch(ahead.url, path, 50_000, chunks.bytes.slice(50_000))).status).toBe(202)
    expect((await finish(behind.url, path, chunks.digest)).status).toBe(201)
  })
})
