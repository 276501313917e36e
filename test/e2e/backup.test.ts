import { Database } from 'bun:sqlite'
import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, open, readdir, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from '../conformance/support/check.ts'
import type { Registry } from '../conformance/support/client.ts'
import * as m from '../conformance/support/manifests.ts'
import { startRegistry } from '../support/registry.ts'
import { addUser, berth } from './support/command.ts'
import { type DataFolder, withDataFolder } from './support/data-folder.ts'
import { type Image, image, pushImage } from './support/images.ts'
import { basic, PATIENCE_MS, registryAt } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS * 2)

const NAME = 'e2e/backup'
const LAYER_BYTES = 100_000

async function withFolders(work: (data: DataFolder, elsewhere: string) => Promise<void>): Promise<void> {
  const elsewhere = await mkdtemp(join(tmpdir(), 'berth-backup-'))
  try {
    await withDataFolder((data) => work(data, elsewhere))
  } finally {
    await rm(elsewhere, { recursive: true, force: true })
  }
}

async function checkPulls(registry: Registry, tag: string, { manifest, layer, config }: Image): Promise<void> {
  check(await registry.send('GET', m.manifestPath(NAME, tag)), { status: 200, body: manifest.bytes })
  for (const { digest, bytes } of [layer, config])
    check(await registry.send('GET', `/v2/${NAME}/blobs/${digest}`), { status: 200, body: bytes })
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

const objectFiles = async (folder: string) =>
  (await filesBelow(join(folder, 'blobs'))).filter((file) => !file.includes('/recovery/'))

const summaryOf = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as { copied: number; objects: number }

async function fsckIsClean(data: string): Promise<void> {
  expect(await berth(['fsck', '--data', data])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('; 0 errors'),
  })
}

describe('invariant 24: a backup under load', () => {
  test('holds all that was acknowledged before it began, and restores to a sound registry', async () => {
    await withFolders(async (data, elsewhere) => {
      const server = await data.start()
      const target = { registry: server, name: NAME }
      const before = Array.from({ length: 12 }, (_, index) => image(`backup/before-${index}`, {}, LAYER_BYTES))
      for (const [index, pushed] of before.entries()) await pushImage(target, pushed, `before-${index}`)

      let busy = true
      let pushes = 0
      const pushing = async (lane: number) => {
        for (let count = 0; busy; count++) {
          const pushed = image(`backup/during-${lane}-${count}`, {}, LAYER_BYTES)
          await pushImage(target, pushed, `during-${lane}`)
          if (count % 3 === 1)
            check(await server.send('DELETE', m.manifestPath(NAME, pushed.manifest.digest)), { status: 202 })
          pushes++
        }
      }
      const lanes = [pushing(0), pushing(1), pushing(2)]
      const backup = join(elsewhere, 'b')
      const made = await berth(['backup', backup, '--data', data.path])
      const during = pushes
      busy = false
      await Promise.all(lanes)
      expect(made).toMatchObject({ code: 0 })
      expect(during).toBeGreaterThan(3)
      expect(await berth(['backup', 'verify', backup])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('0 problems'),
      })

      const restored = join(elsewhere, 'restored')
      expect(await berth(['restore', backup, '--data', restored])).toMatchObject({ code: 0 })
      await fsckIsClean(restored)
      const again = await startRegistry({ dataDir: restored })
      try {
        for (const [index, pushed] of before.entries())
          await checkPulls(registryAt(again.url), `before-${index}`, pushed)
        await pushImage(
          { registry: registryAt(again.url), name: NAME },
          image('backup/after', {}, LAYER_BYTES),
          'after',
        )
      } finally {
        await again.stop('SIGKILL')
      }
      await fsckIsClean(restored)
    })
  })
})

describe('a backup', () => {
  test('again into the same folder copies only what is new, and drops what is gone', async () => {
    await withFolders(async (data, elsewhere) => {
      const server = await data.start()
      const target = { registry: server, name: NAME }
      const [first, second] = [image('backup/first', {}, LAYER_BYTES), image('backup/second', {}, LAYER_BYTES)]
      await pushImage(target, first, 'v1')
      const create = () => berth(['backup', elsewhere, '--data', data.path, '--json'])
      expect(summaryOf(await create())).toMatchObject({ copied: 1, objects: 1 })
      await pushImage(target, second, 'v2')
      expect(summaryOf(await create())).toMatchObject({ copied: 1, objects: 2 })
      expect(summaryOf(await create())).toMatchObject({ copied: 0, objects: 2 })
      expect((await readdir(elsewhere)).filter((name) => name.startsWith('berth-'))).toHaveLength(1)

      await server.running.stop('SIGTERM')
      const database = new Database(join(data.path, 'berth.db'))
      database.run('pragma foreign_keys = off')
      for (const sql of ['delete from repository_blobs where digest = ?', 'delete from blobs where digest = ?'])
        database.run(sql, [second.layer.digest])
      database.close()
      expect(summaryOf(await create())).toMatchObject({ copied: 0, objects: 1 })
      expect(await objectFiles(elsewhere)).toEqual([expect.stringContaining(first.layer.digest.slice(7))])
    })
  })

  test('is for its owner only', async () => {
    await withFolders(async (data, elsewhere) => {
      const server = await data.start()
      await pushImage({ registry: server, name: NAME }, image('backup/modes', {}, LAYER_BYTES), 'v1')
      const backup = join(elsewhere, 'b')
      await berth(['backup', backup, '--data', data.path])
      const modes = await Promise.all((await filesBelow(backup)).map(async (file) => (await stat(file)).mode & 0o777))
      expect([modes.length, new Set(modes)]).toEqual([3, new Set([0o600])])
      expect((await stat(backup)).mode & 0o777).toBe(0o700)
    })
  })

  test('of a damaged source says so, ends with 1 and holds the rest; an older good copy stays', async () => {
    await withFolders(async (data, elsewhere) => {
      const server = await data.start()
      const target = { registry: server, name: NAME }
      const [kept, lost] = [image('backup/kept', {}, LAYER_BYTES), image('backup/lost', {}, LAYER_BYTES)]
      await pushImage(target, kept, 'kept')
      expect((await berth(['backup', elsewhere, '--data', data.path])).code).toBe(0)
      await pushImage(target, lost, 'lost')
      for (const file of await objectFiles(data.path)) await truncate(file, 5)
      const made = await berth(['backup', elsewhere, '--data', data.path])
      expect([made.code, made.stdout]).toEqual([1, expect.stringContaining(lost.layer.digest)])
      expect(made.stdout).not.toContain(kept.layer.digest)
      const verified = await berth(['backup', 'verify', elsewhere])
      expect(verified).toMatchObject({ code: 1, stdout: expect.stringContaining(lost.layer.digest) })

      const restored = join(elsewhere, '..', `restored-${process.pid}`)
      try {
        const result = await berth(['restore', elsewhere, '--data', restored])
        expect(result).toMatchObject({ code: 1, stdout: expect.stringContaining(lost.layer.digest) })
        const again = await startRegistry({ dataDir: restored })
        await checkPulls(registryAt(again.url), 'kept', kept)
        check(await registryAt(again.url).send('GET', `/v2/${NAME}/blobs/${lost.layer.digest}`), { status: 404 })
        await pushImage({ registry: registryAt(again.url), name: NAME }, lost, 'lost')
        await checkPulls(registryAt(again.url), 'lost', lost)
        await again.stop('SIGTERM')
        await fsckIsClean(restored)
      } finally {
        await rm(restored, { recursive: true, force: true })
      }
    })
  })

  test('verify finds a flipped bit, a missing object and a changed database', async () => {
    await withFolders(async (data, elsewhere) => {
      const server = await data.start()
      const [one, two] = [image('backup/one', {}, LAYER_BYTES), image('backup/two', {}, LAYER_BYTES)]
      for (const pushed of [one, two]) await pushImage({ registry: server, name: NAME }, pushed, 'v1')
      await berth(['backup', elsewhere, '--data', data.path])
      const fileOf = async ({ layer }: Image) =>
        (await objectFiles(elsewhere)).find((file) => file.includes(layer.digest.slice(7))) ?? ''
      await flipBit(await fileOf(one))
      expect((await berth(['backup', 'verify', '--quick', elsewhere])).code).toBe(0)
      expect(await berth(['backup', 'verify', elsewhere])).toMatchObject({
        code: 1,
        stdout: expect.stringContaining(`${one.layer.digest}: its bytes have changed`),
      })
      await rm(await fileOf(two))
      expect(await berth(['backup', 'verify', '--quick', elsewhere])).toMatchObject({
        code: 1,
        stdout: expect.stringContaining(`${two.layer.digest}: its bytes are missing`),
      })
      const database = (await readdir(elsewhere)).find((name) => name.startsWith('berth-')) ?? ''
      await flipBit(join(elsewhere, database))
      expect(await berth(['backup', 'verify', elsewhere])).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('the bytes of the database have changed'),
      })
      const restored = `${data.path}/restored`
      expect(await berth(['restore', elsewhere, '--data', restored])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('cannot be restored'),
      })
      expect(await readdir(restored)).not.toContain('berth.db')
    })
  })
})

describe('a restore', () => {
  test('brings users and their rights back, and no upload, lease or scrub that was on its way', async () => {
    await withFolders(async (data, elsewhere) => {
      await addUser(data.path, 'zoe', 'password one')
      const server = await data.start()
      const zoe = registryAt(server.url, basic('zoe', 'password one'))
      check(await zoe.send('POST', `/v2/${NAME}/blobs/uploads/`), { status: 202 })
      const backup = join(elsewhere, 'b')
      expect((await berth(['backup', backup, '--data', data.path])).code).toBe(0)
      const restored = join(elsewhere, 'restored')
      expect((await berth(['restore', backup, '--data', restored])).code).toBe(0)
      const database = new Database(join(restored, 'berth.db'), { readonly: true })
      const counts = ['uploads', 'leases'].map(
        (table) => database.query<{ n: number }, []>(`select count(*) as n from ${table}`).get()?.n,
      )
      const audit = database.query<{ action: string }, []>('select action from audit order by id desc limit 1').get()
      database.close()
      expect([counts, audit]).toEqual([[0, 0], { action: 'registry.restored' }])
      expect((await berth(['audit', 'verify', '--data', restored])).code).toBe(0)
      const again = await startRegistry({ dataDir: restored })
      check(await registryAt(again.url, basic('zoe', 'password one')).send('GET', '/v2/'), { status: 200 })
      check(await registryAt(again.url, basic('zoe', 'password two')).send('GET', '/v2/'), { status: 401 })
      await again.stop('SIGKILL')
    })
  })

  test('refuses a folder that has a database, or only the log of one, and the folder of a running server', async () => {
    await withFolders(async (data, elsewhere) => {
      const server = await data.start()
      const backup = join(elsewhere, 'b')
      await berth(['backup', backup, '--data', data.path])
      expect(await berth(['restore', backup, '--data', data.path])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('database'),
      })
      await rm(join(data.path, 'berth.db'))
      expect((await berth(['restore', backup, '--data', data.path])).code).toBe(1)
      for (const part of ['-wal', '-shm']) await rm(join(data.path, `berth.db${part}`), { force: true })
      expect(await berth(['restore', backup, '--data', data.path])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('another berth server'),
      })
      await server.running.stop('SIGKILL')
      expect((await berth(['restore', backup, '--data', data.path])).code).toBe(0)
    })
  })

  test.each([
    ['backup', ['backup', '{data}', '--data', '{data}'], 'outside'],
    ['backup below', ['backup', '{data}/b', '--data', '{data}'], 'outside'],
    ['backup of nothing', ['backup', '{other}', '--data', '{other}/none'], 'outside'],
    ['verify of nothing', ['backup', 'verify', '{other}'], 'no finished backup'],
    ['restore of nothing', ['restore', '{other}', '--data', '{data}-new'], 'no finished backup'],
  ])('%s: a mistake is a sentence, and makes nothing', async (_, args, message) => {
    await withFolders(async (data, elsewhere) => {
      await addUser(data.path, 'zoe', 'password one')
      const filled = args.map((arg) => arg.replace('{data}', data.path).replace('{other}', elsewhere))
      const { code, stderr } = await berth(filled)
      expect([code, stderr]).toEqual([1, expect.stringContaining(message)])
      expect(stderr).not.toContain('    at ')
      expect(await readdir(elsewhere)).toEqual([])
    })
  })
})

async function flipBit(path: string): Promise<void> {
  const { size } = await stat(path)
  const handle = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await handle.read(byte, 0, 1, size / 2)
  await handle.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, size / 2)
  await handle.close()
}
