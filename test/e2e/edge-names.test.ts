import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { check, parse } from '../conformance/support/check.ts'
import * as m from '../conformance/support/manifests.ts'
import { blobPath, startUpload } from '../conformance/support/uploads.ts'
import { image, pushBlobsOf, pushImage } from './support/images.ts'
import { codeOf, head, rawRequest } from './support/raw.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const server = useServer()
const pushed = image('edge/names')

describe('edge 35: lists of tags', () => {
  const target = { registry: server, name: 'e2e/edge/tags' }
  const tags = ['TEST0', 'Test1', '_a', 'a', 'a-b', 'a.b', 'a_b', 'aa', 'test0', 'test1', '0', '10', '2']
  const sorted = tags.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

  async function list(query: Readonly<Record<string, string>>): Promise<{ tags: string[]; link: string | null }> {
    await pushBlobsOf(target, pushed)
    check(await m.putManifest(target, pushed.manifest.digest, pushed.manifest, { tag: tags }), { status: 201 })
    const answer = await m.listTags(target, query)
    return { tags: parse(answer, m.TagList).tags, link: answer.headers.get('Link') }
  }

  test('edge 35: are sorted by bytes', async () => {
    expect(sorted.indexOf('TEST0')).toBeLessThan(sorted.indexOf('test0'))
    expect(await list({})).toEqual({ tags: sorted, link: null })
  })

  test('edge 35: last beyond the end is [] without a Link', async () => {
    expect(await list({ last: 'zzz' })).toEqual({ tags: [], link: null })
    expect(await list({ last: sorted.at(-1) ?? '', n: '5' })).toEqual({ tags: [], link: null })
  })

  test('edge 35: n=0 is [] without a Link', async () => {
    expect(await list({ n: '0' })).toEqual({ tags: [], link: null })
  })

  test('edge 35: exactly as many as there are come without a Link, one fewer with one', async () => {
    expect(await list({ n: String(sorted.length) })).toEqual({ tags: sorted, link: null })
    const { tags: most, link } = await list({ n: String(sorted.length - 1) })
    expect(most).toEqual(sorted.slice(0, -1))
    const last = encodeURIComponent(sorted.at(-2) ?? '')
    expect(link).toBe(`</v2/${target.name}/tags/list?n=${sorted.length - 1}&last=${last}>; rel="next"`)
  })

  test('edge 35: a walk of one at a time sees each once, also when last is deleted meanwhile', async () => {
    await list({})
    const seen: string[] = []
    let path = `/v2/${target.name}/tags/list?n=1`
    for (;;) {
      const answer = check(await server.send('GET', path), { status: 200 })
      const [tag] = parse(answer, m.TagList).tags
      if (tag === undefined) break
      seen.push(tag)
      check(await server.send('DELETE', m.manifestPath(target.name, tag)), { status: 202 })
      const next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('Link') ?? '')?.[1]
      if (next === undefined) break
      path = next
    }
    expect(seen).toEqual(sorted)
    expect(parse(await m.listTags(target), m.TagList).tags).toEqual([])
  })

  test('edge 35: of a repository that is not there are 404', async () => {
    const answer = await server.send('GET', '/v2/e2e/edge/nothing/tags/list')
    check(answer, { status: 404, error: 'NAME_UNKNOWN' })
    const none = await server.send('GET', '/v2/e2e/edge/nothing/tags/list?n=0')
    check(none, { status: 404, error: 'NAME_UNKNOWN' })
  })
})

describe('edge 36: names', () => {
  test.each([
    'a/blobs/uploads',
    'tags/list/manifests',
    'manifests',
    'blobs',
    'uploads',
    'referrers/x/tags/list',
    'v2',
    'token',
    'a/v2/b',
    'blobs/uploads/blobs/uploads',
    'a__b',
    'a--b',
    'a.b_c-d/0/1.2.3',
    '0',
    `${'a/'.repeat(127)}a`,
    'a'.repeat(255),
  ])('edge 36: %s is one', async (name) => {
    const target = { registry: server, name }
    await pushImage(target, pushed, 'v1')
    await m.checkManifest(target, 'v1', pushed.manifest)
    check(await server.send('GET', blobPath(name, pushed.layer.digest)), { status: 200, body: pushed.layer.bytes })
    expect(parse(await m.listTags(target), m.TagList)).toEqual({ name, tags: ['v1'] })
    check(await server.send('GET', await startUpload(target)), { status: 204 })
  })

  test.each([
    'A',
    'a//b',
    'a_-b',
    'a___b',
    'a/',
    '/a',
    '_catalog/x',
    '_oci/x',
    'a%2fb',
    'a%2Fb',
    '-a',
    'a-',
    'a..b',
    '.a',
    'a._b',
    'a/.b',
    'a@b',
    'a:b',
    'a+b',
    'a~b',
    'a b'.replace(' ', '%20'),
    '%61',
    'a'.repeat(256),
  ])('edge 36: %s is none', async (name) => {
    for (const [method, rest] of [
      ['GET', 'tags/list'],
      ['GET', 'manifests/v1'],
      ['PUT', 'manifests/v1'],
      ['POST', 'blobs/uploads/'],
    ] as const) {
      const answer = await rawRequest(server.url, head(method, `/v2/${name}/${rest}`, ['Content-Length: 0']))
      expect([method, name, answer.status, codeOf(answer)]).toEqual([method, name, 400, 'NAME_INVALID'])
    }
  })

  test.each([
    '/v2/e2e/edge/tags/tags/list/',
    '/v2/e2e/edge/tags/tags/list;x',
    '/v2/e2e/edge/tags/tags/LIST',
    '/V2/e2e/edge/tags/tags/list',
    '//v2/e2e/edge/tags/tags/list',
    '/%762/e2e/edge/tags/tags/list',
    '/v2/e2e/edge/tags/tags%2flist',
    '/v2/_catalog/',
    '/v2//_catalog',
    '/v2/manifests/v1',
    '/v2/x',
    '/v1/images/x/json',
    '/v3/',
  ])('edge 36: the address %s is another one, and there is nothing there', async (path) => {
    const answer = await rawRequest(server.url, head('GET', path))
    expect([400, 404]).toContain(answer.status)
  })
})
