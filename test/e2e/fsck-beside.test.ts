import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { sql } from 'kysely'
import { check } from '../../src/fsck/fsck.ts'
import type { BlobStore } from '../../src/storage/blob-store.ts'
import { pushBlob } from '../conformance/support/uploads.ts'
import { randomContent } from '../conformance/support/content.ts'
import { type InProcess, openInProcess } from './support/in-process.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(2 * PATIENCE_MS)

let registry: InProcess
beforeAll(async () => {
  registry = await openInProcess()
  await pushBlob({ registry, name: 'fsck/beside' }, randomContent('fsck/large', 40_000))
})
afterAll(() => registry.close())

/** A store in which every object is gone once somebody looks, and what a collector does before that. */
function gone(first: () => Promise<void>): BlobStore {
  const stat = async () => {
    await first()
    return undefined
  }
  return { ...registry.app.registry.blobs, stat, list: async function* () {} }
}

/** Counts of what was used are wrong afterwards too: the rows went without them. */
async function errors(blobs: BlobStore): Promise<number> {
  const { database } = registry.app
  const { findings } = await check({ database, blobs, allowSparse: false }, { quick: true })
  return findings.filter(({ problem }) => problem.startsWith('blob ')).length
}

test('an object that is gone is an error, unless a collector took the blob while fsck looked', async () => {
  expect(await errors(gone(async () => undefined))).toBe(1)
  const collect = () =>
    registry.app.database.write(async ({ db }) => {
      await sql`delete from repository_blobs`.execute(db)
      await sql`delete from blobs`.execute(db)
    })
  expect(await errors(gone(collect))).toBe(0)
})
