import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import { check, errorsOf, headerOf } from '../conformance/support/check.ts'
import { type Answer, streamOf } from '../conformance/support/client.ts'
import { content, randomContent } from '../conformance/support/content.ts'
import * as m from '../conformance/support/manifests.ts'
import { pushBlob } from '../conformance/support/uploads.ts'
import { descriptor, type DescriptorJson, image, index, manifestOf, pushBlobsOf, pushImage } from './support/images.ts'
import { head, RawConnection, rawRequest } from './support/raw.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'
import { untilTrue, within } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

const LIMIT = 4 * 1024 * 1024
const server = useServer()
const target = { registry: server, name: 'e2e/manifests' }
const base = image('manifests')
const [layer] = base.body.layers as DescriptorJson[]
const INVALID = { status: 400, error: 'MANIFEST_INVALID' }
const TOO_LARGE = { status: 413, error: 'MANIFEST_INVALID' }

beforeAll(() => pushBlobsOf(target, base))

function put(text: string | Uint8Array, mediaType = m.OCI_MANIFEST, reference = 'bad'): Promise<Answer> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  return m.putManifest(target, reference, { bytes, mediaType })
}

function putBody(change: Readonly<Record<string, unknown>>, mediaType = m.OCI_MANIFEST): Promise<Answer> {
  return put(JSON.stringify({ ...base.body, ...change }), mediaType)
}

async function checkNothingStored(): Promise<void> {
  await m.checkManifestAbsent(target, 'bad')
}

/** A manifest of exactly that many bytes. */
function padded(sizeBytes: number): m.Manifest {
  const empty = JSON.stringify({ ...base.body, annotations: { pad: '' } })
  return manifestOf({ ...base.body, annotations: { pad: 'x'.repeat(sizeBytes - empty.length) } }, m.OCI_MANIFEST)
}

describe('row 21: a manifest over 4 MiB', () => {
  test('row 21: of exactly 4 MiB is 201', async () => {
    const largest = padded(LIMIT)
    expect(largest.bytes.length).toBe(LIMIT)
    check(await m.putManifest(target, 'largest', largest), m.pushed(target.name, largest))
    await m.checkManifest(target, 'largest', largest)
  })

  test('row 21: of one byte more is 413, declared or chunked', async () => {
    const { bytes } = padded(LIMIT + 1)
    check(await put(bytes), TOO_LARGE)
    const path = m.manifestPath(target.name, 'bad')
    const headers = { 'Content-Type': m.OCI_MANIFEST }
    check(await server.send('PUT', path, { headers, body: streamOf(bytes) }), TOO_LARGE)
    await checkNothingStored()
  })

  test('row 21: declared is 413 before a byte is sent', async () => {
    const path = m.manifestPath(target.name, 'bad')
    const answer = await rawRequest(server.url, head('PUT', path, [`Content-Length: ${LIMIT + 1}`]))
    expect(answer.status).toBe(413)
  })

  test('row 21: without an end is 413 soon, and costs no memory', async () => {
    const before = await residentBytes()
    const connections = await Promise.all(Array.from({ length: 8 }, () => RawConnection.open(server.url)))
    const mebibyte = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000, 0x20), Buffer.from('\r\n')])
    for (const connection of connections) {
      connection.write(head('PUT', m.manifestPath(target.name, 'bad'), ['Transfer-Encoding: chunked']))
      for (let sent = 0; sent < 6; sent++) connection.write(mebibyte)
    }
    for (const connection of connections) {
      expect((await connection.answer(10_000)).status).toBe(413)
      connection.destroy()
    }
    expect((await residentBytes()) - before).toBeLessThan(128 * 1024 * 1024)
  })
})

async function residentBytes(): Promise<number> {
  const status = await readFile(`/proc/${server.running.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

const TEXT = new TextDecoder().decode(base.manifest.bytes)

test.each<[string, string | Uint8Array]>([
  ['nothing', ''],
  ['no JSON', 'hello'],
  ['HTML', '<!doctype html><title>not found</title>'],
  ['an array', `[${TEXT}]`],
  ['a string', JSON.stringify(TEXT)],
  ['null', 'null'],
  ['a byte order mark', `\ufeff${TEXT}`],
  ['bytes after the end', `${TEXT}{}`],
  ['an unfinished object', TEXT.slice(0, -1)],
  ['a comment', `/* */${TEXT}`],
  ['UTF-16', Buffer.from(TEXT, 'utf16le')],
  ['bytes that are no UTF-8', Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])],
  ['100,000 open arrays', '['.repeat(100_000)],
  ['100,000 nested objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ['deep nesting in a field nobody reads', TEXT.replace('{', `{"deep":${'['.repeat(100)}${']'.repeat(100)},`)],
  ['a key twice', TEXT.replace('{', '{"schemaVersion":2,')],
  ['a key twice, once escaped', TEXT.replace('{', '{"\\u0073chemaVersion":2,')],
  ['a key twice in a descriptor', TEXT.replace('"size":', '"size":1,"size":')],
])('row 22: %s instead of a manifest is 400', async (_, text) => {
  check(await within('the answer', 3000, put(text)), INVALID)
  check(await server.send('GET', '/v2/'), { status: 200 })
  await checkNothingStored()
})

const child = { mediaType: m.OCI_MANIFEST, digest: base.manifest.digest, size: base.manifest.bytes.length }

test.each<[string, Readonly<Record<string, unknown>>, string]>([
  ['layers and manifests', { manifests: [] }, m.OCI_MANIFEST],
  ['manifests that are null beside layers', { manifests: null }, m.OCI_MANIFEST],
  ['an index with layers', { mediaType: m.OCI_INDEX, manifests: [], config: undefined }, m.OCI_INDEX],
  ['an index with a config', { mediaType: m.OCI_INDEX, manifests: [], layers: undefined }, m.OCI_INDEX],
  ['an image sent as an index', {}, m.OCI_INDEX],
  ['an image that says it is an index', { mediaType: m.OCI_INDEX }, m.OCI_MANIFEST],
  ['an image without mediaType sent as an index', { mediaType: undefined }, m.OCI_INDEX],
  ['the fields of schema 1', { fsLayers: [] }, m.OCI_MANIFEST],
  ['schemaVersion 1', { schemaVersion: 1 }, m.OCI_MANIFEST],
  ['schemaVersion as text', { schemaVersion: '2' }, m.OCI_MANIFEST],
  ['no layers', { layers: undefined }, m.OCI_MANIFEST],
  ['no config', { config: undefined }, m.OCI_MANIFEST],
  ['a mediaType that is a number', { mediaType: 2 }, m.OCI_MANIFEST],
])('row 23: %s is 400', async (_, change, mediaType) => {
  check(await putBody(change, mediaType), INVALID)
  await checkNothingStored()
})

test.each(['-1', '1.5', '9007199254740993', '1e400', '"300"', 'null', 'true', '[]', '-0.5', '299', '301', '0'])(
  'row 24: a layer of 300 bytes with size %s is 400',
  async (size) => {
    const text = TEXT.replace(`"size":${layer?.size}`, `"size":${size}`)
    expect(text).not.toBe(TEXT)
    check(await put(text), INVALID)
    check(await put(TEXT.replace(`,"size":${layer?.size}`, '')), INVALID)
    const entry = JSON.stringify(child).replace(`"size":${child.size}`, `"size":${size}`)
    check(await put(`{"schemaVersion":2,"manifests":[${entry}]}`, m.OCI_INDEX), { status: 400 })
    await checkNothingStored()
  },
)

test('row 25: missing content is 400 MANIFEST_BLOB_UNKNOWN with one entry a digest', async () => {
  const [one, two] = [randomContent('row25/1', 10), randomContent('row25/2', 10)]
  const elsewhere = randomContent('row25/elsewhere', 10)
  await pushBlob({ registry: server, name: 'e2e/row25/other' }, elsewhere)
  const missing = [one, two, elsewhere]
  const layers = [layer, ...missing.map((blob) => descriptor(blob, m.OCI_LAYER)), descriptor(one, m.OCI_LAYER)]
  const answer = check(await putBody({ layers, config: descriptor(two, m.OCI_CONFIG) }), { status: 400 })
  const named = errorsOf(answer)
  for (const { code } of named) expect(code).toBe('MANIFEST_BLOB_UNKNOWN')
  const digests = named.map(({ detail }) => (detail as { digest: string }).digest)
  expect(digests.toSorted()).toEqual(missing.map(({ digest }) => digest).toSorted())

  const children = missing.map((blob) => descriptor(blob, m.OCI_MANIFEST))
  const list = check(await m.putManifest(target, 'bad', index(children)), { status: 400 })
  expect(errorsOf(list).map(({ code }) => code)).toEqual(missing.map(() => 'MANIFEST_BLOB_UNKNOWN'))
  await checkNothingStored()
})

test('row 26: a subject that is not here is 201 with OCI-Subject', async () => {
  const absent = manifestOf({ nobody: 'has this' }, m.OCI_MANIFEST)
  const subject = descriptor(absent, m.OCI_MANIFEST)
  const referrer = { ...manifestOf({ ...base.body, subject }, m.OCI_MANIFEST), subject: absent.digest }
  check(await m.putManifest(target, referrer.digest, referrer), m.pushed(target.name, referrer))
})

describe('row 27: a Content-Type that is none', () => {
  test.each([
    ['a carriage return', 'a/b\rX-Injected: yes'],
    ['a NUL', 'a/b\0'],
    ['8 KiB', `application/${'a'.repeat(8192)}`],
    ['256 characters', `application/${'a'.repeat(244)}`],
    ['bytes above ASCII', 'application/\xff\xfe'],
    ['no slash', 'manifest'],
    ['nothing', ''],
    ['a quote', 'application/"x"'],
  ])('row 27: with %s is 400', async (_, type) => {
    const { bytes } = manifestOf({ ...base.body, mediaType: undefined }, m.OCI_MANIFEST)
    const path = m.manifestPath(target.name, 'bad')
    const lines = [`Content-Type: ${type}`, `Content-Length: ${bytes.length}`]
    const connection = await RawConnection.open(server.url)
    connection.write(head('PUT', path, lines))
    connection.write(bytes)
    expect((await connection.answer()).status).toBe(400)
    connection.destroy()
    await checkNothingStored()
  })

  test.each([
    'application/vnd.example.unknown+json',
    'application/json',
    'text/html',
    'application/vnd.docker.distribution.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
    'application/vnd.oci.artifact.manifest.v1+json',
  ])('row 27: of the unknown type %s is 400', async (mediaType) => {
    check(await putBody({ mediaType }, mediaType), INVALID)
    await checkNothingStored()
  })

  test.each([
    ['mediaType', { mediaType: `${m.OCI_MANIFEST}\r\nX-Injected: yes` }],
    ['artifactType', { artifactType: 'a/b\r\nX-Injected: yes' }],
    ['artifactType without a slash', { artifactType: 'artifact' }],
    ['the media type of a layer', { layers: [{ ...layer, mediaType: 'a/b\r\nX-Injected: yes' }] }],
    ['annotations', { annotations: { key: 1 } }],
  ])('row 27: in %s of the body is 400', async (_, change) => {
    check(await putBody(change), INVALID)
    await checkNothingStored()
  })

  test('row 27: parameters are dropped, and never come back', async () => {
    const pushed = manifestOf({ ...base.body, annotations: { row: '27' } }, m.OCI_MANIFEST)
    check(await put(pushed.bytes, `${m.OCI_MANIFEST}; charset=utf-8`, 'parameters'), { status: 201 })
    await m.checkManifest(target, 'parameters', pushed)
  })
})

test('row 28: another body than the digest in the address is 400, and nothing is stored', async () => {
  const { bytes, digest } = manifestOf({ ...base.body, annotations: { row: '28' } }, m.OCI_MANIFEST)
  const other = content(`${new TextDecoder().decode(bytes)} `)
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const wrong = content(bytes, algorithm).digest
    check(await put(other.bytes, m.OCI_MANIFEST, wrong), { status: 400, error: 'DIGEST_INVALID' })
    await m.checkManifestAbsent(target, wrong)
  }
  await m.checkManifestAbsent(target, digest)
  await m.checkManifestAbsent(target, other.digest)
})

describe('row 29: hostile indexes', () => {
  test('row 29: 40 levels that each name the level below twice cost linear time', async () => {
    await pushImage(target, base)
    let below: DescriptorJson = child
    const started = performance.now()
    for (let level = 0; level < 40; level++) {
      const next = index([below, { ...below, annotations: { again: 'yes' } }], {
        annotations: { level: String(level) },
      })
      const answer = await m.putManifest(target, level === 39 ? 'diamond' : next.digest, next)
      if (answer.status === 400) return // A limit on depth is right too.
      check(answer, { status: 201 })
      below = descriptor(next, m.OCI_INDEX)
    }
    check(await server.send('GET', m.manifestPath(target.name, 'diamond')), { status: 200 })
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('row 29: an index that names its own tag’s digest is 400', async () => {
    const first = index([])
    check(await m.putManifest(target, 'self', first), { status: 201 })
    const self = index([{ ...descriptor(first, m.OCI_INDEX), digest: content('not yet known').digest }])
    check(await m.putManifest(target, 'self', self), { status: 400, error: 'MANIFEST_BLOB_UNKNOWN' })
    await m.checkManifest(target, 'self', first)
  })

  test('row 29: 1,001 children are 400, 100,000 are 413', async () => {
    await pushImage(target, base)
    const children = (count: number) => Array.from({ length: count }, () => child)
    check(await m.putManifest(target, 'bad', index(children(1001))), INVALID)
    const hundredThousand = index(children(100_000))
    check(await within('the refusal', 5000, put(hundredThousand.bytes, m.OCI_INDEX)), TOO_LARGE)
    check(await m.putManifest(target, 'wide', index(children(1000))), { status: 201 })
    await checkNothingStored()
  })

  test('row 29: layers too: 1,001 are 400', async () => {
    check(await putBody({ layers: Array.from({ length: 1001 }, () => layer) }), INVALID)
  })
})

test('a refusal stays below 64 KiB, however much is missing', async () => {
  const layers = Array.from({ length: 1000 }, (_, n) => descriptor(content(`missing ${n}`), m.OCI_LAYER))
  const answer = check(await putBody({ layers }), { status: 400, error: 'MANIFEST_BLOB_UNKNOWN' })
  expect(answer.bytes.length).toBeLessThan(64 * 1024)
  expect(headerOf(answer, 'Content-Type')).toBe('application/json')
  await untilTrue('the server is well', async () => (await server.send('GET', '/readyz')).status === 200)
})
