import { beforeAll, describe, expect, test } from 'bun:test'
import { check, errorsOf } from './support/check.ts'
import { useRegistry } from './support/client.ts'
import type { DataSet } from './support/data-set.ts'
import { sparseImage, sparseIndex } from './support/data-sets.ts'
import { describeDataSet } from './support/data-set-cases.ts'
import * as m from './support/manifests.ts'
import { SPARSE } from './support/sparse.ts'
import { pushBlob } from './support/uploads.ts'

const usual = useRegistry('complete')
const lenient = useRegistry('sparse', SPARSE)

/** What the manifest names and nobody pushed. */
function absentFrom(set: DataSet): string[] {
  const named = set.manifests.flatMap(
    ({ bytes }) => new TextDecoder().decode(bytes).match(/sha256:[0-9a-f]{64}/g) ?? [],
  )
  const present = new Set([...set.blobs.keys(), ...set.manifests.map(({ digest }) => digest)])
  return named.filter((digest) => !present.has(digest))
}

describe('a manifest that names what is not here ("Pushing Manifests": it may be refused)', () => {
  describe.each([
    ['an image without one of its layers', sparseImage('image')],
    ['an index without one of its platforms', sparseIndex('index')],
  ])('%s', (_, set) => {
    const target = { registry: usual, name: usual.repository(set.label) }
    const [top] = set.manifests.slice(-1)

    beforeAll(async () => {
      for (const blob of set.blobs.values()) await pushBlob(target, blob)
      for (const manifest of set.manifests.slice(0, -1)) {
        check(await m.putManifest(target, manifest.digest, manifest), m.pushed(target.name, manifest))
      }
    })

    test('is 400, says what is missing, and is not kept', async () => {
      if (top === undefined) throw new Error('a data set has a manifest')
      const answer = check(await m.putManifest(target, 'sparse', top), { status: 400, error: 'MANIFEST_BLOB_UNKNOWN' })
      const missing = absentFrom(set).map((digest) => ({ code: 'MANIFEST_BLOB_UNKNOWN', detail: { digest } }))
      expect(errorsOf(answer)).toMatchObject(missing)
      await m.checkManifestAbsent(target, 'sparse')
      await m.checkManifestAbsent(target, top.digest)
    })
  })
})

// The other half of the official sparse set, an image without a layer, we always refuse: nobody could run it.
describe('a server that allows sparse indexes', () => {
  describeDataSet(lenient, sparseIndex('sparse-index'))
})
