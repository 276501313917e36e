import { afterEach, beforeEach, describe, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLayoutFolder } from '../../src/image-files/open-images.ts'
import { BroughtImages } from '../../src/registry/brought-images.ts'
import { copyImage, type ImageCopy } from '../../src/registry/copy-image.ts'
import { type ImageSource, RemoteError } from '../../src/registry/image-source.ts'
import { sharingBlobs } from '../../src/registry/shared-blobs.ts'
import { type Described, ImageGraph } from '../support/image-graph.ts'
import { openRegistryData, type RegistryData } from '../support/registry-data.ts'
import { recording } from './support.ts'

let folder: string
let data: RegistryData
let graph: ImageGraph

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-copy-'))
  data = await openRegistryData()
  graph = new ImageGraph()
})
afterEach(async () => {
  await data.close()
  await rm(folder, { recursive: true, force: true })
})

async function layout(): Promise<ImageSource> {
  graph.writeLayout(folder)
  return openLayoutFolder(folder)
}

const bare = ({ mediaType, digest, size }: Described) => ({ mediaType, digest, size })
const inTeam = { name: 'team/app', tags: ['v1'] }
const v1 = { name: '', reference: 'v1' }

async function copy(source: ImageSource, more: Partial<ImageCopy> = {}) {
  return copyImage({ source, target: data.images, from: v1, to: inTeam, referrers: false, ...more })
}

/** What a tag names here now. */
const tagged = async (tag: string) => (await data.images.resolve('team/app', tag))?.digest as string | undefined

function simple(): Described {
  const image = graph.image('simple', [graph.blob('a'.repeat(200_000)), graph.blob('b')])
  graph.tag('v1', image)
  return image
}

const platform = (image: Described, architecture: string) => ({ ...image, platform: { os: 'linux', architecture } })

describe('what is asked', () => {
  it('is one question on each side where the tag names it already', async () => {
    simple()
    const source = recording(await layout())
    const target = recording(data.images)
    await copy(source.place, { referrers: true })
    source.calls.length = 0
    for (const referrers of [false, 'when-copied'] as const)
      await copy(source.place, { target: target.place, referrers })
    expect(source.calls).toEqual(['resolve v1', 'resolve v1'])
    expect(target.calls).toEqual(['resolve v1', 'resolve v1'])
  })

  it('is each manifest once, however many paths lead to it', async () => {
    let level = [graph.image('leaf', [])]
    for (let depth = 0; depth < 7; depth++) {
      const [left] = level
      if (left === undefined) throw new Error('no level')
      level = [
        graph.index([...level], { annotations: { side: 'left' } }),
        graph.index([...level], { annotations: { side: 'right' } }),
      ]
    }
    const root = graph.index(level)
    graph.tag('v1', root)
    const source = recording(await layout())
    await copy(source.place)
    const asked = source.calls.filter((call) => call.startsWith('manifest '))
    expect(asked.length).toBe(new Set(asked).size)
    expect(asked.length).toBe(1 + 2 * 7 + 1)
  })

  it('is each blob once', async () => {
    const shared = graph.blob('shared')
    graph.tag('v1', graph.index([graph.image('one', [shared, shared]), graph.image('two', [shared])]))
    const source = recording(await layout())
    await copy(source.place)
    expect(source.calls.filter((call) => call === `blob ${shared.digest} from 0`)).toHaveLength(1)
  })

  it('is each blob once also where a signature has it too', async () => {
    const shared = graph.blob('shared')
    const root = graph.image('root', [shared])
    graph.tag('v1', root)
    graph.image('signature', [shared], { subject: bare(root) })
    const target = recording(data.images)
    await copy(await layout(), { target: target.place, referrers: true })
    expect(target.calls.filter((call) => call === `hasBlob ${shared.digest}`)).toHaveLength(1)
  })

  it('is a blob of several images of one run once', async () => {
    const shared = graph.blob('s'.repeat(300_000))
    graph.tag('v1', graph.image('one', [shared]))
    graph.tag('v2', graph.image('two', [shared]))
    const source = recording(await layout())
    const target = sharingBlobs(data.images)
    await Promise.all([
      copy(source.place, { target }),
      copy(source.place, { target, from: { name: '', reference: 'v2' }, to: { name: 'other/app', tags: ['v2'] } }),
    ])
    expect(source.calls.filter((call) => call === `blob ${shared.digest} from 0`)).toHaveLength(1)
    expect(await data.images.hasBlob('other/app', shared.digest as never)).toBe(true)
  })
})

describe('many tags of one run that name the same image', () => {
  const COSIGN = ['sig', 'att', 'sbom']

  async function copyTags(source: ImageSource, target = data.images, more: Partial<ImageCopy> = {}): Promise<void> {
    const brought = new BroughtImages()
    await Promise.all(
      ['v1', 'v2', 'v3', 'v4'].map((tag) => {
        const from = { name: '', reference: tag }
        const to = { name: 'team/app', tags: [tag] }
        return copyImage({ source, target, from, to, referrers: 'when-copied', brought, ...more })
      }),
    )
  }

  function tagFour(): { root: Described; child: Described } {
    const child = graph.image('child', [graph.blob('layer')])
    const root = graph.index([child])
    for (const tag of ['v1', 'v2', 'v3', 'v4']) graph.tag(tag, root)
    return { root, child }
  }

  it('have it asked for once, and each is set by one change', async () => {
    const { root, child } = tagFour()
    const sbom = graph.image('sbom', [], { subject: bare(root) })
    const source = recording(await layout())
    const target = recording(data.images)
    await copyTags(source.place, target.place)
    for (const tag of ['v1', 'v2', 'v3', 'v4']) expect(await tagged(tag)).toBe(root.digest)
    expect(await data.images.referrers('team/app', root.digest as never)).toHaveLength(1)
    const about = [root, child, sbom].flatMap(({ digest }) => [
      `manifest ${digest}`,
      `referrers ${digest}`,
      ...COSIGN.map((suffix) => `resolve ${digest.replace(':', '-')}.${suffix}`),
    ])
    const blobs = source.calls.filter((call) => call.startsWith('blob '))
    expect(source.calls.filter((call) => !call.startsWith('blob ')).sort()).toEqual(
      [...about, ...['v1', 'v2', 'v3', 'v4'].map((tag) => `resolve ${tag}`)].sort(),
    )
    expect(blobs.length).toBe(new Set(blobs).size)
    const tagging = target.calls.filter((call) => call.startsWith(`putManifest ${root.digest} v`))
    expect(tagging.sort()).toEqual(['v1', 'v2', 'v3', 'v4'].map((tag) => `putManifest ${root.digest} ${tag}`))
    expect(target.calls.filter((call) => call === `resolve ${child.digest}`)).toHaveLength(1)
  })

  it('have it brought by another one where the first failed', async () => {
    const { root } = tagFour()
    const source = await layout()
    let asked = 0
    const failing: ImageSource = {
      ...source,
      blob: (...args) => (asked++ === 0 ? Promise.reject(new RemoteError('refused', 'no')) : source.blob(...args)),
    }
    await expect(copyTags(failing)).rejects.toThrow('no')
    await copyTags(source)
    for (const tag of ['v1', 'v2', 'v3', 'v4']) expect(await tagged(tag)).toBe(root.digest)
  })

  it('are asked nothing that the list of tags answers, of a registry without the API', async () => {
    const { root, child } = tagFour()
    const signature = graph.image('signature', [])
    const [signed, list] = [`${root.digest.replace(':', '-')}.sig`, child.digest.replace(':', '-')]
    graph.tag(signed, signature)
    const about = graph.image('sbom', [], { subject: bare(child) })
    const source = recording({ ...(await layout()), lacksReferrersApi: () => true })
    await copyTags(source.place, data.images, { sourceTags: new Set([signed, list]) })
    const asked = source.calls.filter((call) => call.startsWith('referrers ') || call.startsWith('resolve sha'))
    expect(asked.sort()).toEqual([`referrers ${child.digest}`, `resolve ${signed}`])
    expect(await tagged(signed)).toBe(signature.digest)
    expect(await data.images.referrers('team/app', child.digest as never)).toMatchObject([{ digest: about.digest }])
  })
})

describe('an index that is there without all its images', () => {
  it.each([true, false])('gets them where that is asked for (with signatures: %p)', async (referrers) => {
    const [amd, arm] = [graph.image('amd', [graph.blob('1')]), graph.image('arm', [graph.blob('2')])]
    graph.tag('v1', graph.index([platform(amd, 'amd64'), platform(arm, 'arm64')]))
    const source = await layout()
    const sparse = await openRegistryData({ content: { sparse: true } })
    const shared = { source, target: sparse.images, from: v1, to: inTeam, referrers }
    await copyImage({ ...shared, platforms: ['linux/arm64'] })
    const hasAmd = async () => (await sparse.images.resolve('team/app', amd.digest)) !== undefined
    expect(await hasAmd()).toBe(false)
    const asking = recording(source)
    await copyImage({ ...shared, source: asking.place, completes: true })
    expect(await hasAmd()).toBe(true)
    if (!referrers) expect(asking.calls).not.toContain(`manifest ${arm.digest}`)
    await sparse.close()
  })
})

describe('the order', () => {
  it('is blobs, manifests, the root, what is about it, and its tag last', async () => {
    const child = graph.image('child', [graph.blob('layer')])
    const root = graph.index([child])
    graph.tag('v1', root)
    const sbom = graph.image('sbom', [], { subject: bare(root) })
    const signature = graph.image('of the sbom', [], { subject: bare(sbom) })
    const target = recording(data.images)
    await copy(await layout(), { target: target.place, referrers: true })
    const puts = target.calls.filter((call) => call.startsWith('putManifest'))
    expect(puts).toEqual([
      `putManifest ${child.digest}`,
      `putManifest ${root.digest}`,
      `putManifest ${sbom.digest}`,
      `putManifest ${signature.digest}`,
      `putManifest ${root.digest} v1`,
    ])
    expect(target.calls.findLastIndex((call) => call.startsWith('putBlob'))).toBeLessThan(
      target.calls.indexOf(`putManifest ${signature.digest}`),
    )
  })

  it('leaves no tag where something on the way fails, and goes on from there', async () => {
    const root = simple()
    graph.image('sbom', [], { subject: bare(root) })
    const source = await layout()
    const broken = { ...source, referrers: () => Promise.reject(new RemoteError('failed', 'it answered 503')) }
    await expect(copy(broken, { referrers: true })).rejects.toThrow('it answered 503')
    expect(await tagged('v1')).toBeUndefined()
    const again = recording(source)
    await copy(again.place, { referrers: true })
    expect(await tagged('v1')).toBe(root.digest)
    expect(await data.images.referrers('team/app', root.digest as never)).toHaveLength(1)
  })

  it('mounts what another repository of the same place has', async () => {
    simple()
    await copy(await layout())
    const place = recording(data.images)
    const from = { name: 'team/app', reference: 'v1' }
    const to = { name: 'team/other', tags: ['v1'] }
    const copied = await copyImage({ source: place.place, target: place.place, from, to, referrers: true })
    expect(copied).toMatchObject({ bytes: 0, blobs: 3, manifests: 1 })
    expect(place.calls.filter((call) => call.startsWith('putBlob') || call.startsWith('blob'))).toEqual([])
  })
})

describe('what cannot be trusted', () => {
  it('is a manifest of other bytes', async () => {
    const root = simple()
    const source = await layout()
    const lying: ImageSource = {
      ...source,
      manifest: async (name, reference) => {
        const found = await source.manifest(name, reference)
        return found && { ...found, content: new TextEncoder().encode('{"schemaVersion":2}') }
      },
    }
    await expect(copy(lying)).rejects.toThrow(`it gave other bytes for the manifest ${root.digest}`)
    expect(await tagged('v1')).toBeUndefined()
  })

  it.each([
    ['other bytes', (bytes: Uint8Array) => bytes.map((byte) => byte ^ 1), 'another digest'],
    ['too many bytes', (bytes: Uint8Array) => Buffer.concat([bytes, bytes]), 'more than the'],
  ] as const)('is a blob of %s', async (_what, change, problem) => {
    simple()
    const source = await layout()
    const lying: ImageSource = {
      ...source,
      blob: async (name, digest, options) => {
        const found = await source.blob(name, digest, options)
        const bytes = await new Response(found?.body).bytes()
        return found && { sizeBytes: undefined, body: new Blob([change(bytes) as Uint8Array<ArrayBuffer>]).stream() }
      },
    }
    await expect(copy(lying)).rejects.toThrow(problem)
    expect(await tagged('v1')).toBeUndefined()
    for (const digest of graph.contents.keys())
      expect(await data.images.hasBlob('team/app', digest as never)).toBe(false)
  })

  it('is an image of too many levels', async () => {
    let root = graph.image('leaf', [])
    for (let depth = 0; depth < 9; depth++) root = graph.index([root])
    graph.tag('v1', root)
    await expect(copy(await layout())).rejects.toThrow('nested deeper than 8')
  })

  it('is an image of too many manifests', async () => {
    const children = Array.from({ length: 1000 }, (_, n) => graph.image(`${n}`, []))
    graph.tag('v1', graph.index(children))
    await expect(copy(await layout())).rejects.toThrow('more than 1000 manifests')
  })
})

describe('a source that breaks off', () => {
  /** Gives at most so many bytes of a blob before the connection is gone. */
  function breaking(source: ImageSource, bytesEach: number): { source: ImageSource; offsets: number[] } {
    const offsets: number[] = []
    const broken: ImageSource = {
      ...source,
      blob: async (name, digest, { offset = 0 } = {}) => {
        const found = await source.blob(name, digest)
        const bytes = await new Response(found?.body).bytes()
        if (bytes.length > 1000) offsets.push(offset)
        const piece = bytes.slice(offset, offset + bytesEach)
        let isGiven = piece.length === 0
        const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
          if (!isGiven) controller.enqueue(piece)
          else if (offset + bytesEach >= bytes.length) controller.close()
          else controller.error(new RemoteError('unreachable', 'the connection broke'))
          isGiven = true
        }
        // Nothing is pulled before it is wanted: an error would take along what waits.
        const body = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 })
        return found && { sizeBytes: bytes.length, body }
      },
    }
    return { source: broken, offsets }
  }

  it('is asked again from there on', async () => {
    const root = simple()
    const { source, offsets } = breaking(await layout(), 70_000)
    await copy(source)
    expect(await tagged('v1')).toBe(root.digest)
    expect(offsets).toEqual([0, 70_000, 140_000])
  })

  it('is given up when it gives nothing', async () => {
    simple()
    const { source, offsets } = breaking(await layout(), 0)
    await expect(copy(source)).rejects.toThrow('the connection broke')
    expect(offsets.length).toBeLessThanOrEqual(3)
    expect(await tagged('v1')).toBeUndefined()
  })
})

describe('what is left out', () => {
  it('are layers that may not be distributed, where the source lacks them', async () => {
    const foreign = {
      ...graph.blob('foreign'),
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    }
    const root = graph.image('windows', [foreign])
    graph.contents.delete(foreign.digest)
    graph.tag('v1', root)
    await copy(await layout())
    expect(await tagged('v1')).toBe(root.digest)
  })

  it('is no layer of another kind', async () => {
    const layer = graph.blob('layer')
    graph.tag('v1', graph.image('incomplete', [layer]))
    graph.contents.delete(layer.digest)
    await expect(copy(await layout())).rejects.toThrow(`the blob ${layer.digest} is not there`)
  })

  it('are other platforms, where the target takes an index without them', async () => {
    const [amd, arm] = [graph.image('amd', [graph.blob('1')]), graph.image('arm', [graph.blob('2')])]
    const about = { ...graph.image('about arm', []), annotations: { 'vnd.docker.reference.digest': arm.digest } }
    const attestation = { ...about, platform: { os: 'unknown', architecture: 'unknown' } }
    const root = graph.index([platform(amd, 'amd64'), platform(arm, 'arm64'), attestation])
    graph.tag('v1', root)
    const source = await layout()
    await expect(copy(source, { platforms: ['linux/arm64'] })).rejects.toThrow(
      /does not take an index of which images are missing \(linux\/amd64\): copy all platforms/,
    )
    expect(await tagged('v1')).toBeUndefined()
    const sparse = await openRegistryData({ content: { sparse: true } })
    const target = sparse.images
    await copyImage({ source, target, from: v1, to: inTeam, referrers: false, platforms: ['linux/arm64'] })
    const has = async ({ digest }: Described) => (await target.resolve('team/app', digest)) !== undefined
    expect([await has(root), await has(arm), await has(about), await has(amd)]).toEqual([true, true, true, false])
    await sparse.close()
  })

  it('is nothing without a word: a platform that is not there', async () => {
    graph.tag('v1', graph.index([platform(graph.image('amd', []), 'amd64')]))
    await expect(copy(await layout(), { platforms: ['linux/s390x'] })).rejects.toThrow(
      'it has no image for linux/s390x; it has linux/amd64',
    )
  })
})

describe('an abort', () => {
  it('ends it, and leaves no tag and no upload', async () => {
    simple()
    const source = await layout()
    const stop = new AbortController()
    const stopping: ImageSource = {
      ...source,
      blob: async (...args) => {
        stop.abort(new Error('enough'))
        return source.blob(...args)
      },
    }
    await expect(copy(stopping, { signal: stop.signal })).rejects.toThrow('enough')
    expect(await tagged('v1')).toBeUndefined()
    const uploads = await Array.fromAsync(data.registry.blobs.uploads.list())
    expect(uploads).toEqual([])
  })
})
