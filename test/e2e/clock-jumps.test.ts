/** Row 61 of the fault list: the clock is set an hour forth or back, and nothing is lost or stuck. */
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import { check as fsck } from '../../src/fsck/fsck.ts'
import { check } from '../conformance/support/check.ts'
import { manifestPath, putManifest } from '../conformance/support/manifests.ts'
import { blobPath } from '../conformance/support/uploads.ts'
import { image, pushBlobsOf, pushImage } from './support/images.ts'
import { type InProcess, openInProcess } from './support/in-process.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
const NAME = 'clock/app'

let registry: InProcess
beforeEach(async () => {
  registry = await openInProcess()
})
afterEach(async () => {
  expect(registry.errors()).toBe('')
  const { database, registry: parts } = registry.app
  const report = await fsck({ database, blobs: parts.blobs, allowSparse: false }, { quick: false })
  expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([])
  await registry.close()
})

const target = () => ({ registry, name: NAME })

test.each([HOUR_MS, -HOUR_MS])('a push goes on over a jump of %p ms with a collector in it', async (jump) => {
  const pushed = image(`jump/${jump}`)
  await pushBlobsOf(target(), pushed)
  registry.clock.advance(jump)
  await registry.runJob('gc')
  check(await putManifest(target(), 'v1', pushed.manifest), { status: 201 })
  await registry.runJob('gc')
  check(await registry.send('GET', blobPath(NAME, pushed.layer.digest)), { status: 200 })
})

test('moves of a tag stay in order when the clock goes back', async () => {
  const [first, second] = [image('clock/first'), image('clock/second')]
  await pushImage(target(), first, 'v1')
  registry.clock.advance(-HOUR_MS)
  await pushImage(target(), second, 'v1')
  registry.clock.advance(3 * HOUR_MS)
  const head = await registry.send('HEAD', manifestPath(NAME, 'v1'))
  expect(head.headers.get('docker-content-digest')).toBe(second.manifest.digest)
  const { rows } = await registry.app.database.reader.db
    .selectFrom('tag_events')
    .select(['digest', 'previous'])
    .orderBy('at')
    .execute()
    .then((found) => ({ rows: found.map(({ digest, previous }) => [previous, digest] as (string | null)[]) }))
  expect(rows).toEqual([
    [null, first.manifest.digest],
    [first.manifest.digest, second.manifest.digest],
  ])
})

test('what was deleted while the clock was wrong is restorable, and goes in the end', async () => {
  const doomed = image('clock/doomed')
  await pushImage(target(), doomed, 'v1')
  registry.clock.advance(-HOUR_MS)
  check(await registry.send('DELETE', manifestPath(NAME, doomed.manifest.digest)), { status: 202 })
  registry.clock.advance(HOUR_MS)
  await registry.runJob('gc')
  const { reader } = registry.app.database
  expect(await reader.db.selectFrom('manifests').select('digest').execute()).toHaveLength(1)
  registry.clock.advance(16 * DAY_MS)
  await registry.runJob('gc')
  registry.clock.advance(HOUR_MS)
  await registry.runJob('gc')
  expect(await reader.db.selectFrom('blobs').select('digest').execute()).toEqual([])
})
