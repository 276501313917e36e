import { DeleteObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { type Answer, type Content, contentOf, NoAnswer, send } from '../faults/support/client.ts'
import { finish, patch, postBlob, putManifest, startUpload } from '../faults/support/images.ts'
import { Random } from '../faults/support/random.ts'
import { SEED } from '../faults/support/server.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import type { Effect } from '../support/fault-proxy.ts'
import { gateway } from '../support/rgw.ts'
import { imageAround, text, textOf } from './support/asking.ts'
import { describeReplicas, LONG } from './support/suite.ts'

setDefaultTimeout(240_000)

const random = new Random(SEED)
const MIB = 1024 * 1024
/** What S3 is asked for one request again and again for, and what this machine needs besides. */
const BUDGET_MS = 60_000
/** Too much for one request to S3. */
const MULTIPART_BYTES = 24 * MIB
const REPOSITORY = 'bucket/faults'

const SLOW_DOWN: Effect = {
  ...{ kind: 'answer', status: 503 },
  body: '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
}
const ERROR_IN_200 = '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>try again</Message></Error>'

let cluster: Cluster

const url = () => cluster.replicas[asked++ % 2]?.url ?? ''
let asked = 0

/** Beyond what is kept in memory, so that each pull goes to the bucket. */
function largeBlob(sizeBytes = 300_000): Content {
  return contentOf(random.bytes(sizeBytes))
}

const pathOf = ({ digest }: Content) => `/v2/${REPOSITORY}/blobs/${digest}`

async function push(blob: Content): Promise<Answer> {
  const path = await startUpload(url(), REPOSITORY)
  const sent = await patch(url(), path, 0, blob.bytes)
  return sent.status === 202 ? finish(url(), path, blob.digest) : sent
}

/** Whole and right, or an answer that says what is wrong: never a short or empty 200. */
async function pull(blob: Content): Promise<'right' | 'broke off' | Answer> {
  const answer = await send(url(), 'GET', pathOf(blob)).catch((error: unknown) => {
    if (error instanceof NoAnswer) return undefined
    throw error
  })
  if (answer === undefined) return 'broke off'
  if (answer.status !== 200) return answer
  expect(contentOf(new Uint8Array(answer.bytes)).digest).toBe(blob.digest)
  return 'right'
}

function expectUnavailable(answer: Answer | string): void {
  if (typeof answer === 'string') throw new Error(`was ${answer}, should be 503`)
  expect([answer.status, textOf(answer)]).toEqual([503, expect.stringContaining('UNAVAILABLE')])
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
}

const firstTimes = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describeReplicas(`row 59: faults between replicas and S3 (BERTH_TEST_SEED=${SEED})`, () => {
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterEach(() => cluster.storage.clear())
  afterAll(async () => {
    const checked = await cluster.berth(['fsck'])
    await cluster.close()
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining('; 0 errors') })
  })

  it('bursts of 503 SlowDown are waited out, for small and large', async () => {
    for (const size of [20_000, 300_000, 12 * MIB]) {
      for (const method of ['PUT', 'POST', 'GET'])
        cluster.storage.add({ method, nth: firstTimes(3), effect: SLOW_DOWN })
      const blob = largeBlob(size)
      expect((await push(blob)).status).toBe(201)
      expect(await pull(blob)).toBe('right')
      cluster.storage.clear()
    }
  })

  it('while S3 answers nothing but 503: 503 with Retry-After in time, what is in the database goes on', async () => {
    const there = largeBlob()
    expect((await push(there)).status).toBe(201)
    const small = text(`${SEED} small`)
    expect((await postBlob(url(), REPOSITORY, small)).status).toBe(201)
    const image = imageAround(small)
    expect((await putManifest(url(), REPOSITORY, 'small', image)).status).toBe(201)
    cluster.storage.add({ effect: SLOW_DOWN })
    const startedAt = performance.now()
    const [pulled, pushed] = await Promise.all([pull(there), push(largeBlob())])
    expect(performance.now() - startedAt).toBeLessThan(BUDGET_MS)
    expectUnavailable(pulled)
    expectUnavailable(pushed)
    for (const replica of cluster.replicas) {
      expect((await send(replica.url, 'GET', `/v2/${REPOSITORY}/manifests/small`)).status).toBe(200)
      expect((await send(replica.url, 'GET', pathOf(small))).status).toBe(200)
      expect((await send(replica.url, 'GET', '/readyz')).status).toBe(503)
    }
    cluster.storage.clear()
    expect(await pull(there)).toBe('right')
    expect((await push(largeBlob())).status).toBe(201)
    for (const replica of cluster.replicas) expect((await send(replica.url, 'GET', '/readyz')).status).toBe(200)
  })

  describe('a multipart upload that ends with an error in a 200', () => {
    const complete = { method: 'POST', path: /[?&]uploadId=/ } as const

    it.each(['answer', 'replace'] as const)('once (%s): pushed all the same, once', async (kind) => {
      cluster.storage.add({ ...complete, nth: [1], effect: { kind, status: 200, body: ERROR_IN_200 } })
      const blob = largeBlob(MULTIPART_BYTES)
      expect((await push(blob)).status).toBe(201)
      expect(cluster.storage.requests.some((line) => /^POST .*uploadId=/.test(line))).toBe(true)
      expect(await pull(blob)).toBe('right')
    })

    it('always: refused with 503, nothing is published, and the same push works later', async () => {
      cluster.storage.add({ ...complete, effect: { kind: 'answer', status: 200, body: ERROR_IN_200 } })
      const blob = largeBlob(MULTIPART_BYTES)
      expectUnavailable(await push(blob))
      expect((await send(url(), 'HEAD', pathOf(blob))).status).toBe(404)
      cluster.storage.clear()
      expect((await push(blob)).status).toBe(201)
      expect(await pull(blob)).toBe('right')
    })
  })

  it.each([
    ['breaks off', { kind: 'truncate', afterBytes: 100_000 }],
    ['is lost', { kind: 'reset' }],
    ['is 10 s late', { kind: 'delay', ms: 10_000 }],
  ] as const)('a body from S3 that %s is asked for again', async (_, effect) => {
    const blob = largeBlob()
    expect((await push(blob)).status).toBe(201)
    cluster.storage.add({ method: 'GET', nth: [1], effect })
    expect(await pull(blob)).toBe('right')
  })

  it('bodies that always break off are never taken for whole', async () => {
    const blob = largeBlob(2 * MIB)
    expect((await push(blob)).status).toBe(201)
    // After one byte each time nothing gets on.
    cluster.storage.add({ method: 'GET', path: /\/o\//, effect: { kind: 'truncate', afterBytes: 0 } })
    const found = await pull(blob)
    if (typeof found !== 'string') expectUnavailable(found)
    else expect(found).toBe('broke off')
  })

  it('a PUT whose reply is lost or late is done once', async () => {
    for (const effect of [{ kind: 'lose-reply' }, { kind: 'delay', ms: 3000 }] as const) {
      cluster.storage.add({ method: 'PUT', nth: [1], effect })
      for (const size of [300_000, 6 * MIB]) {
        const blob = largeBlob(size)
        expect((await push(blob)).status).toBe(201)
        expect(await pull(blob)).toBe('right')
      }
      cluster.storage.clear()
    }
  })

  it('an object that is gone: unknown, told to the operator, and repaired by a push', async () => {
    const blob = largeBlob()
    const before = new Set(await keys())
    expect((await push(blob)).status).toBe(201)
    const made = (await keys()).filter((key) => !before.has(key))
    expect(made).toHaveLength(1)
    await remove(made[0] ?? '')
    for (const replica of cluster.replicas) {
      const answer = await send(replica.url, 'GET', pathOf(blob))
      expect([answer.status, textOf(answer)]).toEqual([404, expect.stringContaining('BLOB_UNKNOWN')])
      expect((await send(replica.url, 'HEAD', pathOf(blob))).status).toBe(404)
    }
    const told = cluster.replicas.map((replica) => replica.output()).join('')
    expect(told).toContain(blob.digest)
    expect((await push(blob)).status).toBe(201)
    expect(await pull(blob)).toBe('right')
  })

  it('one request of ten goes wrong: pushes end right or are refused, and nothing is half there', async () => {
    const kinds: readonly Effect[] = [
      SLOW_DOWN,
      { kind: 'reset' },
      { kind: 'lose-reply' },
      { kind: 'delay', ms: 500 },
      { kind: 'truncate', afterBytes: 1000 },
    ]
    for (const effect of kinds) {
      const nth = firstTimes(5000).filter(() => random.chance(0.1 / kinds.length))
      cluster.storage.add({ nth, effect })
    }
    const pushed: Content[] = []
    const statuses: Record<string, number> = {}
    const client = async () => {
      for (let count = 0; count < (LONG ? 100 : 8); count++) {
        const blob = largeBlob(random.pick([20_000, 300_000, 6 * MIB]))
        const answer = await push(blob)
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
        if (answer.status === 201) pushed.push(blob)
        else expectUnavailable(answer)
        await pullAny(pushed)
      }
    }
    await Promise.all([client(), client(), client(), client()])
    cluster.storage.clear()
    process.stdout.write(`one of ten S3 requests wrong: pushes ${JSON.stringify(statuses)}\n`)
    expect(pushed.length).toBeGreaterThan(10)
    for (const blob of pushed) expect(await pull(blob)).toBe('right')
  })
})

/** One of them, right or refused. */
async function pullAny(pushed: readonly Content[]): Promise<void> {
  if (pushed.length === 0) return
  const found = await pull(random.pick(pushed))
  if (typeof found !== 'string') expectUnavailable(found)
}

function bucketOf(): { client: S3Client; Bucket: string; Prefix: string } {
  const { host, pathname, searchParams } = new URL(cluster.direct.storage)
  const client = new S3Client({
    endpoint: searchParams.get('endpoint') ?? '',
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: s3Credentials,
  })
  return { client, Bucket: host, Prefix: `${pathname.slice(1)}/blobs/o/` }
}

let s3Credentials = { accessKeyId: '', secretAccessKey: '' }
beforeAll(async () => {
  const { accessKeyId, secretAccessKey } = await gateway()
  s3Credentials = { accessKeyId, secretAccessKey }
})

async function keys(): Promise<string[]> {
  const { client, Bucket, Prefix } = bucketOf()
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix }))
  return Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key]))
}

async function remove(Key: string): Promise<void> {
  const { client, Bucket } = bucketOf()
  await client.send(new DeleteObjectCommand({ Bucket, Key }))
}
