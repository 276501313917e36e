import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunningRegistry } from '../support/registry.ts'
import type { Failpoint } from './failpoints.ts'
import { type Answer, type Content, contentOf, NoAnswer, send } from './support/client.ts'
import { finish, imageOf, offsetOf, patch, postBlob, putManifest, startUpload } from './support/images.ts'
import { Random } from './support/random.ts'
import { eventually, fsck, fsckProblems, listeningUrl, ROOT, SEED, startFaulty, withFolder } from './support/server.ts'

setDefaultTimeout(60_000)

const random = new Random(SEED)
const REPOSITORY = 'faults/disk'

function newBlob(sizeBytes = 200_000): Content {
  return contentOf(random.bytes(sizeBytes))
}

type Effect = 'enospc' | 'eio'

/** The answer that says which it was: a full disk can be mended by the operator, anything else is in the log. */
const STATUS: Readonly<Record<Effect, number>> = { enospc: 507, eio: 500 }

function errorOf({ status, headers, bytes }: Answer): object {
  const { errors } = JSON.parse(new TextDecoder().decode(bytes)) as { errors: { code: string; message: string }[] }
  const [first] = errors
  return { status, type: headers.get('content-type'), code: first?.code, explained: (first?.message.length ?? 0) > 20 }
}

function outage(effect: Effect): object {
  const code = effect === 'enospc' ? 'UNAVAILABLE' : 'UNKNOWN'
  return { status: STATUS[effect], type: 'application/json', code, explained: true }
}

async function blobStatus(url: string, blob: Content): Promise<number> {
  const answer = await send(url, 'GET', `/v2/${REPOSITORY}/blobs/${blob.digest}`)
  if (answer.status === 200) expect(contentOf(new Uint8Array(answer.bytes)).digest).toBe(blob.digest)
  return answer.status
}

/** After a fault: the same content can be pushed, pulled and tagged, and nothing is inconsistent or left behind. */
async function expectHealthy(server: RunningRegistry, blob: Content): Promise<void> {
  expect((await postBlob(server.url, REPOSITORY, blob)).status).toBe(201)
  expect(await blobStatus(server.url, blob)).toBe(200)
  expect((await putManifest(server.url, REPOSITORY, 'after', imageOf(blob))).status).toBe(201)
  expect((await send(server.url, 'GET', '/readyz')).status).toBe(200)
  await server.stop('SIGTERM')
  const report = await fsck(server.dataDir)
  expect(fsckProblems(report)).toEqual([])
  expect(report.notes).toBe(0)
}

async function withServer(failpoints: string, use: (server: RunningRegistry) => Promise<void>): Promise<void> {
  await withFolder(async (dataDir) => {
    const server = await startFaulty(dataDir, failpoints)
    try {
      await use(server)
    } finally {
      await server.stop('SIGKILL')
    }
  })
}

describe.each(['enospc', 'eio'] as const)(`a disk that answers %s (BERTH_TEST_SEED=${SEED})`, (effect) => {
  it('while a session is started: refused, and the next one works', () =>
    withServer(`upload.start=${effect}`, async (server) => {
      const blob = newBlob()
      const refused = await send(server.url, 'POST', `/v2/${REPOSITORY}/blobs/uploads/`)
      expect(errorOf(refused)).toEqual(outage(effect))
      await expectHealthy(server, blob)
    }))

  it('in the middle of a chunk: the session says how much is stored and goes on from there', () =>
    withServer(`upload.write=${effect}@2`, async (server) => {
      const blob = newBlob(3_500_000)
      const path = await startUpload(server.url, REPOSITORY)
      expect(errorOf(await patch(server.url, path, 0, blob.bytes))).toEqual(outage(effect))
      const offset = await offsetOf(server.url, path)
      expect(offset).toBeGreaterThan(0)
      expect(offset).toBeLessThan(blob.bytes.length)
      expect(await blobStatus(server.url, blob)).toBe(404)
      const at = offset ?? 0
      expect((await patch(server.url, path, at, blob.bytes.slice(at))).status).toBe(202)
      expect((await finish(server.url, path, blob.digest)).status).toBe(201)
      expect(await blobStatus(server.url, blob)).toBe(200)
      await expectHealthy(server, blob)
    }))

  it('in the closing PUT’s own bytes: the session stays open and can be finished', () =>
    withServer(`upload.write=${effect}@2`, async (server) => {
      const blob = newBlob(3_500_000)
      const path = await startUpload(server.url, REPOSITORY)
      const refused = await send(server.url, 'PUT', `${path}?digest=${blob.digest}`, { body: blob.bytes })
      expect(errorOf(refused)).toEqual(outage(effect))
      expect(await blobStatus(server.url, blob)).toBe(404)
      const at = (await offsetOf(server.url, path)) ?? 0
      expect(at).toBeLessThan(blob.bytes.length)
      expect((await patch(server.url, path, at, blob.bytes.slice(at))).status).toBe(202)
      expect((await finish(server.url, path, blob.digest)).status).toBe(201)
      await expectHealthy(server, blob)
    }))

  it('in a whole blob in one request: nothing of it stays', () =>
    withServer(`upload.write=${effect}@2`, async (server) => {
      const blob = newBlob(3_500_000)
      expect(errorOf(await postBlob(server.url, REPOSITORY, blob))).toEqual(outage(effect))
      expect(await blobStatus(server.url, blob)).toBe(404)
      expect(readdirSync(join(server.dataDir, 'uploads'))).toEqual([])
      await expectHealthy(server, blob)
    }))

  const steps: readonly Failpoint[] = ['blob.before-sync', 'blob.before-rename', 'blob.after-sync']
  it.each(steps)('at %s: not published, the upload is over, its bytes are gone', (step) =>
    withServer(`${step}=${effect}`, async (server) => {
      const blob = newBlob()
      const path = await startUpload(server.url, REPOSITORY)
      expect((await patch(server.url, path, 0, blob.bytes)).status).toBe(202)
      expect(errorOf(await finish(server.url, path, blob.digest))).toEqual(outage(effect))
      expect(await blobStatus(server.url, blob)).toBe(404)
      // After a failed fsync nobody knows what the bytes are, so they are not finished a second time.
      expect((await finish(server.url, path, blob.digest)).status).toBe(404)
      expect(readdirSync(join(server.dataDir, 'uploads'))).toEqual([])
      await expectHealthy(server, blob)
    }),
  )

  it('at the commit of a blob’s row: not published, and its object is gone', () =>
    // The commits before it: the session, taking it, the chunk, taking it to finish.
    withServer(`metadata.before-commit=${effect}@5`, async (server) => {
      const blob = newBlob()
      const path = await startUpload(server.url, REPOSITORY)
      expect((await patch(server.url, path, 0, blob.bytes)).status).toBe(202)
      expect(errorOf(await finish(server.url, path, blob.digest))).toEqual(outage(effect))
      expect(await blobStatus(server.url, blob)).toBe(404)
      await expectHealthy(server, blob)
    }))

  it('at the commit of a manifest: neither it nor its tag is there', () =>
    // The commits before it: a whole blob takes two.
    withServer(`metadata.before-commit=${effect}@3`, async (server) => {
      const blob = newBlob()
      expect((await postBlob(server.url, REPOSITORY, blob)).status).toBe(201)
      const manifest = imageOf(blob)
      expect(errorOf(await putManifest(server.url, REPOSITORY, 'one', manifest))).toEqual(outage(effect))
      for (const reference of ['one', manifest.digest])
        expect((await send(server.url, 'GET', `/v2/${REPOSITORY}/manifests/${reference}`)).status).toBe(404)
      expect((await putManifest(server.url, REPOSITORY, 'one', manifest)).status).toBe(201)
      await expectHealthy(server, blob)
    }))

  it.each(['metadata.after-commit', 'metadata.after-sync'] as const)(
    'at %s: an error after the fact; what is seen is whole, and asking again succeeds',
    (step) =>
      withServer(`${step}=${effect}@${step === 'metadata.after-commit' ? 2 : 1}`, async (server) => {
        const blob = newBlob()
        expect((await postBlob(server.url, REPOSITORY, blob)).status).toBe(STATUS[effect])
        expect(await blobStatus(server.url, blob)).toBe(200)
        await expectHealthy(server, blob)
      }),
  )

  it('while the database log is synced: no answer of success, the process ends saying why, and starts clean', () =>
    withFolder(async (dataDir) => {
      const server = await startFaulty(dataDir, `metadata.sync=${effect}@2`)
      const kept = newBlob()
      const lost = newBlob()
      try {
        expect((await postBlob(server.url, REPOSITORY, kept)).status).toBe(201)
        expect(await statusOrNone(postBlob(server.url, REPOSITORY, lost))).not.toBe(201)
        await eventually('the process has ended', async () => !(await reachable(server.url)))
        expect(server.output()).toContain('writes are no longer durable')
      } finally {
        await server.stop('SIGKILL')
      }
      const again = await startFaulty(dataDir)
      try {
        expect(await blobStatus(again.url, kept)).toBe(200)
        expect(await blobStatus(again.url, lost)).toBeOneOf([200, 404])
        await expectHealthy(again, lost)
      } finally {
        await again.stop('SIGKILL')
      }
    }))
})

/** The status, or that the connection ended without one. */
function statusOrNone(answer: Promise<Answer>): Promise<number | 'none'> {
  return answer.then(
    ({ status }) => status,
    (error: unknown) => {
      if (error instanceof NoAnswer) return 'none'
      throw error
    },
  )
}

function reachable(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`, { keepalive: false }).then(
    () => true,
    () => false,
  )
}

/** Less than the blobs that are pushed into it. */
const ROOM_BYTES = 4_000_000

/** A folder of its own with little room; undefined where that cannot be mounted. */
async function mountSmallDisk(): Promise<{ folder: string; unmount(): Promise<void> } | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-small-disk-'))
  const mounted = Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder])
  const unmount = async () => {
    Bun.spawnSync(['umount', '-l', folder])
    await rm(folder, { recursive: true, force: true })
  }
  if (mounted.exitCode === 0) return { folder, unmount }
  await rm(folder, { recursive: true, force: true })
  return undefined
}

const canMount = process.getuid?.() === 0 && Bun.which('mount') !== null

describe.skipIf(!canMount)('a disk that is really full (24 MiB in memory; needs root to mount it)', () => {
  let disk: Awaited<ReturnType<typeof mountSmallDisk>>

  beforeAll(async () => {
    disk = await mountSmallDisk()
    if (disk === undefined) throw new Error('root, and yet no tmpfs could be mounted')
  })
  afterAll(() => disk?.unmount())

  function fill(folder: string, leaveBytes: number): string {
    const path = join(folder, 'ballast')
    const piece = new Uint8Array(64 * 1024)
    try {
      for (;;) writeFileSync(path, piece, { flag: 'a' })
    } catch {
      const { size } = Bun.file(path)
      writeFileSync(path, new Uint8Array(Math.max(0, size - leaveBytes)))
      return path
    }
  }

  it('refuses with 507 and goes on serving; with room again new pushes succeed', async () => {
    await withSmallDisk(async (server, folder) => {
      const kept = newBlob(1_000_000)
      expect((await postBlob(server.url, REPOSITORY, kept)).status).toBe(201)
      expect((await putManifest(server.url, REPOSITORY, 'kept', imageOf(kept))).status).toBe(201)
      const ballast = fill(folder, ROOM_BYTES)
      expect(errorOf(await postBlob(server.url, REPOSITORY, newBlob(6_000_000)))).toEqual(outage('enospc'))
      expect(await blobStatus(server.url, kept)).toBe(200)
      expect((await send(server.url, 'GET', `/v2/${REPOSITORY}/manifests/kept`)).status).toBe(200)
      expect((await putManifest(server.url, REPOSITORY, 'more', imageOf(kept))).status).toBeOneOf([201, 507])
      rmSync(ballast)
      await expectHealthy(server, newBlob())
    })
  })

  const endings = {
    PATCH: (url: string, path: string, blob: Content) => patch(url, path, 0, blob.bytes),
    PUT: (url: string, path: string, blob: Content) =>
      send(url, 'PUT', `${path}?digest=${blob.digest}`, { body: blob.bytes }),
  }
  it.each(['PATCH', 'PUT'] as const)('that refused a %s: with room again the same session goes on', async (method) => {
    await withSmallDisk(async (server, folder) => {
      const blob = newBlob(6_000_000)
      const path = await startUpload(server.url, REPOSITORY)
      const ballast = fill(folder, ROOM_BYTES)
      expect(errorOf(await endings[method](server.url, path, blob))).toEqual(outage('enospc'))
      rmSync(ballast)
      const at = (await offsetOf(server.url, path)) ?? 0
      const resumed = await patch(server.url, path, at, blob.bytes.slice(at))
      expect({ status: resumed.status, why: new TextDecoder().decode(resumed.bytes) }).toEqual({ status: 202, why: '' })
      expect((await finish(server.url, path, blob.digest)).status).toBe(201)
      expect(await blobStatus(server.url, blob)).toBe(200)
      await expectHealthy(server, newBlob())
    })
  })

  let data = 0
  async function withSmallDisk(use: (server: RunningRegistry, folder: string) => Promise<void>): Promise<void> {
    const folder = disk?.folder ?? ''
    const server = await startFaulty(join(folder, `data${data++}`))
    try {
      await use(server, folder)
    } finally {
      await server.stop('SIGKILL')
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
    }
  }
})

/** As many open files as a service has to live with when its operator forgot to raise the limit, and fewer. */
describe('too few file descriptors', () => {
  it('503 while they last out, no crash, and everything works afterwards', () =>
    withFolder(async (dataDir) => {
      const command = `ulimit -n 48; exec "$0" src/main.ts serve --listen 127.0.0.1:0 --data "$1"`
      const child = Bun.spawn(['sh', '-c', command, process.execPath, dataDir], {
        cwd: ROOT,
        stdout: 'pipe',
        stderr: 'ignore',
      })
      try {
        const url = await listeningUrl(child.stdout)
        const before = newBlob(1000)
        expect((await postBlob(url, REPOSITORY, before)).status).toBe(201)
        const statuses = await Promise.all(
          Array.from({ length: 64 }, () => statusOrNone(postBlob(url, REPOSITORY, newBlob(100_000)))),
        )
        expect(statuses.filter((status) => ![201, 503, 'none'].includes(status))).toEqual([])
        expect(child.exitCode).toBeNull()
        await eventually('it serves again', async () => (await blobStatus(url, before).catch(() => 0)) === 200)
        const after = newBlob(1000)
        await eventually(
          'it takes pushes again',
          async () => (await postBlob(url, REPOSITORY, after).catch(() => undefined))?.status === 201,
        )
      } finally {
        child.kill('SIGKILL')
        await child.exited
      }
      expect(fsckProblems(await fsck(dataDir))).toEqual([])
    }))
})
