import { expect, setDefaultTimeout, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { check } from '../conformance/support/check.ts'
import { manifestPath, putManifest } from '../conformance/support/manifests.ts'
import { blobPath, created, postOnly } from '../conformance/support/uploads.ts'
import { randomContent } from '../conformance/support/content.ts'
import { startRegistry } from '../support/registry.ts'
import { rowsIn } from '../support/rows.ts'
import { berth } from './support/command.ts'
import { withDataFolder } from './support/data-folder.ts'
import { image, pushBlobsOf } from './support/images.ts'
import { PATIENCE_MS, registryAt } from './support/server.ts'

setDefaultTimeout(4 * PATIENCE_MS)

const NAME = 'kept/app'
const DAY_MS = 24 * 60 * 60 * 1000

test('a command beside the server keeps what the server keeps, though it does not know its configuration', async () => {
  await withDataFolder(async ({ path }) => {
    const config = join(path, 'berth.yaml')
    await writeFile(config, 'gc: { untagged: never, lease: 60d, every: 9d }\nrecycleBin: { keep: 90d }\n')
    const server = await startRegistry({ dataDir: path, args: ['--anonymous', 'push', '--config', config] })
    const registry = registryAt(server.url)
    try {
      const untagged = image('kept/untagged')
      await pushBlobsOf({ registry, name: NAME }, untagged)
      check(await putManifest({ registry, name: NAME }, untagged.manifest.digest, untagged.manifest), { status: 201 })
      const lone = randomContent('kept/lone', 300)
      check(await postOnly({ registry, name: NAME }, lone), created(NAME, lone.digest))
      await age(path, 40 * DAY_MS)

      const run = await berth(['gc', 'run', '--data', path])
      expect([run.code, run.stderr]).toEqual([0, ''])
      check(await registry.send('GET', manifestPath(NAME, untagged.manifest.digest)), { status: 200 })
      check(await registry.send('GET', blobPath(NAME, lone.digest)), { status: 200 })

      const { stdout } = await berth(['repository', 'delete', NAME, '--data', path])
      const until = Date.parse(/\d{4}-\S+Z/.exec(stdout)?.[0] ?? '')
      expect(until).toBeGreaterThan(Date.now() + 80 * DAY_MS)
    } finally {
      await server.close()
    }
  })
})

/** As if everything had been pushed that long ago. */
async function age(data: string, ms: number): Promise<void> {
  await rowsIn(data, 'update manifests set created_at = created_at - ?, review_at = 0', [ms])
  await rowsIn(data, 'update repository_blobs set touched_at = touched_at - ?, review_at = 0', [ms])
}
