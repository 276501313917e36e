import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip, gzipSync } from 'node:zlib'
import { type Header, pack } from 'tar-stream'
import { openImageArchive, openLayoutFolder } from '../../src/image-files/open-images.ts'
import { writeImageArchive, writeLayoutFolder } from '../../src/image-files/write-images.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { copyImage } from '../../src/registry/copy-image.ts'
import { RemoteError } from '../../src/registry/image-source.ts'
import { ImageGraph } from '../support/image-graph.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-archives-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Entry = Partial<Header> & { readonly name: string; readonly bytes?: Uint8Array | string }

let count = 0
async function archive(entries: readonly Entry[], gzip = false): Promise<string> {
  const path = join(folder, `${count++}.tar`)
  const tar = pack()
  const written = gzip ? pipeline(tar, createGzip(), createWriteStream(path)) : pipeline(tar, createWriteStream(path))
  for (const { bytes = '', ...header } of entries) tar.entry(header as Header, Buffer.from(bytes as string))
  tar.finalize()
  await written
  return path
}

const graph = new ImageGraph()
const [one, two] = ['one', 'two'].map((text) => graph.blob(text.repeat(5000)).digest) as [string, string]
const configOf = (...diffIds: readonly string[]) =>
  JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: diffIds } })

/** As docker 24 saved an image that has its first layer twice. */
function saved(
  more: { readonly config?: string; readonly layer?: Uint8Array | string; readonly tags?: unknown } = {},
): Entry[] {
  const {
    config = configOf(one, two, one),
    layer = 'one'.repeat(5000),
    tags = ['team/app:v1', 'docker.io/library/x:2'],
  } = more
  return [
    { name: 'a/', type: 'directory' },
    { name: 'a/VERSION', bytes: '1.0' },
    { name: 'a/layer.tar', bytes: layer },
    { name: 'b/layer.tar', bytes: 'two'.repeat(5000) },
    { name: 'c/layer.tar', type: 'symlink', linkname: '../a/layer.tar' },
    { name: 'config.json', bytes: config },
    {
      name: 'manifest.json',
      bytes: JSON.stringify([
        { Config: 'config.json', RepoTags: tags, Layers: ['a/layer.tar', 'b/layer.tar', 'c/layer.tar'] },
      ]),
    },
    { name: 'repositories', bytes: '{}' },
  ]
}

describe('what docker saved before it saved layouts', () => {
  it.each([false, true])('is read as it lies there (compressed: %p)', async (gzip) => {
    const images = await openImageArchive(await archive(saved(), gzip))
    expect(images.images.map(({ named }) => named)).toEqual([
      { name: 'team/app', tag: 'v1' },
      { name: 'x', tag: '2' },
    ])
    expect(await Array.fromAsync(images.repositories())).toEqual(['team/app', 'x'])
    const manifest = await images.manifest('team/app', 'v1')
    const { layers } = JSON.parse(new TextDecoder().decode(manifest?.content)) as { layers: { digest: string }[] }
    expect(layers.map(({ digest }) => digest)).toEqual([one, two, one])
    const blob = await images.blob('', two as never, { offset: 5 })
    expect(await new Response(blob?.body).text()).toBe('two'.repeat(5000).slice(5))
    await images.close()
  })

  it('may have compressed layers', async () => {
    const images = await openImageArchive(await archive(saved({ layer: gzipSync('one'.repeat(5000)) })))
    const manifest = await images.manifest('team/app', 'v1')
    expect(new TextDecoder().decode(manifest?.content)).toContain('layer.v1.tar+gzip')
  })

  it('may have no names', async () => {
    const images = await openImageArchive(await archive(saved({ tags: null })))
    expect(images.images).toHaveLength(1)
    expect(images.images[0]?.named).toBeUndefined()
  })

  it.each([
    ['another layer than its config says', saved({ layer: 'three' }), 'is not the one that the image’s config names'],
    ['fewer layers than its config says', saved({ config: configOf(one) }), 'an image of 1 layers with 3 files'],
    ['a config that is none', saved({ config: '[]' }), 'whose config names no layers'],
    ['a config that is no JSON', saved({ config: '{' }), 'whose config is no JSON'],
    ['a list that is none', [{ name: 'manifest.json', bytes: '{}' }], 'is no list of images'],
    ['a missing layer', saved().filter(({ name }) => name !== 'b/layer.tar'), 'lacks the file "b/layer.tar"'],
    [
      'a name that leads out',
      [{ name: 'manifest.json', bytes: '[{"Config":"../x","Layers":[]}]' }],
      'lacks the file "../x"',
    ],
  ] as const)('is refused with %s', async (_what, entries, problem) => {
    await expect(openImageArchive(await archive(entries))).rejects.toThrow(problem.replace('’', "'"))
  })
})

describe('what docker saves with containerd’s store', () => {
  it('is the one image of an index that it has', async () => {
    const saving = new ImageGraph()
    const on = (architecture: string) => ({
      ...saving.image(architecture, [saving.blob(architecture)]),
      platform: { os: 'linux', architecture },
    })
    const [amd, arm] = [on('amd64'), on('arm64')]
    const index = saving.index([amd, arm])
    saving.contents.delete(arm.digest)
    const annotations = {
      'io.containerd.image.name': 'docker.io/library/nginx:1',
      'org.opencontainers.image.ref.name': '1',
    }
    const path = await archive([
      { name: 'oci-layout', bytes: '{"imageLayoutVersion":"1.0.0"}' },
      { name: 'index.json', bytes: JSON.stringify({ schemaVersion: 2, manifests: [{ ...index, annotations }] }) },
      ...[...saving.contents].map(([digest, bytes]) => ({ name: `blobs/${digest.replace(':', '/')}`, bytes })),
    ])
    const { images } = await openImageArchive(path)
    expect(images as unknown).toEqual([{ named: { name: 'nginx', tag: '1' }, digest: amd.digest }])
  })
})

describe('an archive that is written', () => {
  it('is not there when something failed, and takes no other’s place', async () => {
    const from = join(folder, 'from')
    const good = new ImageGraph()
    good.tag('v1', good.image('good', [good.blob('layer'.repeat(50_000))]))
    good.writeLayout(from)
    const source = await openLayoutFolder(from)
    const path = join(folder, 'written.tar')
    const written = await writeImageArchive(path, { clock: systemClock }, 'oci')
    const broken = { ...source, blob: () => Promise.reject(new RemoteError('failed', 'it answered 500')) }
    const wanted = {
      target: written.target,
      from: { name: '', reference: 'v1' },
      to: { name: 'app', tags: ['v1'] },
      referrers: false,
    }
    await expect(copyImage({ ...wanted, source: broken })).rejects.toThrow('it answered 500')
    await written.abandon()
    expect((await readdir(folder)).filter((name) => name.startsWith('written'))).toEqual([])
    await Bun.write(path, 'somebody’s')
    await expect(writeImageArchive(path, { clock: systemClock }, 'oci')).rejects.toThrow('is there already')
  })

  it('is for docker only where docker can load it', async () => {
    const from = join(folder, 'index')
    const good = new ImageGraph()
    good.tag('v1', good.index([good.image('one', [])]))
    good.writeLayout(from)
    const written = await writeImageArchive(join(folder, 'docker.tar'), { clock: systemClock }, 'docker')
    const source = await openLayoutFolder(from)
    await copyImage({
      source,
      target: written.target,
      from: { name: '', reference: 'v1' },
      to: { name: 'a', tags: ['v1'] },
      referrers: false,
    })
    await expect(written.finish()).rejects.toThrow('docker loads images of one platform only')
    await written.abandon()
  })
})

describe('a layout that is written', () => {
  it('keeps what was in it, and takes no folder of something else', async () => {
    const into = join(folder, 'into')
    const [first, second] = [new ImageGraph(), new ImageGraph()]
    first.tag('v1', first.image('first', []))
    second.tag('v2', second.image('second', []))
    first.writeLayout(into)
    second.writeLayout(join(folder, 'second'))
    const written = await writeLayoutFolder(into, { clock: systemClock })
    const source = await openLayoutFolder(join(folder, 'second'))
    await copyImage({
      source,
      target: written.target,
      from: { name: '', reference: 'v2' },
      to: { name: '', tags: ['v2'] },
      referrers: true,
    })
    await written.finish()
    const { images } = await openLayoutFolder(into)
    expect(images.map(({ named }) => named?.tag).sort()).toEqual(['v1', 'v2'])
    await Bun.write(join(folder, 'home', 'letter.txt'), 'dear')
    await expect(writeLayoutFolder(join(folder, 'home'), { clock: systemClock })).rejects.toThrow(
      'is neither empty nor an OCI image layout',
    )
  })
})
