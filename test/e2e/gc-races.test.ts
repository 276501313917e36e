import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { sql } from 'kysely'
import { check as fsck } from '../../src/fsck/fsck.ts'
import { type Collection, collect } from '../../src/gc/collect.ts'
import { takeLease } from '../../src/metadata/leases.ts'
import { addTrash } from '../../src/metadata/trash.ts'
import { check } from '../conformance/support/check.ts'
import { type Content, randomContent } from '../conformance/support/content.ts'
import { manifestPath, putManifest } from '../conformance/support/manifests.ts'
import { blobPath, created, postOnly, postThenPut } from '../conformance/support/uploads.ts'
import { image, pushBlobsOf, pushImage } from './support/images.ts'
import { type InProcess, openInProcess } from './support/in-process.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const LEASE_MS = 60_000
const TRASH_DELAY_MS = 3_600_000
const ROW_BYTES = 300
const FILE_BYTES = 100_000
const NAME = 'races/app'

let registry: InProcess
async function open(trashDelay: string) {
  registry = await openInProcess({
    config: { gc: { lease: `${LEASE_MS / 1000}s`, untagged: '0s', trashDelay }, recycleBin: { keep: '0s' } },
  })
}
beforeEach(() => open('0s'))
afterEach(async () => {
  expect(registry.errors()).toBe('')
  const { database, registry: parts } = registry.app
  const { findings } = await fsck({ database, blobs: parts.blobs, allowSparse: false }, { quick: false })
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
  await registry.close()
})

const target = (name = NAME) => ({ registry, name })
const pull = ({ digest }: Content, name = NAME) => registry.send('GET', blobPath(name, digest))
const run = (): Promise<Collection> => collect(registry.app.registry, { rest: async () => undefined })

/** A run that is given up when it goes on and on; says whether it ended by itself. */
async function runThatEnds(): Promise<Collection & { readonly ended: boolean }> {
  const { clock } = registry
  const now = clock.now.bind(clock)
  const stop = new AbortController()
  let looks = 0
  clock.now = () => {
    if (++looks > 2000) stop.abort()
    return now()
  }
  try {
    const done = await collect(registry.app.registry, { signal: stop.signal, rest: async () => undefined })
    return { ...done, ended: !stop.signal.aborted }
  } finally {
    clock.now = now
  }
}

async function objects(): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of registry.app.registry.blobs.list()) if (!key.startsWith('recovery/')) keys.push(key)
  return keys
}

async function trashed(): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from trash`.execute(
    registry.app.database.reader.db,
  )
  return rows[0]?.count ?? -1
}

interface Between {
  readonly before?: () => Promise<unknown>
  readonly after?: () => Promise<unknown>
}

/** Does something before the next call of a method begins, or after it has its answer, once. Returns how often it did. */
function interpose<K extends string, A extends unknown[], R>(
  on: Readonly<Record<K, (...args: A) => Promise<R>>>,
  method: K,
  { before, after }: Between,
): () => number {
  const writable: Record<K, (...args: A) => Promise<R>> = on
  const original = on[method]
  let times = 0
  writable[method] = async (...args) => {
    writable[method] = original
    times++
    await before?.()
    const answer = await original.apply(on, args)
    await after?.()
    return answer
  }
  return () => times
}

/** A blob that nothing needs any more: the next run of the collector takes it. */
async function pushForgotten(blob: Content, name: string): Promise<void> {
  check(await postOnly(target(name), blob), created(name, blob.digest))
  registry.clock.advance(2 * LEASE_MS)
}

describe('the collector takes a content that a push finds stored already', () => {
  test.each([
    ['just before its look at the object', postOnly, { before: run }],
    ['between its look and its transaction', postOnly, { after: run }],
    ['between its look and its transaction, in a session', postThenPut, { after: run }],
  ])('%s: the pushed copy is used', async (_, way, between) => {
    const blob = randomContent('races/object', FILE_BYTES)
    await pushForgotten(blob, 'races/other')
    const [old] = await objects()
    const hits = interpose(registry.app.registry.blobs, 'stat', between)
    check(await way(target(), blob), created(NAME, blob.digest))
    expect(hits()).toBe(1)
    check(await pull(blob), { status: 200, body: blob.bytes })
    check(await pull(blob, 'races/other'), { status: 404 })
    expect(await objects()).toEqual([expect.not.stringMatching(`^${old}$`)])
  })

  test('and its bytes are in a row: the pushed ones are used', async () => {
    const blob = randomContent('races/row', ROW_BYTES)
    await pushForgotten(blob, 'races/other')
    const hits = interpose(registry.app.database, 'write', { before: run })
    check(await postOnly(target(), blob), created(NAME, blob.digest))
    expect(hits()).toBe(1)
    check(await pull(blob), { status: 200, body: blob.bytes })
    check(await pull(blob, 'races/other'), { status: 404 })
  })
})

describe('the collector comes between a pusher’s look and his manifest', () => {
  const pushed = image('races/held', {}, FILE_BYTES)

  test('blobs that HEAD said are there are there: 201', async () => {
    await pushBlobsOf(target(), pushed)
    registry.clock.advance(0.9 * LEASE_MS)
    for (const { digest } of [pushed.config, pushed.layer])
      check(await registry.send('HEAD', blobPath(NAME, digest)), { status: 200 })
    registry.clock.advance(0.45 * LEASE_MS)
    await run()
    check(await putManifest(target(), 'v1', pushed.manifest), { status: 201 })
    check(await pull(pushed.layer), { status: 200, body: pushed.layer.bytes })
  })

  test('without it they went with their lease, and the manifest is refused', async () => {
    await pushBlobsOf(target(), pushed)
    registry.clock.advance(1.35 * LEASE_MS)
    await run()
    check(await putManifest(target(), 'v1', pushed.manifest), { status: 400, error: 'MANIFEST_BLOB_UNKNOWN' })
    expect(await objects()).toEqual([])
  })

  test('layers of an image that others delete meanwhile stay for who was told of them', async () => {
    await pushImage(target(), pushed, 'v1')
    registry.clock.advance(2 * LEASE_MS)
    for (const { digest } of [pushed.config, pushed.layer])
      check(await registry.send('HEAD', blobPath(NAME, digest)), { status: 200 })
    check(await registry.send('DELETE', manifestPath(NAME, pushed.manifest.digest)), { status: 202 })
    await run()
    registry.clock.advance(0.45 * LEASE_MS)
    await run()
    check(await putManifest(target(), 'v2', pushed.manifest), { status: 201 })
    check(await pull(pushed.layer), { status: 200, body: pushed.layer.bytes })
  })
})

describe('a reader who has looked a blob up', () => {
  test('gets its bytes although the collector takes it then, while the trash is kept', async () => {
    await registry.close()
    await open(`${TRASH_DELAY_MS / 1000}s`)
    const blob = randomContent('races/reader', 2_000_000)
    check(await postOnly(target(), blob), created(NAME, blob.digest))
    const hits = interpose(registry.app.registry.blobs, 'open', {
      before: async () => {
        check(await registry.send('DELETE', blobPath(NAME, blob.digest)), { status: 202 })
        expect((await run()).blobsCollected).toBe(1)
      },
    })
    check(await pull(blob), { status: 200, body: blob.bytes })
    expect(hits()).toBe(1)
    check(await pull(blob), { status: 404 })
    registry.clock.advance(TRASH_DELAY_MS - 1)
    await run()
    expect(await objects()).toHaveLength(1)
    registry.clock.advance(1)
    expect(await run()).toMatchObject({ objectsRemoved: 1, bytesFreed: blob.bytes.length })
    expect(await objects()).toEqual([])
  })
})

describe('objects in the trash', () => {
  const blob = randomContent('races/trash', FILE_BYTES)

  test('stay when a blob names them: they were taken for orphans while their push was ending', async () => {
    check(await postOnly(target(), blob), created(NAME, blob.digest))
    const [storageKey = ''] = await objects()
    const trash = { storageKey, sizeBytes: blob.bytes.length, deleteAfter: registry.clock.now() }
    await registry.app.database.write((tx) => addTrash(tx, trash))
    expect(await run()).toMatchObject({ objectsRemoved: 0, bytesFreed: 0 })
    expect(await trashed()).toBe(0)
    check(await pull(blob), { status: 200, body: blob.bytes })
    expect(await objects()).toEqual([storageKey])
  })

  test('stay while a backup copies, and go when its lease has expired', async () => {
    check(await postOnly(target(), blob), created(NAME, blob.digest))
    check(await registry.send('DELETE', blobPath(NAME, blob.digest)), { status: 202 })
    const lease = { name: 'backup:x', holder: 'test', now: registry.clock.now(), ttlMs: 30_000 }
    expect(await registry.app.database.write((tx) => takeLease(tx, lease))).toBe(true)
    expect(await runThatEnds()).toMatchObject({ blobsCollected: 1, objectsRemoved: 0 })
    registry.clock.advance(29_999)
    expect(await runThatEnds()).toMatchObject({ objectsRemoved: 0 })
    expect(await objects()).toHaveLength(1)
    registry.clock.advance(1)
    expect(await run()).toMatchObject({ objectsRemoved: 1 })
    expect([await objects(), await trashed()]).toEqual([[], 0])
  })
})

describe('while a backup copies', () => {
  test('a run of the collector ends although the trash has to wait', async () => {
    const blob = randomContent('races/backup', FILE_BYTES)
    check(await postOnly(target(), blob), created(NAME, blob.digest))
    check(await registry.send('DELETE', blobPath(NAME, blob.digest)), { status: 202 })
    const lease = { name: 'backup:x', holder: 'test', now: registry.clock.now(), ttlMs: 30_000 }
    expect(await registry.app.database.write((tx) => takeLease(tx, lease))).toBe(true)
    expect(await runThatEnds()).toMatchObject({ ended: true })
  })
})

describe('row 62: a collector without a pause beside 8 pushers', () => {
  const ROUNDS = 6

  test('no BLOB_UNKNOWN within the lease, and every byte is freed in the end', async () => {
    let pushing = true
    let freed = 0
    const collecting = (async () => {
      while (pushing) {
        freed += (await run()).bytesFreed
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    const pushers = Array.from({ length: 8 }, async (_, pusher) => {
      for (let round = 0; round < ROUNDS; round++) {
        // Two at a time push the same content.
        const pushed = image(`races/62/${round}/${pusher >> 1}`, {}, round % 2 === 0 ? FILE_BYTES : ROW_BYTES)
        await pushImage(target(`${NAME}-${pusher}`), pushed, 'latest')
        check(await pull(pushed.layer, `${NAME}-${pusher}`), { status: 200, body: pushed.layer.bytes })
        registry.clock.advance(LEASE_MS / 16)
      }
      check(await registry.send('DELETE', manifestPath(`${NAME}-${pusher}`, 'latest')), { status: 202 })
    })
    await Promise.all(pushers).finally(() => {
      pushing = false
    })
    await collecting
    registry.clock.advance(2 * LEASE_MS)
    // What a run sends to the trash may be due a moment later only.
    for (let turn = 0; turn < 3; turn++) freed += (await run()).bytesFreed
    const { rows } = await sql<{ bytes: number }>`select coalesce(sum(size), 0) as bytes from blobs`.execute(
      registry.app.database.reader.db,
    )
    expect([rows[0]?.bytes, await trashed(), await objects()]).toEqual([0, 0, []])
    expect(freed).toBeGreaterThanOrEqual(4 * ((ROUNDS / 2) * (FILE_BYTES + ROW_BYTES)))
  })
})
