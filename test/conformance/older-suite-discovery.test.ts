import { beforeAll, describe, expect, test } from 'bun:test'
import { deleteBlob } from './support/blobs.ts'
import { check, parse } from './support/check.ts'
import { useRegistry } from './support/client.ts'
import { type Content, content } from './support/content.ts'
import * as m from './support/manifests.ts'
import { olderImage, olderManifest, put, putImage } from './support/older-suite.ts'

const registry = useRegistry('older-discovery')
const target = { registry, name: registry.repository('one') }

const TYPE_A = 'application/vnd.example.bread'
const TYPE_B = 'application/vnd.example.butter'
const NOTE = 'org.example.note'

const tagged = olderImage('discovery')
const subject = olderImage('discovery/subject')
const absent = olderImage('discovery/absent').manifest
const empty = content('{}')
const [blobA, blobB] = [content('a slice of bread'), content('a piece of butter')]
const TAGS = ['TEST0', 'TEST1', 'TEST2', 'TEST3', 'tagtest0', 'test0', 'test1', 'test2', 'test3']

function descriptor(mediaType: string, { digest, bytes }: Content) {
  return { mediaType, size: bytes.length, digest }
}

/** An artifact whose type is the type of its config, or (the newer way) said at the top. */
function referrer(
  way: 'config' | 'layer',
  type: string,
  blob: Content,
  { note, of = subject.manifest }: { note?: string; of?: m.Manifest },
): m.Manifest {
  const [inner, nothing] = [descriptor(type, blob), descriptor(m.OCI_EMPTY, empty)]
  const parts =
    way === 'config' ? { config: inner, layers: [nothing] } : { artifactType: type, config: nothing, layers: [inner] }
  const annotations = note === undefined ? {} : { annotations: { [NOTE]: note } }
  const body = { schemaVersion: 2, mediaType: m.OCI_MANIFEST, ...parts, ...annotations }
  return olderManifest({ ...body, subject: descriptor(m.OCI_MANIFEST, of) }, of.digest)
}

const configA = referrer('config', TYPE_A, blobA, { note: 'config a' })
const layerA = referrer('layer', TYPE_A, blobA, { note: 'layer a' })
const configB = referrer('config', TYPE_B, blobB, { note: 'config b' })
const layerB = referrer('layer', TYPE_B, blobB, { note: 'layer b' })
const orphan = referrer('layer', TYPE_B, blobB, { of: absent })
const index = olderManifest(
  {
    schemaVersion: 2,
    mediaType: m.OCI_INDEX,
    artifactType: 'application/vnd.example.breakfast',
    manifests: [configA, layerA].map((manifest) => descriptor(m.OCI_MANIFEST, manifest)),
    subject: descriptor(m.OCI_MANIFEST, subject.manifest),
    annotations: { [NOTE]: 'index' },
  },
  subject.manifest.digest,
)

async function push(...manifests: readonly m.Manifest[]): Promise<void> {
  for (const manifest of manifests) {
    check(await m.putManifest(target, manifest.digest, manifest), m.pushed(target.name, manifest))
  }
}

beforeAll(async () => {
  for (const tag of TAGS.filter((tag) => tag !== 'tagtest0')) await putImage(target, tagged, tag)
  // Some referrers come before their subject and some after it; each is told its subject (`OCI-Subject`) all the same.
  for (const blob of [empty, blobA]) await put(target, blob)
  await push(configA, layerA, index)
  await putImage(target, subject, 'tagtest0')
  await put(target, blobB)
  await push(configB, layerB, orphan)
})

describe('older suite, discovery: tags', () => {
  const tags = async (query = {}) => parse(await m.listTags(target, query), m.TagList).tags
  const half = Math.floor(TAGS.length / 2)

  test('all: 200, sorted', async () => {
    expect(await tags()).toEqual(TAGS)
  })

  test('n: exactly so many', async () => {
    expect(await tags({ n: String(half) })).toEqual(TAGS.slice(0, half))
  })

  test('n and last: what comes after, and not last itself', async () => {
    const query = { n: String(half), last: TAGS[half - 1] }
    expect(await tags(query)).toEqual(TAGS.slice(half, 2 * half))
  })
})

describe('older suite, discovery: referrers', () => {
  async function notes(of: string, artifactType?: string) {
    const ask = { name: target.name, subject: of, ...(artifactType !== undefined && { artifactType }) }
    const { manifests } = parse(await m.listReferrers(registry, ask), m.Index)
    return Object.fromEntries(manifests.map(({ digest, annotations }) => [digest, annotations]))
  }

  const a = { [configA.digest]: { [NOTE]: 'config a' }, [layerA.digest]: { [NOTE]: 'layer a' } }
  const b = { [configB.digest]: { [NOTE]: 'config b' }, [layerB.digest]: { [NOTE]: 'layer b' } }

  test('of a digest nobody knows: 200, none', async () => {
    expect(await notes(content('hello world').digest)).toEqual({})
  })

  test('of the subject: all five, each with its one annotation', async () => {
    expect(await notes(subject.manifest.digest)).toEqual({ ...a, ...b, [index.digest]: { [NOTE]: 'index' } })
  })

  test('of the subject, by type: two', async () => {
    expect(await notes(subject.manifest.digest, TYPE_A)).toEqual(a)
  })

  test('of a subject that never came: its one', async () => {
    expect(Object.keys(await notes(absent.digest))).toEqual([orphan.digest])
  })

  test('teardown: manifests, then blobs', async () => {
    const manifests = [index, tagged.manifest, subject.manifest, configA, layerA, configB, layerB, orphan]
    for (const { digest } of manifests) await m.deleteManifest(target, digest)
    for (const { digest } of [tagged.config, tagged.layer, subject.config, blobA, blobB, empty]) {
      await deleteBlob(target, digest)
    }
    expect(await notes(subject.manifest.digest)).toEqual({})
  })
})
