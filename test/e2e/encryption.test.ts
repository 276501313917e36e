import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from '../conformance/support/check.ts'
import { randomContent } from '../conformance/support/content.ts'
import * as m from '../conformance/support/manifests.ts'
import { blobPath, OCTETS, startUpload } from '../conformance/support/uploads.ts'
import { filesBelow, filesWith } from '../support/encrypted-folder.ts'
import { startRegistry } from '../support/registry.ts'
import { berth } from './support/command.ts'
import { type DataFolder, type Started, withDataFolder } from './support/data-folder.ts'
import { type Image, image, pushImage } from './support/images.ts'
import { PATIENCE_MS, registryAt } from './support/server.ts'
import { until } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS * 2)

const NAME = 'e2e/encryption'
const LAYER_BYTES = 300_000

type Variables = Record<string, string>

interface World {
  readonly data: DataFolder
  readonly keyFile: string
  /** The environment of whoever has the key. */
  readonly env: Variables
  /** A folder for anything else. */
  readonly elsewhere: string
}

async function withEncryption(work: (world: World) => Promise<void>): Promise<void> {
  const elsewhere = await mkdtemp(join(tmpdir(), 'berth-encryption-'))
  try {
    const keyFile = await newKey(elsewhere, 'master.key')
    await withDataFolder((data) => work({ data, keyFile, elsewhere, env: { BERTH_ENCRYPTION__KEY_FILE: keyFile } }))
  } finally {
    await rm(elsewhere, { recursive: true, force: true })
  }
}

async function newKey(folder: string, name: string): Promise<string> {
  const file = join(folder, name)
  const made = await berth(['encryption', 'new-key', file])
  expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('Keep a copy in another place') })
  return file
}

const targetOf = (server: Started) => ({ registry: server, name: NAME })

async function checkPulls(
  server: Pick<Started, 'send'>,
  tag: string,
  { manifest, layer, config }: Image,
): Promise<void> {
  check(await server.send('GET', m.manifestPath(NAME, tag)), { status: 200, body: manifest.bytes })
  for (const { digest, bytes } of [layer, config])
    check(await server.send('GET', blobPath(NAME, digest)), { status: 200, body: bytes })
}

async function objectFiles(data: string): Promise<string[]> {
  return (await filesBelow(join(data, 'blobs', 'sha256'))).toSorted()
}

/** What of a layer stands in the clear in a folder: any of its pieces. */
async function leaksOf(folder: string, { layer }: Image): Promise<string[]> {
  const found: string[] = []
  for (const at of [0, 1000, 70_000, layer.bytes.length - 32])
    found.push(...(await filesWith(folder, layer.bytes.subarray(at, at + 32))))
  return found
}

async function fsck(data: string, env: Variables): Promise<void> {
  expect(await berth(['fsck', '--data', data], { env })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('; 0 errors'),
  })
}

async function refusedStart(dataDir: string, env: Variables): Promise<string> {
  const started = await startRegistry({ dataDir, env }).catch((error: Error) => error)
  if (started instanceof Error) return started.message
  await started.close()
  throw new Error('the server started')
}

describe('an encrypted registry', () => {
  test('pushes, pulls, ranges, restarts and is found sound; nothing of it stands in the clear', async () => {
    await withEncryption(async ({ data, env }) => {
      const first = await data.start({ env })
      const pushed = image('encryption/one', {}, LAYER_BYTES)
      await pushImage(targetOf(first), pushed, 'v1')
      await checkPulls(first, 'v1', pushed)
      expect(await leaksOf(data.path, pushed)).toEqual([])
      expect((await objectFiles(data.path)).every((file) => file.endsWith('.enc'))).toBe(true)
      await first.running.stop('SIGKILL')

      const second = await data.start({ env })
      await checkPulls(second, 'v1', pushed)
      const { digest, bytes } = pushed.layer
      for (const [start, end] of [
        [0, 0],
        [65_535, 65_536],
        [100_000, 299_999],
        [299_999, 299_999],
      ] as const)
        check(await second.send('GET', blobPath(NAME, digest), { headers: { Range: `bytes=${start}-${end}` } }), {
          status: 206,
          body: bytes.subarray(start, end + 1),
          headers: { 'Content-Range': `bytes ${start}-${end}/${bytes.length}` },
        })
      check(await second.send('HEAD', blobPath(NAME, digest)), {
        status: 200,
        headers: { 'Content-Length': String(bytes.length) },
      })
      await fsck(data.path, env)
      expect(await berth(['scrub', 'run', '--data', data.path], { env })).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('0 damaged'),
      })
    })
  })

  test('an upload in chunks goes on after kill -9, and is sealed while it is on its way', async () => {
    await withEncryption(async ({ data, env }) => {
      const first = await data.start({ env })
      const blob = randomContent('encryption/chunks', LAYER_BYTES)
      const location = await startUpload(targetOf(first))
      check(await first.send('PATCH', location, { headers: OCTETS, body: blob.bytes.slice(0, 100_000) }), {
        status: 202,
      })
      expect(await filesWith(data.path, blob.bytes.subarray(0, 32))).toEqual([])
      expect(await filesWith(data.path, blob.bytes.subarray(99_968, 100_000))).toEqual([])
      await first.running.stop('SIGKILL')

      const second = await data.start({ env })
      const status = check(await second.send('GET', location), { status: 204 })
      expect(status.headers.get('range')).toBe('0-99999')
      const rest = { headers: OCTETS, body: blob.bytes.slice(100_000) }
      check(await second.send('PUT', `${location}?digest=${blob.digest}`, rest), { status: 201 })
      check(await second.send('GET', blobPath(NAME, blob.digest)), { status: 200, body: blob.bytes })
      expect(await readdir(join(data.path, 'uploads'))).toEqual([])
    })
  })

  test('several workers serve what the others wrote', async () => {
    await withEncryption(async ({ data, env }) => {
      const server = await data.start({ env, args: ['--workers', '2'] })
      const images = Array.from({ length: 6 }, (_, index) => image(`encryption/workers-${index}`, {}, LAYER_BYTES))
      await Promise.all(images.map((each, index) => pushImage(targetOf(server), each, `v${index}`)))
      await Promise.all(images.flatMap((each, index) => [1, 2, 3].map(() => checkPulls(server, `v${index}`, each))))
    })
  })

  test('is backed up and restored, into a folder with another key or with none', async () => {
    await withEncryption(async ({ data, env, elsewhere }) => {
      const server = await data.start({ env })
      const pushed = image('encryption/backup', {}, LAYER_BYTES)
      await pushImage(targetOf(server), pushed, 'v1')
      const backup = join(elsewhere, 'backup')
      expect(await berth(['backup', backup, '--data', data.path], { env })).toMatchObject({ code: 0 })
      expect(await berth(['backup', 'verify', backup])).toMatchObject({ code: 0 })

      const otherEnv = { BERTH_ENCRYPTION__KEY_FILE: await newKey(elsewhere, 'other.key') }
      for (const [name, restoredEnv] of [
        ['encrypted', otherEnv],
        ['plain', {}],
      ] as const) {
        const restored = join(elsewhere, name)
        expect(await berth(['restore', backup, '--data', restored], { env: restoredEnv })).toMatchObject({ code: 0 })
        await fsck(restored, restoredEnv)
        expect((await leaksOf(restored, pushed)).length > 0).toBe(name === 'plain')
        const again = await startRegistry({ dataDir: restored, env: restoredEnv })
        try {
          await checkPulls(registryAt(again.url), 'v1', pushed)
        } finally {
          await again.close()
        }
      }
    })
  })

  test('is rebuilt from its objects and its recovery log when the database is lost', async () => {
    await withEncryption(async ({ data, env }) => {
      const server = await data.start({ env })
      const pushed = image('encryption/rebuild', {}, LAYER_BYTES)
      await pushImage(targetOf(server), pushed, 'v1')
      const logged = async () =>
        (await filesBelow(join(data.path, 'blobs'))).filter((file) => file.includes('/recovery/'))
      await until('the recovery log has the push', async () => ((await logged()).length > 0 ? true : undefined), 20_000)
      await Bun.sleep(0)
      await server.running.stop('SIGTERM')
      expect((await logged()).every((file) => file.endsWith('.enc'))).toBe(true)
      for (const name of await readdir(data.path))
        if (name.startsWith('berth.db')) await rm(join(data.path, name), { force: true })
      expect(await berth(['rebuild', '--verify', '--data', data.path], { env })).toMatchObject({ code: 0 })
      await fsck(data.path, env)
      await checkPulls(await data.start({ env }), 'v1', pushed)
    })
  })
})

describe('a damaged object of an encrypted registry', () => {
  test('is never served as if it were good; scrub and fsck name it; pushing again repairs it', async () => {
    await withEncryption(async ({ data, env, elsewhere }) => {
      const server = await data.start({ env })
      const pushed = image('encryption/damage', {}, LAYER_BYTES)
      await pushImage(targetOf(server), pushed, 'v1')
      const [file = ''] = await objectFiles(data.path)
      const stored = await readFile(file)
      const sound = { headers: { Range: 'bytes=0-99' } }
      stored[200_000] = (stored[200_000] ?? 0) ^ 1
      await writeFile(file, stored)

      const path = blobPath(NAME, pushed.layer.digest)
      check(await server.send('GET', path, sound), { status: 206, body: pushed.layer.bytes.subarray(0, 100) })
      expect(await berth(['fsck', '--data', data.path], { env })).toMatchObject({
        code: 1,
        stdout: expect.stringContaining(pushed.layer.digest),
      })
      expect(await berth(['backup', join(elsewhere, 'backup'), '--data', data.path], { env })).toMatchObject({
        code: 1,
        stdout: expect.stringContaining(`${pushed.layer.digest}: its stored bytes are damaged`),
      })
      expect(await berth(['scrub', 'run', '--data', data.path], { env })).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('1 damaged'),
      })
      await pushImage(targetOf(server), pushed, 'v1')
      await checkPulls(server, 'v1', pushed)
    })
  })

  test.each([
    ['header', 40],
    ['first bytes', 200],
    ['third segment', 140_000],
    ['middle', 2_000_000],
  ])(
    'in its %s is quarantined by the pull that meets it, which says so once; pushing again repairs it',
    async (_, at) => {
      await withEncryption(async ({ data, env }) => {
        const server = await data.start({ env })
        const pushed = image('encryption/large-damage', {}, 3_000_000)
        await pushImage(targetOf(server), pushed, 'v1')
        const [file = ''] = await objectFiles(data.path)
        const stored = await readFile(file)
        stored[at] = (stored[at] ?? 0) ^ 1
        await writeFile(file, stored)
        const path = blobPath(NAME, pushed.layer.digest)
        const printed = server.running.output().length
        const got = await server.send('GET', path).catch(() => undefined)
        // Of damage in what is read before the answer is begun the client is told.
        if (at < 65_536) expect(got?.status).toBe(404)
        else expect(got).toBeUndefined()
        await until('it is known to be damaged', async () =>
          (await server.send('HEAD', path)).status === 404 ? true : undefined,
        )
        check(await server.send('GET', path), { status: 404, error: 'BLOB_UNKNOWN' })
        await pushImage(targetOf(server), pushed, 'v1')
        await checkPulls(server, 'v1', pushed)
        const lines = server.running.output().slice(printed).trim().split('\n')
        expect(lines.filter((line) => !line.startsWith('{'))).toEqual([])
        expect(lines.filter((line) => line.includes('stored bytes of a blob are damaged'))).toHaveLength(1)
      })
    },
  )

  test('of a size that is read whole is quarantined by the first pull', async () => {
    await withEncryption(async ({ data, env }) => {
      const server = await data.start({ env })
      const pushed = image('encryption/small-damage', {}, 40_000)
      await pushImage(targetOf(server), pushed, 'v1')
      const [file = ''] = await objectFiles(data.path)
      const stored = await readFile(file)
      stored[30_000] = (stored[30_000] ?? 0) ^ 1
      await writeFile(file, stored)
      const path = blobPath(NAME, pushed.layer.digest)
      check(await server.send('GET', path), { status: 404, error: 'BLOB_UNKNOWN' })
      await until('it is known to be damaged', async () =>
        (await server.send('HEAD', path)).status === 404 ? true : undefined,
      )
      await pushImage(targetOf(server), pushed, 'v1')
      await checkPulls(server, 'v1', pushed)
    })
  })
})

describe('a rebuild of an encrypted registry', () => {
  test('goes on past a damaged object and names it, when it is told to verify', async () => {
    await withEncryption(async ({ data, env }) => {
      const server = await data.start({ env })
      const [bad, good] = [image('encryption/bad', {}, LAYER_BYTES), image('encryption/good', {}, LAYER_BYTES)]
      for (const [tag, each] of Object.entries({ bad, good })) await pushImage(targetOf(server), each, tag)
      await server.running.stop('SIGTERM')
      const hex = bad.layer.digest.slice(7)
      const [file = ''] = (await objectFiles(data.path)).filter((name) => name.includes(hex))
      const stored = await readFile(file)
      stored[200_000] = (stored[200_000] ?? 0) ^ 1
      await writeFile(file, stored)
      for (const name of await readdir(data.path))
        if (name.startsWith('berth.db')) await rm(join(data.path, name), { force: true })
      const { stdout, stderr } = await berth(['rebuild', '--verify', '--data', data.path], { env })
      expect(stdout + stderr).toMatch(new RegExp(`${hex}\\S*: its bytes are damaged, so it was left out`))
      const again = await data.start({ env })
      check(await again.send('GET', blobPath(NAME, bad.layer.digest)), { status: 404 })
      await checkPulls(again, 'good', good)
    })
  })
})

describe('the keys of an encrypted registry', () => {
  test('a start without them is refused, and says why', async () => {
    await withEncryption(async ({ data, env, keyFile, elsewhere }) => {
      await (await data.start({ env })).running.stop('SIGTERM')
      expect(await refusedStart(data.path, {})).toContain('what is stored here is encrypted: say encryption.keyFile')
      const other = await newKey(elsewhere, 'other.key')
      expect(await refusedStart(data.path, { BERTH_ENCRYPTION__KEY_FILE: other })).toContain('cannot be unwrapped')
      await chmod(keyFile, 0o644)
      expect(await refusedStart(data.path, env)).toContain('everybody on this machine may open the key file')
      await rm(keyFile)
      expect(await refusedStart(data.path, env)).toContain(`the key file ${keyFile} is missing`)
      expect(await refusedStart(data.path, { ...env, BERTH_ENCRYPTION__KEY_COMMAND: '/bin/true' })).toContain(
        'needs one master key: either keyFile or keyCommand',
      )
    })
  })

  test('commands without them are refused, and change nothing', async () => {
    await withEncryption(async ({ data, env }) => {
      await (await data.start({ env })).running.stop('SIGTERM')
      for (const command of [['fsck'], ['scrub', 'run'], ['encryption', 'status']])
        expect(await berth([...command, '--data', data.path])).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('encryption.keyFile'),
        })
    })
  })

  test('are rotated while the server serves, and no object is written', async () => {
    await withEncryption(async ({ data, keyFile, elsewhere }) => {
      const newKeyFile = await newKey(elsewhere, 'new.key')
      const both = { BERTH_ENCRYPTION__KEY_FILE: newKeyFile, BERTH_ENCRYPTION__PREVIOUS_KEY_FILES: keyFile }
      const old = await data.start({ env: { BERTH_ENCRYPTION__KEY_FILE: keyFile } })
      const before = image('encryption/before', {}, LAYER_BYTES)
      await pushImage(targetOf(old), before, 'before')
      await old.running.stop('SIGTERM')
      const server = await data.start({ env: both })
      const [object = ''] = await objectFiles(data.path)
      const stored = await readFile(object)

      let busy = true
      let pulls = 0
      const pulling = async () => {
        for (; busy; pulls++) await checkPulls(server, 'before', before)
      }
      const lanes = [pulling(), pulling()]
      const rotated = await berth(['encryption', 'rotate', '--data', data.path], { env: both })
      expect(rotated).toMatchObject({ code: 0, stdout: expect.stringContaining('store key 2') })
      const during = image('encryption/during', {}, LAYER_BYTES)
      await pushImage(targetOf(server), during, 'during')
      busy = false
      await Promise.all(lanes)
      expect(pulls).toBeGreaterThan(1)
      expect((await readFile(object)).equals(stored)).toBe(true)
      await server.running.stop('SIGTERM')

      const alone = { BERTH_ENCRYPTION__KEY_FILE: newKeyFile }
      const status = await berth(['encryption', 'status', '--data', data.path], { env: alone })
      expect(status.stdout).toMatch(/store key 2 .* for new blobs\nstore key 1 /)
      const after = await data.start({ env: alone })
      await checkPulls(after, 'before', before)
      await checkPulls(after, 'during', during)
      await after.running.stop('SIGTERM')
      expect(await refusedStart(data.path, { BERTH_ENCRYPTION__KEY_FILE: keyFile })).toContain('cannot be unwrapped')
    })
  })

  test('what was stored before encryption was turned on is served, and counted by status', async () => {
    await withEncryption(async ({ data, env }) => {
      const plain = await data.start()
      const [before, after] = [image('encryption/plain', {}, LAYER_BYTES), image('encryption/sealed', {}, LAYER_BYTES)]
      await pushImage(targetOf(plain), before, 'before')
      await plain.running.stop('SIGTERM')
      const server = await data.start({ env })
      await pushImage(targetOf(server), after, 'after')
      await checkPulls(server, 'before', before)
      await checkPulls(server, 'after', after)
      await fsck(data.path, env)
      const status = await berth(['encryption', 'status', '--data', data.path], { env })
      expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining('are not: they were stored before') })
      await server.running.stop('SIGTERM')

      const strict = await data.start({ env: { ...env, BERTH_ENCRYPTION__REQUIRE_ENCRYPTED: 'true' } })
      check(await strict.send('GET', blobPath(NAME, before.layer.digest)), { status: 404, error: 'BLOB_UNKNOWN' })
      await checkPulls(strict, 'after', after)
      await pushImage(targetOf(strict), before, 'before')
      await checkPulls(strict, 'before', before)
      const names = (await objectFiles(data.path)).filter((file) => file.includes(before.layer.digest.slice(7)))
      expect(names.filter((file) => file.endsWith('.enc'))).toHaveLength(1)
    })
  })
})
