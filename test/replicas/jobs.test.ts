import { afterEach, expect, it, setDefaultTimeout } from 'bun:test'
import pg from 'pg'
import { COMMAND_FAILPOINTS } from '../faults/failpoints.ts'
import { type Content, contentOf, NoAnswer, send, streamOf } from '../faults/support/client.ts'
import { finish, offsetOf, patch, postBlob, putManifest, startUpload } from '../faults/support/images.ts'
import { Random } from '../faults/support/random.ts'
import { eventually, SEED } from '../faults/support/server.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { imageAround } from './support/asking.ts'
import { describeReplicas, LONG } from './support/suite.ts'

setDefaultTimeout(LONG ? 1_200_000 : 240_000)

const random = new Random(SEED)
/** What nothing needs goes at once; what is named stays. */
const COLLECTING = `
gc: { every: 1s, lease: 5s, untagged: never, trashDelay: 0s }
recycleBin: { keep: 0s }
`
/** The lease of a job, the time until it is asked for again, and a machine's own slowness. */
const TAKEN_OVER_MS = 20_000 + 5000
/** What garbage waits for besides. */
const COLLECTED_MS = TAKEN_OVER_MS + 20_000
/** A replica is silent for 30 s until it is dead, and somebody looks every 5 s. */
const RESUMABLE_MS = 36_000
const MIB = 1024 * 1024

let cluster: Cluster

afterEach(async () => {
  const checked = await cluster.berth(['fsck'])
  const verified = await cluster.berth(['audit', 'verify'])
  await cluster.close()
  expect([checked.code, verified.code, checked.stdout]).toEqual([0, 0, expect.stringContaining('; 0 errors')])
})

async function query<T extends pg.QueryResultRow>(sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: cluster.direct.database })
  await client.connect()
  try {
    return (await client.query<T>(sql)).rows
  } finally {
    await client.end()
  }
}

interface Made {
  /** Layers of images with the tags `t0`, `t1`, … */
  readonly kept: Content[]
  readonly garbage: Content[]
}

/** Images that stay, and blobs that nothing needs. */
async function makeGarbage(url: string, count: number, made: Made): Promise<void> {
  for (let index = 0; index < count; index++) {
    // Half of them in rows, half in the bucket.
    const size = index % 2 === 0 ? 1000 : 20_000
    const [layer, waste] = [contentOf(random.bytes(size)), contentOf(random.bytes(size))]
    expect((await postBlob(url, 'gc/app', layer)).status).toBe(201)
    expect((await putManifest(url, 'gc/app', `t${made.kept.length}`, imageAround(layer))).status).toBe(201)
    made.kept.push(layer)
    made.garbage.push(waste)
    expect((await postBlob(url, 'gc/app', waste)).status).toBe(201)
  }
}

/** Who has the collector's lease, dead or alive. */
async function collector(): Promise<string | undefined> {
  return (await query<{ holder: string }>(`select holder from leases where name = 'job:gc'`))[0]?.holder
}

async function storedOf(blobs: readonly Content[]): Promise<number> {
  const list = blobs.map(({ digest }) => `'${digest}'`).join()
  const [row] = await query<{ count: string }>(`select count(*) from blobs where digest in (${list})`)
  return Number(row?.count)
}

/** Nothing of it is left, neither rows nor objects in the trash. */
async function untilCollected(garbage: readonly Content[]): Promise<void> {
  await eventually(
    'the garbage is gone',
    async () => {
      if ((await storedOf(garbage)) > 0) return false
      const [row] = await query<{ count: string }>('select count(*) from trash')
      return Number(row?.count) === 0
    },
    COLLECTED_MS,
  )
}

async function expectKept(kept: readonly Content[]): Promise<void> {
  for (const { url, isRunning } of cluster.replicas) {
    if (!isRunning) continue
    for (const [index, { digest }] of kept.entries()) {
      expect((await send(url, 'GET', `/v2/gc/app/manifests/t${index}`)).status).toBe(200)
      const blob = await send(url, 'GET', `/v2/gc/app/blobs/${digest}`)
      expect(contentOf(new Uint8Array(blob.bytes)).digest).toBe(digest)
    }
  }
}

/** A layer that arrives slowly, so that something can happen meanwhile. */
function slowly(bytes: Uint8Array<ArrayBuffer>, pieceBytes: number, pauseMs: number): ReadableStream<Uint8Array> {
  const pieces = streamOf(bytes, pieceBytes).getReader()
  return new ReadableStream({
    async pull(controller) {
      await Bun.sleep(pauseMs)
      const { done, value } = await pieces.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

/** Goes on with an upload at another replica, from where that one says. Returns how long it could not. */
async function resume(
  url: string,
  path: string,
  whole: Content,
  withinMs: number,
): Promise<{ ms: number; at: number }> {
  const from = performance.now()
  let at = 0
  await eventually(
    'the upload can be gone on with',
    async () => {
      at = (await offsetOf(url, path)) ?? 0
      const { status } = await patch(url, path, at, whole.bytes.slice(at, at + MIB))
      if (status !== 202) await Bun.sleep(200)
      return status === 202
    },
    withinMs,
  )
  const ms = performance.now() - from
  const end = Math.min(whole.bytes.length, at + MIB)
  const rest = whole.bytes.slice(end)
  if (rest.length > 0) expect((await patch(url, path, end, rest)).status).toBe(202)
  expect((await finish(url, path, whole.digest)).status).toBe(201)
  const repository = path.split('/').slice(2, 4).join('/')
  expect((await putManifest(url, repository, 'whole', imageAround(whole))).status).toBe(201)
  const got = await send(url, 'GET', `${path.replace(/uploads\/.*/, whole.digest)}`)
  expect(contentOf(new Uint8Array(got.bytes)).digest).toBe(whole.digest)
  return { ms, at }
}

async function untilGone(work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    if (!(error instanceof NoAnswer)) throw error
  })
}

/** Of the collector's, all in the long form. */
const FAILPOINTS = COMMAND_FAILPOINTS.gc.filter((_, index) => LONG || index === SEED % COMMAND_FAILPOINTS.gc.length)

describeReplicas(`jobs and uploads of replicas that die (BERTH_TEST_SEED=${SEED})`, () => {
  it('each job runs in one replica at a time', async () => {
    cluster = await startCluster({ replicas: 3, config: COLLECTING })
    const began = performance.now()
    const collected = () => cluster.replicas.some((replica) => replica.output().includes('garbage was collected'))
    // At least as long as it takes to see several turns, and until the collector had one.
    const goesOn = () => {
      const ms = performance.now() - began
      return ms < (LONG ? 60_000 : 6000) || (!collected() && ms < 60_000)
    }
    const names = new Set<string>()
    await makeGarbage(cluster.url, 4, { kept: [], garbage: [] })
    while (goesOn()) {
      const rows = await query<{ name: string }>(
        `select name from leases where name like 'job:%' and expires_at > extract(epoch from clock_timestamp()) * 1000`,
      )
      // The row is the lock: its key is the name.
      expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
      for (const { name } of rows) names.add(name)
      await Bun.sleep(200)
    }
    expect([...names]).toContain('job:gc')
    expect(collected()).toBe(true)
  })

  it.each(FAILPOINTS)(
    'dead at %s, in the middle of a chunk: the other collects within the lease, and the upload goes on there',
    async (failpoint) => {
      cluster = await startCluster({ asleep: true, config: COLLECTING })
      const [first, second] = cluster.replicas
      await first.start({ BERTH_TEST_FAILPOINTS: `${failpoint}=kill@${random.between(1, 2)}` })
      await second.start()
      const whole = contentOf(random.bytes(12 * MIB))
      const path = await startUpload(first.url, 'gc/upload')
      // So slowly that it cannot end before the collector has come to where it dies.
      const lost = send(first.url, 'PATCH', path, { body: slowly(whole.bytes, 100_000, 300) }).catch(() => undefined)
      // It is there, and has not the job.
      second.signal('SIGSTOP')
      const made: Made = { kept: [], garbage: [] }
      await untilGone(async () => {
        for (;;) await makeGarbage(first.url, 2, made)
      })
      await first.dies(1000)
      const diedAt = performance.now()
      const dead = await collector()
      second.signal('SIGCONT')
      expect(await lost).toBeUndefined()
      const takeOver = eventually('another has the job', async () => (await collector()) !== dead, TAKEN_OVER_MS)
      const [takenOverMs, , resumed] = await Promise.all([
        takeOver.then(() => performance.now() - diedAt),
        untilCollected(made.garbage),
        resume(second.url, path, whole, RESUMABLE_MS),
      ])
      await expectKept(made.kept)
      process.stdout.write(
        `${failpoint}: taken over ${Math.round(takenOverMs)} ms after, the upload went on at ${resumed.at} after ${Math.round(resumed.ms)} ms\n`,
      )
    },
  )

  it('a replica that stands still longer than its lease lasts does no harm when it wakes up', async () => {
    cluster = await startCluster({ config: COLLECTING })
    const [first, second] = cluster.replicas
    const whole = contentOf(random.bytes(8 * MIB))
    const path = await startUpload(first.url, 'gc/upload')
    const stale = send(first.url, 'PATCH', path, { body: slowly(whole.bytes.slice(0, 6 * MIB), 100_000, 50) }).then(
      ({ status }) => status,
      () => 0,
    )
    const made: Made = { kept: [], garbage: [] }
    const making = makeGarbage(second.url, 10, made)
    await Bun.sleep(random.between(500, 1500))
    first.signal('SIGSTOP')
    await making
    await Bun.sleep(1000)
    const { at } = await resume(second.url, path, whole, RESUMABLE_MS)
    await untilCollected(made.garbage)
    first.signal('SIGCONT')
    // Whatever it was told then, it was not that its bytes are stored.
    expect(await stale).not.toBe(202)
    await Bun.sleep(3000)
    for (const { url } of cluster.replicas) {
      const got = await send(url, 'GET', `/v2/gc/upload/blobs/${whole.digest}`)
      expect(contentOf(new Uint8Array(got.bytes)).digest).toBe(whole.digest)
    }
    await expectKept(made.kept)
    await makeGarbage(first.url, 1, made)
    process.stdout.write(`stood still: gone on with at ${at}\n`)
  })

  it('row 64: SIGTERM during a large push, which goes on at the other from the offset that it says', async () => {
    cluster = await startCluster({ config: 'shutdown: { drain: 1s, delay: 0s }\n' })
    const [first, second] = cluster.replicas
    const sizeBytes = (LONG ? 1024 : 64) * MIB
    const whole = contentOf(random.bytes(sizeBytes))
    const path = await startUpload(first.url, 'large/app')
    const push = send(first.url, 'PATCH', path, { body: slowly(whole.bytes, MIB, LONG ? 5 : 40) }).catch(
      () => undefined,
    )
    await Bun.sleep(1500)
    const stopping = first.stop('SIGTERM')
    const answer = await push
    expect(answer?.status ?? 0).not.toBe(202)
    expect(await stopping).toBe(0)
    const { ms, at } = await resume(second.url, path, whole, 10_000)
    expect(at).toBeGreaterThan(0)
    process.stdout.write(`SIGTERM: ${at} of ${sizeBytes} bytes were kept, gone on with after ${Math.round(ms)} ms\n`)
  })
})
