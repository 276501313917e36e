import { beforeAll, describe, test } from 'bun:test'
import { check } from './support/check.ts'
import { streamOf, useRegistry } from './support/client.ts'
import { content, randomContent } from './support/content.ts'
import { DataSet } from './support/data-set.ts'
import * as m from './support/manifests.ts'
import { pushBlob } from './support/uploads.ts'

const registry = useRegistry('manifests')
const target = { registry, name: registry.repository('one') }
const set = new DataSet('manifests')
set.image()
const image = firstOf(set.manifests)
const body = new TextDecoder().decode(image.bytes)

function firstOf(manifests: readonly m.Manifest[]): m.Manifest {
  const [first] = manifests
  if (first === undefined) throw new Error('a data set of one image has no manifest')
  return first
}

beforeAll(async () => {
  for (const blob of set.blobs.values()) await pushBlob(target, blob)
  check(await m.putManifest(target, 'latest', image), m.pushed(target.name, image))
})

describe('end-3: a manifest that is not there', () => {
  test.each([
    ['by digest', randomContent('manifests/missing', 1024).digest],
    ['by tag', 'missing'],
    // No tag by its grammar: nothing can be there, so 404 (older suite).
    ['by a word that is no tag', '.INVALID_MANIFEST_NAME'],
  ])('%s is 404', async (_, reference) => {
    await m.checkManifestAbsent(target, reference)
  })

  // A colon is never part of a tag, so this was meant as a digest; the newer suite takes 400 and 404.
  test('by a digest that is none is 400', async () => {
    const answer = await registry.send('GET', m.manifestPath(target.name, 'sha256:baddigeststring'))
    check(answer, { status: 400, error: 'DIGEST_INVALID' })
  })

  test('in a repository that never was is 404', async () => {
    await m.checkManifestAbsent({ registry, name: registry.repository('never') }, 'latest')
  })
})

describe('end-7a: a digest that does not fit', () => {
  test('that is none is 400', async () => {
    const answer = await m.putManifest(target, 'sha256:baddigeststring', image)
    check(answer, { status: 400, error: 'DIGEST_INVALID' })
  })

  test('of other bytes is 400, and nothing is kept', async () => {
    const padded = { ...image, bytes: new TextEncoder().encode(`${body}  `) }
    const { digest } = content(`${body} `)
    check(await m.putManifest(target, digest, padded), { status: 400, error: 'DIGEST_INVALID' })
    await m.checkManifestAbsent(target, digest)
    await m.checkManifestAbsent(target, content(`${body}  `).digest)
    // end-9: what never was cannot be deleted.
    check(await registry.send('DELETE', m.manifestPath(target.name, digest)), {
      status: 404,
      error: 'MANIFEST_UNKNOWN',
    })
  })
})

describe('end-7a: a body that is no manifest is 400', () => {
  const { mediaType } = image
  const cases: readonly (readonly [string, string, string])[] = [
    ['not JSON', mediaType, 'blablabla'],
    ['another mediaType than its Content-Type', m.OCI_INDEX, body],
    ['schema 1', 'application/vnd.docker.distribution.manifest.v1+json', '{"schemaVersion":1}'],
    ['an image without a config', mediaType, JSON.stringify({ schemaVersion: 2, mediaType, layers: [] })],
    ['image and index at once', mediaType, body.replace('{', '{"manifests":[],')],
    ['a type that is no manifest', 'application/json', '{"schemaVersion":2}'],
  ]
  test.each(cases)('%s', async (_, type, text) => {
    const answer = await m.putManifest(target, 'bad', { mediaType: type, bytes: new TextEncoder().encode(text) })
    check(answer, { status: 400, error: 'MANIFEST_INVALID' })
  })
})

describe('a manifest comes back as it was pushed', () => {
  test('white space, order and unknown fields are part of it', async () => {
    const odd = content(` \n${body.replace('{', '{ "zzz" : [1.0, 1e2],\t')}\r\n`)
    const manifest = { ...odd, mediaType: m.OCI_MANIFEST }
    check(await m.putManifest(target, 'odd', manifest), m.pushed(target.name, manifest))
    await m.checkManifest(target, 'odd', manifest)
  })

  test.each([
    ['none', undefined],
    ['another type', 'application/json'],
    ['a list without it', 'application/vnd.docker.distribution.manifest.v2+json'],
    ['anything', '*/*'],
  ])('whatever Accept says: %s', async (_, accept) => {
    const headers: Record<string, string> = accept === undefined ? {} : { Accept: accept }
    const answer = await registry.send('GET', m.manifestPath(target.name, 'latest'), { headers })
    check(answer, { status: 200, headers: { 'Content-Type': m.OCI_MANIFEST }, body: image.bytes })
  })

  test('parameters of the pushed Content-Type are dropped: clients compare it for equality', async () => {
    const mediaType = `${m.OCI_MANIFEST}; charset=utf-8`
    check(await m.putManifest(target, 'latest', { ...image, mediaType }), m.pushed(target.name, image))
    await m.checkManifest(target, 'latest', image)
  })

  const { digest } = image
  const matching: readonly (readonly [string, string])[] = [
    ['the ETag', `"${digest}"`],
    ['the bare digest', digest],
    ['a weak one', `W/"${digest}"`],
    ['one of a list', `"other", "${digest}"`],
    ['any', '*'],
  ]
  test.each(matching)('If-None-Match: %s is 304', async (_, value) => {
    const answer = await registry.send('GET', m.manifestPath(target.name, 'latest'), {
      headers: { 'If-None-Match': value },
    })
    check(answer, { status: 304, headers: { ETag: `"${image.digest}"` }, body: '' })
  })

  test('If-None-Match of what the tag was before is 200', async () => {
    const headers = { 'If-None-Match': `"${content('before').digest}"` }
    const answer = await registry.send('GET', m.manifestPath(target.name, 'latest'), { headers })
    check(answer, { status: 200, body: image.bytes })
  })
})

describe('end-7a: the largest manifest is 4 MiB', () => {
  const LIMIT_BYTES = 4 * 1024 * 1024
  const padded = (sizeBytes: number) => {
    const made = content(body.padEnd(sizeBytes, ' '))
    return { ...made, mediaType: m.OCI_MANIFEST }
  }

  test('exactly that is 201', async () => {
    const manifest = padded(LIMIT_BYTES)
    check(await m.putManifest(target, 'large', manifest), m.pushed(target.name, manifest))
  })

  test.each([
    ['its length said in advance', false],
    ['its length not known', true],
  ])('a byte more is 413, %s', async (_, chunked) => {
    const { bytes } = padded(LIMIT_BYTES + 1)
    const answer = await registry.send('PUT', m.manifestPath(target.name, 'larger'), {
      headers: { 'Content-Type': m.OCI_MANIFEST },
      body: chunked ? streamOf(bytes) : bytes.slice(),
    })
    check(answer, { status: 413, error: 'MANIFEST_INVALID' })
  })
})

test('a name with the words of the protocol in it is a name', async () => {
  const odd = { registry, name: `${registry.repository('blobs')}/uploads/tags/list/manifests` }
  for (const blob of set.blobs.values()) await pushBlob(odd, blob)
  check(await m.putManifest(odd, 'latest', image), m.pushed(odd.name, image))
  await m.checkManifest(odd, 'latest', image)
})

describe('a repository name that is none is 400', () => {
  const names: readonly (readonly [string, string])[] = [
    ['a capital', 'Upper'],
    ['an empty part', 'a//b'],
    ['two separators together', 'a_-b'],
    ['three underscores', 'a___b'],
    ['a separator first', '-a'],
    ['a slash last', 'a/'],
    ['an escaped slash', 'a%2fb/%2e%2e%2fc'],
    ['256 characters', 'a'.repeat(256)],
  ]
  test.each(names)('%s', async (_, name) => {
    check(await m.putManifest({ registry, name }, 'latest', image), { status: 400, error: 'NAME_INVALID' })
    check(await registry.send('GET', `/v2/${name}/tags/list`), { status: 400, error: 'NAME_INVALID' })
    check(await registry.send('POST', `/v2/${name}/blobs/uploads/`), { status: 400, error: 'NAME_INVALID' })
  })
})
