/** What is named by those who do not hold it is neither read nor kept by that for ever. */
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import { sql } from 'kysely'
import { check } from '../conformance/support/check.ts'
import { manifestPath, putManifest } from '../conformance/support/manifests.ts'
import { image, manifestOf, pushImage } from './support/images.ts'
import { type InProcess, openInProcess } from './support/in-process.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const FOREIGN = 'application/vnd.oci.image.layer.nondistributable.v1.tar'
const DAY_MS = 24 * 60 * 60 * 1000

let registry: InProcess
beforeEach(async () => {
  registry = await openInProcess({ config: { recycleBin: { keep: '1d' } } })
})
afterEach(async () => {
  expect(registry.errors()).toBe('')
  await registry.close()
})

const remove = async (name: string, digest: string) =>
  check(await registry.send('DELETE', manifestPath(name, digest)), { status: 202 })

async function collectUntilQuiet(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) {
    registry.clock.advance(3 * DAY_MS)
    await registry.runJob('gc')
  }
}

test('a layer that a stranger named goes when both are gone', async () => {
  const [owned, named] = [image('foreign/owned', {}, 40_000), image('foreign/named')]
  await pushImage({ registry, name: 'a/a' }, owned, 'v1')
  const layer = { mediaType: FOREIGN, digest: owned.layer.digest, size: owned.layer.bytes.length }
  const stranger = manifestOf(
    { ...named.body, layers: [...(named.body.layers as object[]), layer] },
    named.manifest.mediaType,
  )
  await pushImage({ registry, name: 'b/b' }, named)
  check(await putManifest({ registry, name: 'b/b' }, 'v1', stranger), { status: 201 })

  await remove('a/a', owned.manifest.digest)
  await collectUntilQuiet()
  await remove('b/b', stranger.digest)
  await remove('b/b', named.manifest.digest)
  await collectUntilQuiet()
  const { rows } = await sql<{ digest: string }>`select digest from blobs`.execute(registry.app.database.reader.db)
  expect(rows).toEqual([])
})
