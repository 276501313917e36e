import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdir, open, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createUser } from '../../src/auth/manage-users.ts'
import { BY_OPERATOR } from '../../src/cli/offline.ts'
import { isRecoveryKey } from '../../src/registry/recovery-keys.ts'
import { check } from '../conformance/support/check.ts'
import type { Registry } from '../conformance/support/client.ts'
import * as m from '../conformance/support/manifests.ts'
import { berth } from './support/command.ts'
import { withDataFolder } from './support/data-folder.ts'
import { type Image, image, pushImage } from './support/images.ts'
import { type InProcess, openInProcess } from './support/in-process.ts'
import { basic, PATIENCE_MS } from './support/server.ts'
import { rowsIn, ZEROS } from '../support/rows.ts'

setDefaultTimeout(PATIENCE_MS)

const NAME = 'e2e/scrub'
const DAY_MS = 24 * 3_600_000
const LAYER_BYTES = 200_000

let world: InProcess
let admin: Registry
beforeAll(async () => {
  world = await openInProcess({ config: { auth: { anonymous: 'push' } } })
  const password = 'a long password'
  await createUser(world.app.management, BY_OPERATOR, { name: 'admin', password, systemRole: 'administrator' })
  admin = world.with(basic('admin', password))
})
afterAll(() => world.close())

async function fileOf(data: string, digest: string): Promise<string> {
  const hex = digest.slice('sha256:'.length)
  const dir = join(data, 'blobs', 'sha256', hex.slice(0, 2))
  const found = (await readdir(dir)).find((name) => name.startsWith(hex))
  return join(dir, found ?? '')
}

async function flipBit(file: string, at: number): Promise<void> {
  const handle = await open(file, 'r+')
  const byte = Buffer.alloc(1)
  await handle.read(byte, 0, 1, at)
  await handle.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at)
  await handle.close()
}

async function nextPass(): Promise<void> {
  world.clock.advance(DAY_MS)
  await world.runJob('scrub')
}

/** As another process would: outside of everything that is remembered. */
async function changeRow(sql: string, digest: string): Promise<void> {
  expect(await rowsIn(world.dataDir, `${sql} returning 1`, [digest])).toHaveLength(1)
}

const blobPath = (digest: string) => `/v2/${NAME}/blobs/${digest}`

async function checkNotServed(digest: string): Promise<void> {
  for (const method of ['GET', 'HEAD'] as const)
    check(await world.send(method, blobPath(digest)), {
      status: 404,
      ...(method === 'GET' ? { error: 'BLOB_UNKNOWN' } : {}),
    })
}

async function listDamaged(): Promise<{ digest: string }[]> {
  const answer = await admin.send('GET', '/api/v1/scrub')
  check(answer, { status: 200 })
  return (JSON.parse(answer.text) as { damaged: { digest: string }[] }).damaged
}

async function damagedDigests(): Promise<string[]> {
  return (await listDamaged()).map(({ digest }) => digest)
}

async function checkHealed(pushed: Image): Promise<void> {
  await pushImage({ registry: world, name: NAME }, pushed, 'v1')
  for (const { digest, bytes } of [pushed.layer, pushed.config])
    check(await world.send('GET', blobPath(digest)), { status: 200, body: bytes })
  check(await world.send('GET', m.manifestPath(NAME, 'v1')), { status: 200, body: pushed.manifest.bytes })
}

async function auditRows(action: string, digest: string): Promise<number> {
  await world.app.management.recorder.seal()
  const sql = 'select id from audit where action = ? and target = ?'
  return (await rowsIn(world.dataDir, sql, [action, `blob:${digest}`])).length
}

describe('row 65: what is stored has changed', () => {
  const damages: [string, (file: string) => Promise<void>][] = [
    ['a bit is flipped in the middle', (file) => flipBit(file, LAYER_BYTES / 2)],
    ['the last bit is flipped', (file) => flipBit(file, LAYER_BYTES - 1)],
    ['cut short', (file) => truncate(file, 1000)],
    ['empty', (file) => truncate(file, 0)],
    ['gone', (file) => rm(file)],
  ]
  test.each(damages)('%s: scrub finds it, it is never served, and the next push mends it', async (label, damage) => {
    const pushed = image(`scrub/${label}`, {}, LAYER_BYTES)
    await pushImage({ registry: world, name: NAME }, pushed, 'v1')
    await damage(await fileOf(world.dataDir, pushed.layer.digest))
    await nextPass()
    await checkNotServed(pushed.layer.digest)
    expect(await listDamaged()).toEqual([
      expect.objectContaining({ digest: pushed.layer.digest, repositories: [NAME], moreRepositories: 0 }),
    ])
    expect(await auditRows('blob.damaged', pushed.layer.digest)).toBe(1)
    expect(world.errors()).toContain(pushed.layer.digest)
    const manifest = await m.putManifest({ registry: world, name: NAME }, 'v2', pushed.manifest)
    check(manifest, { status: 400, error: 'MANIFEST_BLOB_UNKNOWN' })
    const metrics = await admin.send('GET', '/metrics')
    expect(metrics.text).toMatch(/berth_scrub_damaged_blobs_total [1-9]/)
    await checkHealed(pushed)
    expect(await damagedDigests()).toEqual([])
    await nextPass()
    expect(await auditRows('blob.damaged', pushed.layer.digest)).toBe(1)
  })

  test('a pull that meets a short file quarantines it at once', async () => {
    const pushed = image('scrub/pull', {}, LAYER_BYTES)
    await pushImage({ registry: world, name: NAME }, pushed, 'v1')
    await truncate(await fileOf(world.dataDir, pushed.layer.digest), 7)
    await checkNotServed(pushed.layer.digest)
    await checkNotServed(pushed.layer.digest)
    expect(await damagedDigests()).toEqual([pushed.layer.digest])
    expect(await auditRows('blob.damaged', pushed.layer.digest)).toBe(1)
    await checkHealed(pushed)
  })

  test('a small file of its own with a flipped bit is not served, also before scrub comes', async () => {
    const pushed = image('scrub/small-file', {}, 40_000)
    await pushImage({ registry: world, name: NAME }, pushed, 'v1')
    await flipBit(await fileOf(world.dataDir, pushed.layer.digest), 20_000)
    check(await world.send('GET', blobPath(pushed.layer.digest)), { status: 404, error: 'BLOB_UNKNOWN' })
    await checkHealed(pushed)
  })

  test('a small blob in its row: not served, quarantined by scrub, mended by a push', async () => {
    const pushed = image('scrub/row', {}, LAYER_BYTES)
    await pushImage({ registry: world, name: NAME }, pushed, 'v1')
    await changeRow(`update small_blobs set content = ${ZEROS} where digest = ?`, pushed.config.digest)
    // The right bytes may be in memory still.
    const answer = await world.send('GET', blobPath(pushed.config.digest))
    if (answer.status === 200) expect(answer.text).toBe(Buffer.from(pushed.config.bytes).toString())
    else check(answer, { status: 404, error: 'BLOB_UNKNOWN' })
    await nextPass()
    expect(await damagedDigests()).toEqual([pushed.config.digest])
    await checkNotServed(pushed.config.digest)
    await checkHealed(pushed)
    await nextPass()
    expect(await damagedDigests()).toEqual([])
  })

  test('a manifest row: not served, reported, mended by a push of the same', async () => {
    const pushed = image('scrub/manifest', {}, LAYER_BYTES)
    await pushImage({ registry: world, name: NAME }, pushed, 'v1')
    await changeRow(`update manifests set content = ${ZEROS} where digest = ?`, pushed.manifest.digest)
    for (const reference of ['v1', pushed.manifest.digest])
      check(await world.send('GET', m.manifestPath(NAME, reference)), { status: 404, error: 'MANIFEST_UNKNOWN' })
    expect(world.errors()).toContain(pushed.manifest.digest)
    await checkHealed(pushed)
  })

  test('a disk that was away for a while: its blobs are served again when they are right again', async () => {
    const pushed = image('scrub/away', {}, LAYER_BYTES)
    await pushImage({ registry: world, name: NAME }, pushed, 'v1')
    const file = await fileOf(world.dataDir, pushed.layer.digest)
    await rm(file)
    await nextPass()
    await checkNotServed(pushed.layer.digest)
    await writeFile(file, pushed.layer.bytes)
    await nextPass()
    check(await world.send('GET', blobPath(pushed.layer.digest)), { status: 200, body: pushed.layer.bytes })
    expect(await auditRows('blob.sound', pushed.layer.digest)).toBe(1)
  })
})

describe('the pass', () => {
  test('one a day; it is broken off at a stop and goes on where it was', async () => {
    const scrub = (await world.app.jobs()).find(({ name }) => name === 'scrub')
    await nextPass()
    const before = await admin.send('GET', '/api/v1/scrub')
    await world.runJob('scrub')
    expect((await admin.send('GET', '/api/v1/scrub')).text).toBe(before.text)

    world.clock.advance(DAY_MS)
    const stop = new AbortController()
    const running = scrub?.run(stop.signal)
    await new Promise((resolve) => setImmediate(resolve))
    stop.abort()
    await running
    const half = JSON.parse((await admin.send('GET', '/api/v1/scrub')).text)
    expect(half.pass).toBeDefined()
    await world.runJob('scrub')
    const done = JSON.parse((await admin.send('GET', '/api/v1/scrub')).text)
    expect(done.pass).toBeUndefined()
    expect(done.lastPass.startedAt).toBe(half.pass.startedAt)
    expect(done.lastPass.blobs).toBe(JSON.parse(before.text).lastPass.blobs)
  })
})

describe('objects that no blob names', () => {
  const folder = () => join(world.dataDir, 'blobs', 'sha256', 'ab')

  async function trashed(): Promise<string[]> {
    const rows = await rowsIn<{ storage_key: string }>(world.dataDir, 'select storage_key from trash')
    return rows.map((row) => row.storage_key)
  }

  test('go to the trash when they are old; blobs and the recovery log stay', async () => {
    const pushed = image('scrub/kept', {}, LAYER_BYTES)
    await pushImage({ registry: world, name: NAME }, pushed, 'v1')
    await mkdir(folder(), { recursive: true })
    await writeFile(join(folder(), 'abcd.orphan'), 'left over')
    await world.runJob('recovery').catch(() => undefined)
    world.clock.advance(DAY_MS)
    await world.runJob('sweep-orphans')
    const keys = await trashed()
    expect(keys).toContain('sha256/ab/abcd.orphan')
    expect(keys.filter((key) => isRecoveryKey(key) || key.includes(pushed.layer.digest.slice(7)))).toEqual([])
  })

  test('stay where the log of another database lies: this one does not know what is stored', async () => {
    await writeFile(join(folder(), 'abcd.other'), 'left over')
    const foreign = join(world.dataDir, 'blobs', 'recovery', '0000000000001-other')
    await mkdir(foreign, { recursive: true })
    await writeFile(join(foreign, 'piece'), 'x')
    world.clock.advance(DAY_MS)
    await world.runJob('sweep-orphans')
    expect(await trashed()).not.toContain('sha256/ab/abcd.other')
    expect(world.errors()).toContain('0000000000001-other')
    await rm(foreign, { recursive: true })
    world.clock.advance(DAY_MS)
    await world.runJob('sweep-orphans')
    expect(await trashed()).toContain('sha256/ab/abcd.other')
  })
})

describe('berth scrub', () => {
  test('run finds what is damaged and ends with 1; status says so; after a push both end with 0', async () => {
    await withDataFolder(async (folder) => {
      const pushed = image('scrub/command', {}, LAYER_BYTES)
      const server = await folder.start()
      await pushImage({ registry: server, name: NAME }, pushed, 'v1')
      const scrub = (verb: string) => berth(['scrub', verb, '--data', folder.path])
      expect(await scrub('run')).toMatchObject({ code: 0, stdout: expect.stringContaining('2 blobs') })
      for (const n of [1, 2, 3, 4]) await pushImage({ registry: server, name: `${NAME}-${n}` }, pushed, 'v1')
      const fsck = (...flags: string[]) => berth(['fsck', '--data', folder.path, ...flags])
      await flipBit(await fileOf(folder.path, pushed.layer.digest), 100)
      expect((await fsck()).stdout).toContain('; run "berth scrub run", so that it is not served, and push it again')
      const where = `in ${NAME}, ${NAME}-1, ${NAME}-2 and 2 more: push the image again; it heals`
      expect(await scrub('run')).toMatchObject({
        code: 1,
        stdout: expect.stringContaining(`damaged: ${pushed.layer.digest}: other bytes; ${where}\n`),
      })
      const status = await scrub('status')
      expect(status.code).toBe(1)
      expect(status.stdout).toMatch(new RegExp(`damaged: ${pushed.layer.digest}: .*; ${where}`))
      expect((await fsck()).stdout).toMatch(
        new RegExp(`${pushed.layer.digest}: its bytes have changed.*; push it again`),
      )
      check(await server.send('GET', blobPath(pushed.layer.digest)), { status: 404, error: 'BLOB_UNKNOWN' })
      await pushImage({ registry: server, name: NAME }, pushed, 'v1')
      check(await server.send('GET', blobPath(pushed.layer.digest)), { status: 200, body: pushed.layer.bytes })
      expect((await scrub('status')).code).toBe(0)
      expect((await scrub('run')).code).toBe(0)
      expect(await fsck()).toMatchObject({ code: 0, stdout: expect.stringContaining('they wait to be removed') })
    })
  })
})
