/** What is known of images goes with them, and what nobody looked into is looked into. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { LayerInventory } from '../../src/inventory/layer-inventory.ts'
import { ANALYZER_VERSION } from '../../src/inventory/layer-inventory.ts'
import { analyzeImage } from '../../src/scanning/analyze-image.ts'
import { removeWaiting } from '../../src/scanning/queue-store.ts'
import { backfill, forgetWhatIsGone } from '../../src/scanning/upkeep.ts'
import type { Digest } from '../../src/oci/digest.ts'
import { rowsOf } from '../support/rows.ts'
import { descriptor, image, pushBlobsOf, pushImage } from './support/images.ts'
import { type InProcess, openInProcess } from './support/in-process.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const { signal } = new AbortController()
const GONE = image('upkeep/gone')
const KEPT = image('upkeep/kept')
let server: InProcess

/** As if a layer told of these packages. */
function holding(...names: readonly string[]): LayerInventory {
  const packages = names.map((name) => ({ type: 'npm' as const, name, version: '1.0.0' }))
  return {
    ...{ state: 'complete', reasons: [], unknownBinaries: [], files: [] },
    packageFiles: [{ path: 'app/node_modules/a/package.json', packages }],
  }
}

async function lookInto(digest: string, inventory: LayerInventory): Promise<void> {
  const { registry } = server.app
  expect(await analyzeImage({ registry, reader: { read: async () => inventory } }, digest as Digest, signal)).toBe(
    'done',
  )
}

async function count(table: string): Promise<number> {
  const [row] = await rowsOf<{ n: number }>(server.app.database, `select count(*) as n from ${table}`)
  return Number(row?.n)
}

beforeAll(async () => {
  server = await openInProcess()
  await pushImage({ registry: server, name: 'upkeep/gone' }, GONE, 'v1')
  await pushImage({ registry: server, name: 'upkeep/kept' }, KEPT, 'v1')
  await lookInto(GONE.manifest.digest, holding('only-here', 'shared'))
  await lookInto(KEPT.manifest.digest, holding('shared'))
})
afterAll(() => server?.close())

describe('what is known of an image', () => {
  test('stays as long as a repository has it, and goes with the last', async () => {
    const { registry, database } = server.app
    await forgetWhatIsGone(registry, signal)
    expect([await count('images'), await count('layer_inventories'), await count('packages')]).toEqual([2, 2, 2])
    await database.write(async (tx) => {
      await tx.db.deleteFrom('tags').execute()
      await tx.db
        .deleteFrom('manifests')
        .where('digest', '=', GONE.manifest.digest as Digest)
        .execute()
      await tx.db
        .deleteFrom('repository_blobs')
        .where('digest', '=', GONE.layer.digest as Digest)
        .execute()
      await tx.db
        .deleteFrom('blobs')
        .where('digest', '=', GONE.layer.digest as Digest)
        .execute()
    })
    await forgetWhatIsGone(registry, signal)
    expect(await rowsOf<{ name: string }>(database, 'select name from packages')).toEqual([{ name: 'shared' }])
    expect(await rowsOf<{ digest: string }>(database, 'select digest from images')).toEqual([
      { digest: KEPT.manifest.digest },
    ])
    expect(await count('layer_inventories')).toBe(1)
    expect(await count('image_packages')).toBe(1)
  })
})

describe('images that nobody looked into', () => {
  test('wait to be looked into: those from before scanning was on, and those of older analyzers', async () => {
    const { registry, database, clock } = { ...server.app, clock: server.clock }
    await database.writeQuietly((tx) => removeWaiting(tx, KEPT.manifest.digest as Digest))
    await database.writeQuietly((tx) => removeWaiting(tx, GONE.manifest.digest as Digest))
    await backfill(registry, signal)
    expect(await count('scan_queue')).toBe(0)
    await database.writeQuietly(async (tx) => {
      await tx.db
        .updateTable('images')
        .set({ analyzer: ANALYZER_VERSION - 1 })
        .execute()
    })
    await backfill(registry, signal)
    expect(await count('scan_queue')).toBe(0)
    clock.advance(86_400_000)
    await backfill(registry, signal)
    expect(await rowsOf<{ digest: string }>(database, 'select digest from scan_queue')).toEqual([
      { digest: KEPT.manifest.digest },
    ])
  })

  test('are images whatever they are called, and are no signatures', async () => {
    const { registry, database, clock } = { ...server.app, clock: server.clock }
    const odd = image('upkeep/odd', { config: descriptor(KEPT.config, 'application/vnd.foo.v1+json') })
    const signature = image('upkeep/signature', {
      config: descriptor(KEPT.config, 'application/vnd.oci.image.config.v1+json'),
      layers: [descriptor(KEPT.layer, 'application/vnd.dev.cosign.simplesigning.v1+json')],
    })
    for (const made of [odd, signature]) {
      await pushImage({ registry: server, name: 'upkeep/kept' }, made)
      await pushBlobsOf({ registry: server, name: 'upkeep/kept' }, KEPT)
      await database.writeQuietly((tx) => removeWaiting(tx, made.manifest.digest as Digest))
    }
    clock.advance(86_400_000)
    await backfill(registry, signal)
    const waiting = await rowsOf<{ digest: string }>(database, 'select digest from scan_queue')
    expect(waiting.map(({ digest }) => digest)).toContain(odd.manifest.digest)
    expect(waiting.map(({ digest }) => digest)).not.toContain(signature.manifest.digest)
  })
})
