import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from '../conformance/support/check.ts'
import { checkManifest, listReferrers, listTags, OCI_INDEX, OCI_MANIFEST } from '../conformance/support/manifests.ts'
import { descriptor, image } from '../e2e/support/images.ts'
import type { InProcess } from '../e2e/support/in-process.ts'
import { PATIENCE_MS } from '../e2e/support/server.ts'
import { rowsOf } from '../support/rows.ts'
import { PLACE, readAll, withAdopted } from './support/adopted.ts'
import { CONTENT, layLayout, listingOf } from './support/trees.ts'

setDefaultTimeout(PATIENCE_MS)

const REF_NAME = 'org.opencontainers.image.ref.name'
const { large, small, arm, both, signature } = CONTENT
const signed = image('adopt/signature')

let made: string
beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'berth-layouts-'))
})
afterAll(() => rm(made, { recursive: true, force: true }))

const tagged = (of: typeof both, type: string, tag: string) => ({
  ...descriptor(of, type),
  annotations: { [REF_NAME]: tag },
})

async function layZot(root: string): Promise<void> {
  const blobsOf = (each: typeof large) => [each.config, each.layer, each.manifest]
  await layLayout(
    join(root, 'team/app'),
    [...blobsOf(large), ...blobsOf(small), ...blobsOf(arm), signed.config, signed.layer, both, signature],
    [
      tagged(large.manifest, OCI_MANIFEST, 'v1'),
      tagged(both, OCI_INDEX, 'multi'),
      tagged(both, OCI_INDEX, 'latest'),
      descriptor(signature, OCI_MANIFEST),
    ],
  )
  // Below another repository, and with the same files: zot links what it has already.
  await layLayout(
    join(root, 'team/app/tools'),
    [large.config, large.manifest],
    [tagged(large.manifest, OCI_MANIFEST, 'same')],
  )
  const path = `blobs/${large.layer.digest.replace(':', '/')}`
  await link(join(root, 'team/app', path), join(root, 'team/app/tools', path))
  await mkdir(join(root, '_trivy/db'), { recursive: true })
  await mkdir(join(root, 'team/app/.uploads'))
  await layLayout(join(root, 'team/empty'), [], [])
  await mkdir(join(root, 'team/bad'))
  await writeFile(join(root, 'team/bad/index.json'), 'no JSON')
}

async function checkTeam(world: InProcess): Promise<void> {
  const at = (name: string) => ({ registry: world, name })
  await checkManifest(at('team/app'), 'multi', both)
  await checkManifest(at('team/app'), 'v1', large.manifest)
  await checkManifest(at('team/app'), arm.manifest.digest, arm.manifest)
  await checkManifest(at('team/app/tools'), 'same', large.manifest)
  for (const name of ['team/app', 'team/app/tools'])
    for (const { digest, bytes } of [large.layer, large.config])
      check(await world.send('GET', `/v2/${name}/blobs/${digest}`), { status: 200, body: bytes })
  check(await world.send('GET', `/v2/team/app/tools/blobs/${small.layer.digest}`), {
    status: 404,
    error: 'BLOB_UNKNOWN',
  })
  expect(JSON.parse((await listTags(at('team/app'))).text).tags).toEqual(['latest', 'multi', 'v1'])
  const referrers = await listReferrers(world, { name: 'team/app', subject: large.manifest.digest })
  expect(JSON.parse(referrers.text).manifests).toHaveLength(1)
}

test('the folder of zot: repositories within repositories, shared files, a broken one', async () => {
  const root = join(made, 'zot')
  await layZot(root)
  const before = await listingOf(root)
  await withAdopted(root, async (world) => {
    await checkTeam(world)
    await readAll(world, root)
    expect(await rowsOf(world.app.database, 'select repository, subject, problem from adopted_problems')).toEqual([
      { repository: 'team/bad', subject: '', problem: 'index.json is not the index of an image layout' },
    ])
    await checkTeam(world)
    expect(JSON.parse((await world.send('GET', '/v2/_catalog')).text).repositories).toEqual([
      'team/app',
      'team/app/tools',
    ])
    expect(await listingOf(root)).toEqual(before)
  })
})

test('one image layout is the repository that the place is called', async () => {
  const root = join(made, 'layout')
  await layLayout(root, [large.config, large.layer, large.manifest], [tagged(large.manifest, OCI_MANIFEST, 'v1')])
  await withAdopted(root, async (world) => {
    await checkManifest({ registry: world, name: PLACE }, 'v1', large.manifest)
    await readAll(world, root)
    expect(JSON.parse((await world.send('GET', '/v2/_catalog')).text).repositories).toEqual([PLACE])
  })
})
