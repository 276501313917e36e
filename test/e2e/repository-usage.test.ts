import { afterEach, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import { check } from '../conformance/support/check.ts'
import { content } from '../conformance/support/content.ts'
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { pushBlob } from '../conformance/support/uploads.ts'
import { type Person, World } from '../access/support/world.ts'
import { descriptor, type Image, image, index, manifestOf, pushBlobsOf, pushImage } from './support/images.ts'
import { PATIENCE_MS } from './support/server.ts'
import { untilTrue } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

const APP = '/repositories/dev%2Fapp'

let world: World
let owner: Person
beforeEach(async () => {
  world = await World.open()
  owner = await world.user('owner')
  await world.project('dev')
  await world.grant('dev', 'user:owner', 'owner')
})
afterEach(async () => {
  expect(world.errors()).toBe('')
  await world.close()
})

const target = (name = 'dev/app') => ({ registry: world.with(owner.basic), name })
async function read(path: string) {
  return JSON.parse(check(await world.api('GET', path, owner.basic), { status: 200 }).text)
}
const sizeOf = ({ config, layer }: Image) => config.bytes.length + layer.bytes.length

type Listed = readonly (readonly [tag: string, bytes: number])[]

function listed({ items }: { readonly items: readonly { tag: string; bytes: number }[] }): Listed {
  return items.map(({ tag, bytes }) => [tag, bytes])
}

/** Where it took long, the answer of before is given a little longer. */
async function untilListed(wanted: Listed): Promise<void> {
  const look = async () => JSON.stringify(listed(await read(`${APP}/usage`))) === JSON.stringify(wanted)
  await untilTrue(`the usage is ${JSON.stringify(wanted)}`, look, PATIENCE_MS)
}

/** An image whose configuration says this. */
function withConfig(label: string, settings: Readonly<Record<string, unknown>>, type: string = OCI_CONFIG): Image {
  const base = image(label)
  const config = content(JSON.stringify(settings))
  const body = { ...base.body, config: descriptor(config, type) }
  return { ...base, config, manifest: manifestOf(body, OCI_MANIFEST), body }
}

test('the tags that hold most alone come first; what several need, or many, counts for none', async () => {
  const [small, large, shared] = [
    image('u/small', {}, 400),
    image('u/large', {}, 90_000),
    image('u/shared', {}, 50_000),
  ]
  for (const [each, tag] of [
    [small, 'small'],
    [large, 'large'],
    [shared, 'one'],
  ] as const)
    await pushImage(target(), each, tag)
  // Another name of the same, and another image around its layer.
  check(await putManifest(target(), 'two', shared.manifest), { status: 201 })
  const around = manifestOf({ ...small.body, layers: [descriptor(large.layer, OCI_LAYER)] }, OCI_MANIFEST)
  const usage = await read(`${APP}/usage`)
  expect(usage).toMatchObject({ isComplete: true, items: [{ tag: 'large', digest: large.manifest.digest }, {}] })
  expect(listed(usage)).toEqual([
    ['large', sizeOf(large)],
    ['small', sizeOf(small)],
  ])
  check(await putManifest(target(), 'around', around), { status: 201 })
  await untilListed([
    ['small', small.layer.bytes.length],
    ['large', large.config.bytes.length],
  ])
  // In another repository it is its own.
  await pushImage(target('dev/other'), large, 'large')
  expect((await read('/repositories/dev%2Fother/usage')).items).toMatchObject([{ tag: 'large', bytes: sizeOf(large) }])
})

test('what hangs on a tag by an index or a subject is its own', async () => {
  const [one, two, report] = [image('u/amd64', {}, 5000), image('u/arm64', {}, 6000), image('u/report', {}, 7000)]
  for (const each of [one, two]) await pushImage(target(), each)
  const whole = index([one, two].map(({ manifest }) => descriptor(manifest, OCI_MANIFEST)))
  check(await putManifest(target(), 'whole', whole), { status: 201 })
  await pushBlobsOf(target(), report)
  const about = manifestOf({ ...report.body, subject: descriptor(one.manifest, OCI_MANIFEST) }, OCI_MANIFEST)
  check(await putManifest(target(), about.digest, about), { status: 201 })
  const bytes = [one, two, report].reduce((sum, each) => sum + sizeOf(each), 0)
  await untilListed([['whole', bytes]])
  check(await putManifest(target(), 'arm', two.manifest), { status: 201 })
  await untilListed([['whole', bytes - sizeOf(two)]])
})

test('a tag tells what a single image runs on, and nothing of what is no image', async () => {
  const arm = withConfig('p/arm', { os: 'linux', architecture: 'arm', variant: 'v7' })
  const large = withConfig('p/large', { os: 'windows', architecture: 'amd64', author: 'x'.repeat(90_000) })
  const chart = withConfig('p/chart', { os: 'linux', architecture: 'none' }, 'application/vnd.cncf.helm.config.v1+json')
  const odd = withConfig('p/odd', { os: 7 })
  for (const [tag, each] of Object.entries({ arm, large, chart, odd })) await pushImage(target(), each, tag)
  const platformsByTag = async () =>
    Object.fromEntries(
      (await read(`${APP}/tags`)).items.map(({ name, platforms }: { name: string; platforms?: string[] }) => [
        name,
        platforms,
      ]),
    )
  const wanted = { arm: ['linux/arm/v7'], large: ['windows/amd64'], chart: undefined, odd: undefined }
  expect(await platformsByTag()).toEqual(wanted)
  // Remembered, and the same.
  expect(await platformsByTag()).toEqual(wanted)
  expect((await read(`${APP}/tags/arm`)).platforms).toEqual(['linux/arm/v7'])
})

test('a repository tells how many tags it has, and what its newest one says that it is', async () => {
  await pushImage(target(), image('d/none'), 'v1')
  expect(await read(APP)).toMatchObject({ tags: 1 })
  expect((await read(APP)).description).toBeUndefined()
  const label = { 'org.opencontainers.image.description': ' Says hello. ' }
  world.clock.advance(1000)
  await pushImage(target(), withConfig('d/label', { os: 'linux', config: { Labels: label } }), 'v2')
  expect(await read(APP)).toMatchObject({ tags: 2, description: 'Says hello.' })
  world.clock.advance(1000)
  const annotated = image('d/annotated', { annotations: { ...label, 'org.opencontainers.image.description': 'New' } })
  await pushBlob(target(), annotated.config)
  await pushImage(target(), annotated, 'v3')
  expect((await read(APP)).description).toBe('New')
  await pushImage(target('dev/other'), annotated, 'v1')
  const { items } = await read('/repositories')
  expect(items.map(({ name, tags }: { name: string; tags: number }) => [name, tags])).toEqual([
    ['dev/app', 3],
    ['dev/other', 1],
  ])
})
