import { afterAll, beforeAll, expect, it, setDefaultTimeout } from 'bun:test'
import { z } from 'zod'
import { type Answer, NoAnswer, send } from '../faults/support/client.ts'
import { postBlob, putManifest, startUpload } from '../faults/support/images.ts'
import { eventually, SEED } from '../faults/support/server.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { as, basic, bearer, imageAround, jsonOf, manage, text, textOf } from './support/asking.ts'
import { describeReplicas, LONG } from './support/suite.ts'

setDefaultTimeout(240_000)

const PASSWORD = 'correct horse battery'
const admin = as(basic('root', PASSWORD))
/** Clients have a token for some minutes; nobody signs in without a database. */
let reader: ReturnType<typeof as>
const byPassword = as(basic('reader', PASSWORD))
/** The long form is what servers do unless told otherwise. */
const SERVE_CACHED_MS = LONG ? 30_000 : 6000
const CUT_MS = LONG ? 45_000 : 12_000
/** A look at the database is given up after 2 s, and requests wait for one. */
const LOOK_MS = 2500
const WRITE_REFUSED_MS = LONG ? 10_000 : 9000
const RECOVERY_MS = 30_000
const OCI = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }

let cluster: Cluster
const here = () => cluster.replicas[0].url
const there = () => cluster.replicas[1].url

const PRIVATE = '/v2/secret/app/manifests/v1'
const OPEN = '/v2/open/app/manifests/v1'

async function prepare(): Promise<void> {
  cluster = await startCluster({
    config: `auth: { anonymous: push }\noutage: { serveCached: ${SERVE_CACHED_MS / 1000}s }\n`,
  })
  const added = await cluster.berth(['user', 'add', 'root'], `${PASSWORD}\n`)
  if (added.code !== 0) throw new Error(added.stderr)
  await manage(admin, [here(), 'POST', '/projects', { name: 'secret', public: false }])
  await manage(admin, [here(), 'POST', '/users', { name: 'reader', password: PASSWORD }])
  const layer = text(`${SEED} cut off`)
  const image = imageAround(layer)
  const secret = await admin(here(), 'POST', `/v2/secret/app/blobs/uploads/?digest=${layer.digest}`, {
    body: layer.bytes,
  })
  expect(secret.status).toBe(201)
  expect((await admin(here(), 'PUT', PRIVATE, { headers: OCI, body: image.bytes })).status).toBe(201)
  expect((await postBlob(here(), 'open/app', layer)).status).toBe(201)
  expect((await putManifest(here(), 'open/app', 'v1', image)).status).toBe(201)
}

const letIn = () =>
  manage(admin, [here(), 'POST', '/projects/secret/grants', { subject: 'user:reader', allows: 'reader' }])

async function signedIn(): Promise<ReturnType<typeof as>> {
  const answer = await byPassword(here(), 'GET', '/token?service=berth&scope=repository:secret/app:pull')
  return as(bearer(z.object({ token: z.string() }).parse(jsonOf(answer)).token))
}

interface Try {
  readonly from: number
  readonly url: string
  readonly status: number
}

/** Asks both again and again, each request on its own, so that a slow one keeps no other from being asked. */
function keepAsking(): { readonly tries: Try[]; stop(): Promise<void> } {
  const tries: Try[] = []
  const open = new Set<Promise<void>>()
  let isStopped = false
  async function ask(url: string): Promise<void> {
    const from = performance.now()
    const status = await reader(url, 'GET', PRIVATE).then(
      (answer) => answer.status,
      (error: unknown) => {
        if (error instanceof NoAnswer) return 0
        throw error
      },
    )
    tries.push({ from, url, status })
  }
  const asking = (async () => {
    while (!isStopped) {
      for (const url of [here(), there()]) {
        const one = ask(url).finally(() => open.delete(one))
        open.add(one)
      }
      await Bun.sleep(100)
    }
  })()
  return {
    tries,
    stop: async () => {
      isStopped = true
      await asking
      await Promise.all(open)
    },
  }
}

function expectUnavailable(answer: Answer): void {
  expect([answer.status, textOf(answer)]).toEqual([503, expect.stringContaining('UNAVAILABLE')])
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
}

describeReplicas(`one of two replicas is cut off from PostgreSQL (BERTH_TEST_SEED=${SEED})`, () => {
  beforeAll(prepare)
  afterAll(async () => {
    const checked = await cluster.berth(['fsck'])
    const verified = await cluster.berth(['audit', 'verify'])
    await cluster.close()
    expect([checked.code, verified.code, checked.stdout]).toEqual([0, 0, expect.stringContaining('; 0 errors')])
  })

  it.each(['black-hole', 'reset'] as const)(
    '%s: it serves what it has in memory, marked, and then nothing; a right taken away meanwhile is gone; it comes back',
    async (how) => {
      await letIn()
      reader = await signedIn()
      for (const url of [here(), there()]) {
        expect((await reader(url, 'GET', PRIVATE)).status).toBe(200)
        expect((await send(url, 'GET', OPEN)).headers.get('warning')).toBeNull()
      }
      const { database } = cluster.replicas[1]
      const asking = keepAsking()
      const cutAt = performance.now()
      database.cut(how)

      // Reading goes on from memory.
      await Bun.sleep(LOOK_MS)
      const stale = await send(there(), 'GET', OPEN)
      expect([stale.status, stale.headers.get('warning')]).toEqual([200, expect.stringMatching(/^110 /)])
      expect((await send(there(), 'GET', '/readyz')).status).toBe(200)
      expect((await send(here(), 'GET', OPEN)).headers.get('warning')).toBeNull()

      // Writing does not, and says so soon.
      const writtenAt = performance.now()
      const refused = await Promise.all([
        send(there(), 'POST', '/v2/open/app/blobs/uploads/'),
        postBlob(there(), 'open/app', text(`${SEED} not now`)),
        putManifest(there(), 'open/app', 'v2', imageAround(text(`${SEED} not now`))),
        send(there(), 'DELETE', OPEN),
        ...Array.from({ length: 20 }, () => byPassword(there(), 'GET', PRIVATE)),
      ])
      const writeMs = performance.now() - writtenAt
      for (const answer of refused) expectUnavailable(answer)
      expect(writeMs).toBeLessThan(WRITE_REFUSED_MS)

      // The other one goes on, and what it takes away is taken away everywhere when it says so (invariant 10).
      expect((await postBlob(here(), 'open/app', text(`${SEED} ${how} goes on`))).status).toBe(201)
      await manage(admin, [here(), 'PATCH', '/users/reader', { disabled: true }])
      const revokedAt = performance.now()

      await Bun.sleep(Math.max(0, cutAt + SERVE_CACHED_MS + LOOK_MS - performance.now()))
      expectUnavailable(await send(there(), 'GET', OPEN))
      expect((await send(there(), 'GET', '/readyz')).status).toBe(503)
      expect((await send(there(), 'GET', '/healthz')).status).toBe(200)

      await Bun.sleep(Math.max(0, cutAt + CUT_MS - performance.now()))
      database.mend()
      const mendedAt = performance.now()
      await eventually(
        'it takes pushes again',
        async () => (await startUpload(there(), 'open/app').catch(() => undefined)) !== undefined,
        RECOVERY_MS,
      )
      const recoveredMs = performance.now() - mendedAt
      await Bun.sleep(1500)
      await asking.stop()
      expect((await send(there(), 'GET', OPEN)).headers.get('warning')).toBeNull()

      const late = asking.tries.filter(({ from, status }) => from > revokedAt && status === 200)
      expect(late).toEqual([])
      const before = asking.tries.filter(({ from, url }) => url === there() && from < cutAt + SERVE_CACHED_MS - 1000)
      expect(before.filter(({ status, from }) => status !== 200 && from < revokedAt)).toEqual([])
      expect(before.length).toBeGreaterThan(20)
      process.stdout.write(
        `cut off (${how}): writes refused after ${Math.round(writeMs)} ms, the revocation answered ${Math.round(revokedAt - cutAt)} ms after the cut, back ${Math.round(recoveredMs)} ms after mending\n`,
      )
      await manage(admin, [here(), 'PATCH', '/users/reader', { disabled: false }])
      // Not to be let in while nobody could be asked was no mistake with a password.
      expect((await byPassword(there(), 'GET', PRIVATE)).status).toBe(200)
    },
  )
})
