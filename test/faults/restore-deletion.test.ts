import { expect, it } from 'bun:test'
import { z } from 'zod'
import { withRegistry } from '../../src/cli/offline.ts'
import { parseConfig } from '../../src/config/load.ts'
import { OPERATOR } from '../../src/lib/actor.ts'
import { findRepository } from '../../src/metadata/repositories.ts'
import { parseDigest } from '../../src/oci/digest.ts'
import { parseRepositoryName } from '../../src/oci/name.ts'
import { binManifests } from '../../src/registry/bin.ts'
import { addUser } from '../e2e/support/command.ts'
import { image, manifestOf } from '../e2e/support/images.ts'
import { basic, registryAt } from '../e2e/support/server.ts'
import { manifestPath, OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { pushBlob } from '../conformance/support/uploads.ts'
import { fsck, fsckProblems, startFaulty, withFolder } from './support/server.ts'

const MANIFESTS = 500
const TAGS = 1500
const NAME = 'faults/many'
const ADMINISTRATOR = basic('admin', 'pass word of admin')
const Visible = z.object({ tags: z.array(z.string()) })

/** As one deletion, like retention makes it. */
function binAll(data: string, digests: readonly string[]): Promise<number | undefined> {
  return withRegistry({ data, config: parseConfig({ data }) }, (registry) =>
    registry.database.write(async (tx) => {
      const repository = parseRepositoryName(NAME)
      const repositoryId = await findRepository(tx, repository)
      if (repositoryId === undefined) throw new Error('nothing was pushed')
      const place = { repository, repositoryId, actor: OPERATOR }
      return binManifests(registry, tx, place, { kind: 'retention', reason: 'test', digests: digests.map(parseDigest) })
    }),
  )
}

it('kill -9 in the middle of restoring 500 manifests: restoring again brings back the rest', async () => {
  await withFolder(async (data) => {
    const first = await startFaulty(data)
    await addUser(data, 'admin', 'pass word of admin')
    const target = { registry: registryAt(first.url, ADMINISTRATOR), name: NAME }
    const one = image('faults/many')
    for (const blob of [one.config, one.layer]) await pushBlob(target, blob)
    const images = Array.from({ length: MANIFESTS }, (_, index) =>
      manifestOf({ ...one.body, annotations: { index: String(index) } }, OCI_MANIFEST),
    )
    for (const [index, manifest] of images.entries())
      expect((await putManifest(target, `v${index}`, manifest)).status).toBe(201)
    await first.stop('SIGTERM')
    const deletion = await binAll(
      data,
      images.map(({ digest }) => digest),
    )

    const restore = `/api/v1/deletions/${deletion}/restore`
    const ask = { headers: { 'content-type': 'application/json' }, body: new TextEncoder().encode('{}') }
    const second = await startFaulty(data, 'metadata.after-commit=kill@5')
    const died = await registryAt(second.url, ADMINISTRATOR)
      .send('POST', restore, ask)
      .catch(() => undefined)
    expect(died).toBeUndefined()
    await second.stop('SIGKILL')

    const third = await startFaulty(data)
    const registry = registryAt(third.url, ADMINISTRATOR)
    const tags = async () => Visible.parse(JSON.parse((await registry.send('GET', `/v2/${NAME}/tags/list`)).text)).tags
    const half = (await tags()).length
    expect(half).toBeGreaterThan(0)
    expect(half).toBeLessThan(MANIFESTS)
    expect((await registry.send('POST', restore, ask)).status).toBe(200)
    expect(await tags()).toHaveLength(MANIFESTS)
    for (const [index, { digest }] of images.entries()) {
      const answer = await registry.send('HEAD', manifestPath(NAME, `v${index}`))
      expect([answer.status, answer.headers.get('docker-content-digest')]).toEqual([200, digest])
    }
    await third.stop('SIGTERM')
    expect(fsckProblems(await fsck(data))).toEqual([])
  })
}, 120_000)

it('kill -9 while a manifest with 1500 tags is deleted, and again while it is restored: doing it again ends it', async () => {
  await withFolder(async (data) => {
    const first = await startFaulty(data)
    await addUser(data, 'admin', 'pass word of admin')
    const target = { registry: registryAt(first.url, ADMINISTRATOR), name: NAME }
    const one = image('faults/many-tags')
    for (const blob of [one.config, one.layer]) await pushBlob(target, blob)
    for (let number = 0; number < TAGS; number++)
      expect((await putManifest(target, `v${number}`, one.manifest)).status).toBe(201)
    await first.stop('SIGTERM')

    const tagsOf = async (registry: ReturnType<typeof registryAt>) =>
      Visible.parse(JSON.parse((await registry.send('GET', `/v2/${NAME}/tags/list`)).text)).tags.length
    /** Dies in the middle of it, and then does it. Returns the tags in between. */
    const twice = async (method: string, path: string, ask: object, status: number) => {
      const dying = await startFaulty(data, 'metadata.after-commit=kill@4')
      const died = await registryAt(dying.url, ADMINISTRATOR)
        .send(method, path, ask)
        .catch(() => undefined)
      expect(died).toBeUndefined()
      await dying.stop('SIGKILL')
      const again = await startFaulty(data)
      const registry = registryAt(again.url, ADMINISTRATOR)
      const between = await tagsOf(registry)
      expect(between).toBeGreaterThan(0)
      expect(between).toBeLessThan(TAGS)
      expect((await registry.send(method, path, ask)).status).toBe(status)
      const after = await tagsOf(registry)
      await again.stop('SIGTERM')
      return { between, after }
    }
    const deleted = await twice('DELETE', manifestPath(NAME, one.manifest.digest), {}, 202)
    expect(deleted.after).toBe(0)
    const ask = { headers: { 'content-type': 'application/json' }, body: new TextEncoder().encode('{}') }
    // The first deletion has the tags that went before it was killed, and with them the manifest comes back.
    const restored = await twice('POST', '/api/v1/deletions/1/restore', ask, 200)
    expect(restored.after).toBe(TAGS - deleted.between)
    expect(fsckProblems(await fsck(data))).toEqual([])
  })
}, 120_000)
