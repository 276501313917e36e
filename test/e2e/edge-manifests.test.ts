import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { check, errorsOf, headerOf, parse } from '../conformance/support/check.ts'
import { streamOf } from '../conformance/support/client.ts'
import { content, randomContent } from '../conformance/support/content.ts'
import * as m from '../conformance/support/manifests.ts'
import { blobPath, pushBlob } from '../conformance/support/uploads.ts'
import { descriptor, image, index, manifestOf, pushBlobsOf, pushImage } from './support/images.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const server = useServer()
const target = { registry: server, name: 'e2e/edge/manifests' }
const base = image('edge/manifests')
const INVALID = { status: 400, error: 'MANIFEST_INVALID' }
const LIMIT = 4 * 1024 * 1024

beforeAll(() => pushBlobsOf(target, base))

function variant(change: Readonly<Record<string, unknown>>): m.Manifest {
  return manifestOf({ ...base.body, ...change }, m.OCI_MANIFEST)
}

async function tagsOf(name: string): Promise<string[]> {
  return parse(await m.listTags({ registry: server, name }), m.TagList).tags
}

test('edge 25: 4 MiB are 201, one byte more is 413, with a length and without', async () => {
  const room = LIMIT - variant({ annotations: { pad: '' } }).bytes.length
  const most = variant({ annotations: { pad: 'x'.repeat(room) } })
  const over = variant({ annotations: { pad: 'x'.repeat(room + 1) } })
  expect([most.bytes.length, over.bytes.length]).toEqual([LIMIT, LIMIT + 1])
  for (const streamed of [false, true]) {
    const put = (body: Uint8Array) =>
      server.send('PUT', m.manifestPath(target.name, 'edge25'), {
        headers: { 'Content-Type': m.OCI_MANIFEST },
        body: streamed ? streamOf(body) : body.slice(),
      })
    check(await put(most.bytes), m.pushed(target.name, most))
    check(await put(over.bytes), { status: 413, error: 'MANIFEST_INVALID' })
    await m.checkManifest(target, 'edge25', most)
  }
})

describe('edge 26: JSON', () => {
  const text = new TextDecoder().decode(base.manifest.bytes)

  test.each([
    ['a key twice', text.replace('"config":', '"config":{},"config":')],
    ['a byte order mark', `\ufeff${text}`],
    ['bytes after the end', `${text}\n[]`],
    ['65 levels', text.replace('{', `{"x":${'['.repeat(65)}${']'.repeat(65)},`)],
    ['a negative size', text.replace(/"size":\d+/, '"size":-5')],
    ['a descriptor without a digest', text.replace(/"digest":"[^"]+",/, '')],
    ['a config that is an array', JSON.stringify({ ...base.body, config: [] })],
    ['layers that are an object', JSON.stringify({ ...base.body, layers: {} })],
    ['a layer that is text', JSON.stringify({ ...base.body, layers: ['sha256:abc'] })],
    [
      'a descriptor without a media type',
      JSON.stringify({ ...base.body, layers: [{ digest: base.layer.digest, size: 1 }] }),
    ],
  ])('edge 26: %s is 400', async (_, body) => {
    const bytes = new TextEncoder().encode(body)
    check(await m.putManifest(target, 'edge26', { bytes, mediaType: m.OCI_MANIFEST }), INVALID)
    await m.checkManifestAbsent(target, 'edge26')
  })

  test.each([
    ['unknown fields', JSON.stringify({ ...base.body, 'org.example': { deep: [1, { a: null }] }, zz: true })],
    ['white space', `\n  ${JSON.stringify(base.body, null, 4)}\r\n\t`],
    ['layers: null', JSON.stringify({ ...base.body, layers: null })],
    [
      'escapes and other scripts',
      JSON.stringify({ ...base.body, annotations: { '\u00e9': '\ud83d\ude00\u0000\u2028' } }),
    ],
    ['a __proto__ of its own', text.replace('{', '{"__proto__":{"layers":1},')],
    ['60 levels', text.replace('{', `{"x":${'['.repeat(60)}${']'.repeat(60)},`)],
    ['numbers that do not survive', text.replace('{', '{"x":1e400,"y":-0,"z":0.10000000000000000000001,')],
  ])('edge 26: %s are 201, and come back byte for byte', async (_, body) => {
    const pushed = { mediaType: m.OCI_MANIFEST, ...content(body) }
    check(await m.putManifest(target, 'edge26-good', pushed), m.pushed(target.name, pushed))
    await m.checkManifest(target, 'edge26-good', pushed)
  })

  test('edge 26: manifests: null is an empty index', async () => {
    const empty = manifestOf({ schemaVersion: 2, mediaType: m.OCI_INDEX, manifests: null }, m.OCI_INDEX)
    check(await m.putManifest(target, 'edge26-null', empty), m.pushed(target.name, empty))
    await m.checkManifest(target, 'edge26-null', empty)
  })
})

test('edge 27: a document that is an image and an index, or one called the other, is 400', async () => {
  const both = { ...base.body, manifests: [] }
  for (const mediaType of [m.OCI_MANIFEST, m.OCI_INDEX])
    for (const body of [both, { ...both, mediaType: undefined }, { ...both, layers: undefined }])
      check(await m.putManifest(target, 'edge27', { ...manifestOf(body, mediaType), mediaType }), INVALID)
  check(await m.putManifest(target, 'edge27', { ...base.manifest, mediaType: m.OCI_INDEX }), INVALID)
  const list = index([])
  check(await m.putManifest(target, 'edge27', { ...list, mediaType: m.OCI_MANIFEST }), INVALID)
  const unnamed = manifestOf({ ...base.body, mediaType: undefined }, m.OCI_MANIFEST)
  check(await m.putManifest(target, 'edge27', { ...unnamed, mediaType: m.OCI_INDEX }), INVALID)
  await m.checkManifestAbsent(target, 'edge27')
})

describe('edge 28: a subject', () => {
  test('edge 28: that points to a manifest that points on is listed one step deep', async () => {
    const first = variant({ annotations: { chain: '0' } })
    const chain = [first]
    for (let step = 1; step < 5; step++) {
      const subject = descriptor(chain[step - 1] ?? first, m.OCI_MANIFEST)
      chain.push(variant({ annotations: { chain: String(step) }, subject }))
    }
    // Last first, so that every subject is missing when its referrer comes.
    for (const link of chain.toReversed()) check(await m.putManifest(target, link.digest, link), { status: 201 })
    for (const [step, { digest }] of chain.entries()) {
      const { manifests } = parse(await m.listReferrers(server, { name: target.name, subject: digest }), m.Index)
      expect(manifests.map((entry) => entry.digest)).toEqual(chain.slice(step + 1, step + 2).map((next) => next.digest))
    }
  })

  test('edge 28: of the tag’s former manifest, over and over, is a chain like any other', async () => {
    let previous = variant({ annotations: { self: '0' } })
    check(await m.putManifest(target, 'self', previous), { status: 201 })
    for (let round = 1; round < 4; round++) {
      const next = variant({ annotations: { self: String(round) }, subject: descriptor(previous, m.OCI_MANIFEST) })
      const answer = check(await m.putManifest(target, 'self', next), { status: 201 })
      expect(headerOf(answer, 'OCI-Subject')).toBe(previous.digest)
      previous = next
    }
    await m.checkManifest(target, 'self', previous)
  })

  test.each([
    ['short', 'sha256:abc'],
    ['in capitals', `sha256:${'A'.repeat(64)}`],
    ['no digest', 'latest'],
    ['empty', ''],
    ['with a path', `sha256:../../${'a'.repeat(58)}`],
    ['with a line break', `sha256:${'a'.repeat(64)}\r\nX: y`],
  ])('edge 28: with a digest that is %s is 400', async (_, digest) => {
    const subject = { mediaType: m.OCI_MANIFEST, digest, size: 1 }
    check(await m.putManifest(target, 'edge28', variant({ subject })), { status: 400 })
    await m.checkManifestAbsent(target, 'edge28')
  })

  test.each([['text'], [[]], [{}], [1]])('edge 28: that is %j is 400', async (subject) => {
    check(await m.putManifest(target, 'edge28', variant({ subject })), INVALID)
  })

  test('edge 28: that is null is none', async () => {
    const pushed = variant({ subject: null })
    check(await m.putManifest(target, 'edge28-null', pushed), m.pushed(target.name, pushed))
  })
})

describe('referrers', () => {
  async function referrersOf(name: string, subject: m.Manifest): Promise<string[]> {
    const answer = await m.listReferrers(server, { name, subject: subject.digest })
    return parse(answer, m.Index).manifests.map(({ digest }) => digest)
  }

  test('edge 29: pushed before its subject is listed before, during and after the subject’s life', async () => {
    const name = 'e2e/edge/referrers'
    const there = { registry: server, name }
    const subject = image('edge29')
    await pushBlobsOf(there, subject)
    const referrer = manifestOf(
      { ...subject.body, subject: descriptor(subject.manifest, m.OCI_MANIFEST), artifactType: 'application/x' },
      m.OCI_MANIFEST,
    )
    check(await m.putManifest(there, referrer.digest, referrer), { status: 201 })
    expect(await referrersOf(name, subject.manifest)).toEqual([referrer.digest])
    await pushImage(there, subject, 'v1')
    expect(await referrersOf(name, subject.manifest)).toEqual([referrer.digest])
    await m.deleteManifest(there, subject.manifest.digest)
    expect(await referrersOf(name, subject.manifest)).toEqual([referrer.digest])
    await m.deleteManifest(there, referrer.digest)
    expect(await referrersOf(name, subject.manifest)).toEqual([])
    // Nothing is shown of it in another repository either.
    expect(await referrersOf(target.name, subject.manifest)).toEqual([])
  })

  test('edge 30: pushed again and under many tags is one entry', async () => {
    const referrer = variant({ subject: descriptor(base.manifest, m.OCI_MANIFEST), annotations: { edge: '30' } })
    for (const reference of ['edge30-a', 'edge30-b', referrer.digest, referrer.digest])
      check(await m.putManifest(target, reference, referrer), { status: 201 })
    const query = { tag: ['edge30-c', 'edge30-d'] }
    check(await m.putManifest(target, referrer.digest, referrer, query), { status: 201 })
    await Promise.all(Array.from({ length: 10 }, () => m.putManifest(target, referrer.digest, referrer)))
    const found = await referrersOf(target.name, base.manifest)
    expect(found.filter((digest) => digest === referrer.digest)).toHaveLength(1)
  })
})

describe('tags that move', () => {
  const there = { registry: server, name: 'e2e/edge/moves' }
  const versions = Array.from({ length: 6 }, (_, n) => image('edge/moves', { annotations: { n: String(n) } }))

  beforeAll(() => pushBlobsOf(there, image('edge/moves')))

  test('edge 31: overwritten during a pull, old digest and new tag can both be pulled', async () => {
    const [old, changed] = versions
    if (old === undefined || changed === undefined) throw new Error('no versions')
    check(await m.putManifest(there, 'edge31', old.manifest), { status: 201 })
    const head = check(await server.send('HEAD', m.manifestPath(there.name, 'edge31')), { status: 200 })
    check(await m.putManifest(there, 'edge31', changed.manifest), { status: 201 })
    await m.checkManifest(there, headerOf(head, 'Docker-Content-Digest'), old.manifest)
    await m.checkManifest(there, 'edge31', changed.manifest)
    for (const blob of [old.config, old.layer])
      check(await server.send('GET', blobPath(there.name, blob.digest)), { status: 200, body: blob.bytes })
  })

  test('edge 31: read while it is moved to and fro, a tag is always one of the two and never gone', async () => {
    const manifests = versions.map(({ manifest }) => manifest)
    check(await m.putManifest(there, 'edge31-race', manifests[0] ?? base.manifest), { status: 201 })
    const known = new Set(manifests.map(({ digest }) => digest))
    const moves = (async () => {
      for (let round = 0; round < 30; round++)
        for (const manifest of manifests) check(await m.putManifest(there, 'edge31-race', manifest), { status: 201 })
    })()
    let moving = true
    void moves.finally(() => {
      moving = false
    })
    while (moving) {
      const answer = check(await server.send('GET', m.manifestPath(there.name, 'edge31-race')), { status: 200 })
      const digest = headerOf(answer, 'Docker-Content-Digest')
      expect(known.has(digest)).toBe(true)
      expect(content(answer.bytes).digest).toBe(digest)
    }
    await moves
  })

  test('edge 32: of PUTs that race on one tag each is 201, and the tag is one of them', async () => {
    for (let round = 0; round < 10; round++) {
      const tag = `edge32-${round}`
      const answers = await Promise.all(versions.map(({ manifest }) => m.putManifest(there, tag, manifest)))
      for (const answer of answers) check(answer, { status: 201 })
      const now = check(await server.send('GET', m.manifestPath(there.name, tag)), { status: 200 })
      expect(versions.map(({ manifest }) => manifest.digest)).toContain(headerOf(now, 'Docker-Content-Digest'))
      expect((await tagsOf(there.name)).filter((name) => name === tag)).toHaveLength(1)
    }
  })

  test('edge 33: a DELETE by digest that races new tags never leaves a tag that names nothing', async () => {
    const name = 'e2e/edge/delete-race'
    const racing = { registry: server, name }
    await pushBlobsOf(racing, image('edge/moves'))
    for (let round = 0; round < 25; round++) {
      const { manifest } = image('edge/moves', { annotations: { race: String(round) } })
      check(await m.putManifest(racing, manifest.digest, manifest), { status: 201 })
      await Promise.all([
        m.putManifest(racing, `a${round}`, manifest),
        server.send('DELETE', m.manifestPath(name, manifest.digest)),
        m.putManifest(racing, manifest.digest, manifest, { tag: [`b${round}`, `c${round}`] }),
      ])
    }
    for (const tag of await tagsOf(name)) check(await server.send('GET', m.manifestPath(name, tag)), { status: 200 })
  })
})

test('edge 34: a manifest that an index lists is 405 DENIED in-use, also a nested one', async () => {
  const there = { registry: server, name: 'e2e/edge/index' }
  const part = image('edge34')
  await pushImage(there, part)
  const inner = index([descriptor(part.manifest, m.OCI_MANIFEST)])
  const outer = index([descriptor(inner, m.OCI_INDEX)])
  check(await m.putManifest(there, inner.digest, inner), { status: 201 })
  check(await m.putManifest(there, 'all', outer), { status: 201 })
  for (const [digest, neededBy] of [
    [part.manifest.digest, inner.digest],
    [inner.digest, outer.digest],
  ] as const) {
    const answer = await server.send('DELETE', m.manifestPath(there.name, digest))
    check(answer, { status: 405, error: 'DENIED' })
    expect(errorsOf(answer)[0]?.detail).toMatchObject({ reason: 'in-use', digest, neededBy })
  }
  for (const manifest of [part.manifest, inner, outer]) await m.checkManifest(there, manifest.digest, manifest)
  for (const { digest } of [outer, inner, part.manifest]) await m.deleteManifest(there, digest)
})

test('edge 34: a DELETE of a child that races its index never leaves an index without it', async () => {
  const there = { registry: server, name: 'e2e/edge/index-race' }
  for (let round = 0; round < 25; round++) {
    const part = image(`edge34/${round}`)
    await pushImage(there, part)
    const whole = index([descriptor(part.manifest, m.OCI_MANIFEST)])
    const [put, removed] = await Promise.all([
      m.putManifest(there, `r${round}`, whole),
      server.send('DELETE', m.manifestPath(there.name, part.manifest.digest)),
    ])
    if (put.status === 201) {
      check(removed, { status: 405, error: 'DENIED' })
      await m.checkManifest(there, part.manifest.digest, part.manifest)
    } else check(put, { status: 400, error: 'MANIFEST_BLOB_UNKNOWN' })
  }
})

describe('edge 39: what a GET says about itself', () => {
  test.each(['application/json', '*/*', 'text/plain', ''])('edge 39: Accept "%s" is answered', async (accept) => {
    check(await m.putManifest(target, 'edge39', base.manifest), { status: 201 })
    const answer = await server.send('GET', m.manifestPath(target.name, 'edge39'), { headers: { Accept: accept } })
    check(answer, { status: 200, headers: { 'Content-Type': m.OCI_MANIFEST }, body: base.manifest.bytes })
  })

  test('edge 39: If-None-Match of a tag that has moved is 200 with the new one', async () => {
    const changed = variant({ annotations: { edge: '39' } })
    check(await m.putManifest(target, 'edge39-moved', base.manifest), { status: 201 })
    const path = m.manifestPath(target.name, 'edge39-moved')
    const headers = { 'If-None-Match': `"${base.manifest.digest}"` }
    check(await server.send('GET', path, { headers }), { status: 304, body: '' })
    check(await m.putManifest(target, 'edge39-moved', changed), { status: 201 })
    check(await server.send('GET', path, { headers }), { status: 200, body: changed.bytes })
  })

  test('edge 39: If-None-Match is understood in every form, for manifests and blobs', async () => {
    check(await m.putManifest(target, 'edge39', base.manifest), { status: 201 })
    const blob = randomContent('edge39', 100)
    await pushBlob(target, blob)
    for (const [path, digest] of [
      [m.manifestPath(target.name, 'edge39'), base.manifest.digest],
      [blobPath(target.name, blob.digest), blob.digest],
    ] as const)
      for (const method of ['GET', 'HEAD']) {
        for (const tag of [`"${digest}"`, digest, `W/"${digest}"`, `"other", "${digest}"`, '*']) {
          const answer = await server.send(method, path, { headers: { 'If-None-Match': tag } })
          check(answer, { status: 304, headers: { ETag: `"${digest}"` }, body: '' })
        }
        const other = await server.send(method, path, { headers: { 'If-None-Match': `"${digest.slice(1)}"` } })
        check(other, { status: 200 })
      }
  })
})
