import { WITHOUT_RECOVERY_LOG } from '../faults/support/server.ts'
import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { checkBlob, checkBlobAbsent } from '../conformance/support/blobs.ts'
import { check, errorsOf, headerOf, parse } from '../conformance/support/check.ts'
import type { Answer } from '../conformance/support/client.ts'
import { randomContent } from '../conformance/support/content.ts'
import * as m from '../conformance/support/manifests.ts'
import * as uploads from '../conformance/support/uploads.ts'
import { ON_POSTGRES } from '../support/postgres.ts'
import { type DataFolder, withDataFolder } from './support/data-folder.ts'
import { image, pushBlobsOf, pushImage } from './support/images.ts'
import { receivedBytes, startSlowChunk } from './support/slow-uploads.ts'
import { until, untilTrue } from './support/until.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const NAME = 'e2e/crash'

/** The transaction that enters what is pushed: on SQLite, with the notes before it, the n-th of all. */
const BEFORE_COMMIT = ON_POSTGRES ? () => 'postgres.before-commit' : (n: string) => `metadata.before-commit${n}`
const AFTER_COMMIT = ON_POSTGRES ? () => 'postgres.after-commit' : (n: string) => `metadata.after-commit${n}`

/** Does the work against a server that dies in it, then waits for its end. */
async function crashing(
  folder: DataFolder,
  failpoint: string,
  work: (target: uploads.Target) => Promise<unknown>,
): Promise<void> {
  const doomed = await folder.start({
    env: { ...WITHOUT_RECOVERY_LOG, BERTH_TEST_FAILPOINTS: failpoint.replace(/(@\d+)?$/, '=kill$1') },
  })
  const answered = await work({ registry: doomed, name: NAME }).then(
    () => true,
    () => false,
  )
  expect(answered).toBe(false)
  await doomed.running.stop('SIGKILL')
}

describe.concurrent('edge 02: killed between the blob’s rename and its row', () => {
  test.each(['blob.before-sync', 'blob.before-rename', 'blob.after-sync'])(
    'edge 02: at %s the blob is not there, and pushing it again works',
    async (failpoint) => {
      await withDataFolder(async (folder) => {
        const blob = randomContent('edge2', 100_000)
        await crashing(folder, failpoint, (target) => uploads.postThenPut(target, blob).then(() => undefined))
        const target = { registry: await folder.start(), name: NAME }
        await checkBlobAbsent(target, blob.digest)
        await uploads.pushBlob(target, blob)
        await checkBlob(target, blob)
      })
    },
  )

  // The second commit of a POST that brings the whole blob enters it.
  test.each([BEFORE_COMMIT('@2'), AFTER_COMMIT('@2')])(
    'edge 02: at %s a small blob is whole or not there, and pushing it again works',
    async (failpoint) => {
      await withDataFolder(async (folder) => {
        const blob = randomContent('edge2/small', 500)
        await crashing(folder, failpoint, (target) => uploads.postOnly(target, blob))
        const target = { registry: await folder.start(), name: NAME }
        if (failpoint.includes('before')) await checkBlobAbsent(target, blob.digest)
        else await checkBlob(target, blob)
        await uploads.pushBlob(target, blob)
        await checkBlob(target, blob)
      })
    },
  )
})

describe.concurrent('edge 03: killed while a manifest’s tag is set', () => {
  test.each([
    [BEFORE_COMMIT(''), 'old'],
    [AFTER_COMMIT(''), 'new'],
  ])('edge 03: at %s the tag is the %s one, whole', async (failpoint, outcome) => {
    await withDataFolder(async (folder) => {
      const [old, changed] = [image('edge3/old'), image('edge3/new')]
      const first = await folder.start()
      await pushImage({ registry: first, name: NAME }, old, 'v1')
      await pushBlobsOf({ registry: first, name: NAME }, changed)
      await first.running.stop('SIGTERM')
      await crashing(folder, failpoint, (target) => m.putManifest(target, 'v1', changed.manifest))
      const target = { registry: await folder.start(), name: NAME }
      await m.checkManifest(target, 'v1', (outcome === 'old' ? old : changed).manifest)
      expect(parse(await m.listTags(target), m.TagList).tags).toEqual(['v1'])
      await pushImage(target, changed, 'v1')
      await m.checkManifest(target, 'v1', changed.manifest)
    })
  })

  test('edge 03: acknowledged, it survives a kill at once', async () => {
    await withDataFolder(async (folder) => {
      const pushed = image('edge3/kept')
      const first = await folder.start()
      await pushImage({ registry: first, name: NAME }, pushed, 'v1')
      await first.running.stop('SIGKILL')
      const target = { registry: await folder.start(), name: NAME }
      await m.checkManifest(target, 'v1', pushed.manifest)
      for (const blob of [pushed.config, pushed.layer]) await checkBlob(target, blob)
    })
  })
})

/** Among replicas a server is taken for dead when it was silent for half a minute, and its uploads are free then. */
function onceFree(send: () => Promise<Answer>): Promise<Answer> {
  const attempt = async () => {
    const answer = await send()
    return [404, 416].includes(answer.status) ? undefined : answer
  }
  return until('the upload is free', attempt, ON_POSTGRES ? 60_000 : 0)
}

describe.concurrent('edge 04: a restart in mid-upload', () => {
  test.each(['SIGKILL', 'SIGTERM'] as const)('edge 04: by %s between two chunks loses nothing', async (signal) => {
    await withDataFolder(async (folder) => {
      const blob = randomContent('edge4', 3000)
      const first = await folder.start()
      const location = await uploads.startUpload({ registry: first, name: NAME })
      const [one, ...rest] = uploads.chunksOf(blob.bytes)
      if (one === undefined) throw new Error('no chunk')
      check(await uploads.sendChunk(first, location, one), { status: 202 })
      await first.running.stop(signal)
      const second = await folder.start()
      check(await second.send('GET', location), { status: 204, headers: { Range: '0-1023', Location: location } })
      for (const chunk of rest) check(await uploads.sendChunk(second, location, chunk), { status: 202 })
      check(await uploads.finish(second, location, blob.digest), uploads.created(NAME, blob.digest))
      await checkBlob({ registry: second, name: NAME }, blob)
    })
  })

  test('edge 04: by SIGKILL in the middle of a chunk keeps a true offset', async () => {
    await withDataFolder(async (folder) => {
      const blob = randomContent('edge4/middle', 3_000_000)
      const first = await folder.start()
      const location = await uploads.startUpload({ registry: first, name: NAME })
      const slow = await startSlowChunk(first, { location, blob, method: 'PATCH' })
      await first.running.stop('SIGKILL')
      slow.abort()
      const second = await folder.start()
      const offset = await receivedBytes(second, location)
      expect(offset).toBeGreaterThan(1)
      expect(offset).toBeLessThan(blob.bytes.length)
      const rest = { start: offset, bytes: blob.bytes.slice(offset) }
      const done = await onceFree(() => uploads.finish(second, location, blob.digest, rest))
      check(done, uploads.created(NAME, blob.digest))
      await checkBlob({ registry: second, name: NAME }, blob)
    })
  })

  test('edge 04: by SIGKILL in the middle of the final PUT leaves a session that can be finished', async () => {
    await withDataFolder(async (folder) => {
      const blob = randomContent('edge4/put', 3_000_000)
      const first = await folder.start()
      const location = await uploads.startUpload({ registry: first, name: NAME })
      const slow = await startSlowChunk(first, { location, blob, method: 'PUT' })
      await first.running.stop('SIGKILL')
      slow.abort()
      const second = await folder.start()
      await checkBlobAbsent({ registry: second, name: NAME }, blob.digest)
      const offset = await receivedBytes(second, location)
      const rest = { start: offset, bytes: blob.bytes.slice(offset) }
      check(await onceFree(() => uploads.sendChunk(second, location, rest)), { status: 202 })
      check(await uploads.finish(second, location, blob.digest), uploads.created(NAME, blob.digest))
      await checkBlob({ registry: second, name: NAME }, blob)
    })
  })
})

describe.concurrent('edge 40: a full disk', () => {
  test('edge 40: in a chunk is 507, and the upload goes on when there is room', async () => {
    await withDataFolder(async (folder) => {
      const blob = randomContent('edge40', 300_000)
      const server = await folder.start({
        env: { ...WITHOUT_RECOVERY_LOG, BERTH_TEST_FAILPOINTS: 'upload.write=enospc@2' },
      })
      const location = await uploads.startUpload({ registry: server, name: NAME })
      const chunks = uploads.chunksOf(blob.bytes, 100_000)
      const answers = []
      for (const chunk of chunks) answers.push(await uploads.sendChunk(server, location, chunk))
      expect(answers.map(({ status }) => status)).toEqual([202, 507, 416])
      const full = answers[1]
      if (full !== undefined) expect(JSON.parse(full.text)).toHaveProperty('errors.0.code', 'UNAVAILABLE')
      const offset = await receivedBytes(server, location)
      expect(offset).toBe(100_000)
      const rest = { start: offset, bytes: blob.bytes.slice(offset) }
      check(await uploads.sendChunk(server, location, rest), uploads.accepted(NAME, 299_999))
      check(await uploads.finish(server, location, blob.digest), uploads.created(NAME, blob.digest))
      await checkBlob({ registry: server, name: NAME }, blob)
    })
  })

  test('edge 40: in a whole upload is 507 and leaves no partial blob', async () => {
    await withDataFolder(async (folder) => {
      const blob = randomContent('edge40/whole', 300_000)
      const server = await folder.start({
        env: { ...WITHOUT_RECOVERY_LOG, BERTH_TEST_FAILPOINTS: 'upload.write=enospc' },
      })
      const target = { registry: server, name: NAME }
      expect((await uploads.postOnly(target, blob)).status).toBe(507)
      await checkBlobAbsent(target, blob.digest)
      await untilTrue('nothing is left', async () => (await readdir(join(folder.path, 'uploads'))).length === 0)
      await uploads.pushBlob(target, blob)
      await checkBlob(target, blob)
    })
  })

  test('edge 40: while the database commits is 507 and changes nothing', async () => {
    await withDataFolder(async (folder) => {
      const pushed = image('edge40/commit')
      const first = await folder.start()
      await pushBlobsOf({ registry: first, name: NAME }, pushed)
      await first.running.stop('SIGTERM')
      const server = await folder.start({
        env: { ...WITHOUT_RECOVERY_LOG, BERTH_TEST_FAILPOINTS: `${BEFORE_COMMIT('')}=enospc` },
      })
      const target = { registry: server, name: NAME }
      const answer = await m.putManifest(target, 'v1', pushed.manifest)
      expect(answer.status).toBe(507)
      expect(headerOf(answer, 'Content-Type')).toBe('application/json')
      await m.checkManifestAbsent(target, 'v1')
      check(await m.putManifest(target, 'v1', pushed.manifest), { status: 201 })
      await m.checkManifest(target, 'v1', pushed.manifest)
    })
  })

  // PostgreSQL syncs its own log.
  test.skipIf(ON_POSTGRES)('edge 40: an fsync that fails is never acknowledged', async () => {
    await withDataFolder(async (folder) => {
      const pushed = image('edge40/sync')
      const first = await folder.start()
      await pushBlobsOf({ registry: first, name: NAME }, pushed)
      await first.running.stop('SIGTERM')
      const server = await folder.start({
        env: { ...WITHOUT_RECOVERY_LOG, BERTH_TEST_FAILPOINTS: 'metadata.sync=eio' },
      })
      const status = await m.putManifest({ registry: server, name: NAME }, 'v1', pushed.manifest).then(
        (answer) => answer.status,
        () => 'cut off',
      )
      expect([500, 503, 'cut off']).toContain(status)
      const ready = await server.send('GET', '/readyz').then(
        (answer) => answer.status,
        () => 'gone',
      )
      expect([503, 'gone']).toContain(ready)
      await server.running.stop('SIGKILL')
      const target = { registry: await folder.start(), name: NAME }
      check(await m.putManifest(target, 'v1', pushed.manifest), { status: 201 })
      await m.checkManifest(target, 'v1', pushed.manifest)
      const missing = await target.registry.send('GET', m.manifestPath(NAME, 'none'))
      expect(errorsOf(missing)[0]?.code).toBe('MANIFEST_UNKNOWN')
    })
  })
})
