import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { z } from 'zod'
import { check, headerOf, parse } from '../conformance/support/check.ts'
import { content, randomContent } from '../conformance/support/content.ts'
import * as m from '../conformance/support/manifests.ts'
import { ON_POSTGRES } from '../support/postgres.ts'
import { descriptor, image, manifestOf, pushBlobsOf, pushImage } from './support/images.ts'
import { head, rawRequest } from './support/raw.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'
import { within } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

const LONG = process.env.BERTH_TEST_LONG !== undefined
const server = useServer()
const target = { registry: server, name: 'e2e/lists' }
const many = { registry: server, name: 'e2e/many' }
const pushed = image('lists')
const Catalog = z.strictObject({ repositories: z.array(z.string()) })
const TAGS = Array.from({ length: 1100 }, (_, n) => `t${String(n).padStart(4, '0')}`)

/** The path of the next page, from a Link that is a single value, relative, and exactly of this form. */
function nextOf(link: string | null): string | undefined {
  if (link === null) return undefined
  const path = /^<(\/[^<>;]+)>; rel="next"$/.exec(link)?.[1]
  if (path === undefined) throw new Error(`not a Link to a next page: ${link}`)
  return path
}

beforeAll(async () => {
  await pushImage(target, pushed, 'one')
  await pushBlobsOf(many, pushed)
  for (let at = 0; at < TAGS.length; at += 100)
    check(await m.putManifest(many, pushed.manifest.digest, pushed.manifest, { tag: TAGS.slice(at, at + 100) }), {
      status: 201,
    })
}, 60_000)

describe('row 34: pages that are none', () => {
  const paths = [`/v2/${many.name}/tags/list`, '/v2/_catalog', `/v2/${many.name}/referrers/${pushed.manifest.digest}`]

  test.each(['-1', 'abc', '1.5', '1e3', 'NaN', '', '0x10', ' 1', '+1', '1\0', '١'])(
    'row 34: n=%s is 400',
    async (n) => {
      for (const path of paths) check(await server.send('GET', path, { query: { n } }), { status: 400 })
    },
  )

  test.each(['1001', '9007199254740993', '1000000000', '99999999999999999999'])(
    'row 34: n=%s is clamped to 1,000, with a Link to the rest',
    async (n) => {
      const answer = await within('the page', 2000, m.listTags(many, { n }))
      expect(parse(answer, m.TagList).tags).toEqual(TAGS.slice(0, 1000))
      const rest = await server.send('GET', nextOf(headerOf(answer, 'Link')) ?? '')
      expect(parse(rest, m.TagList).tags).toEqual(TAGS.slice(1000))
      expect(rest.headers.get('Link')).toBeNull()
      parse(check(await server.send('GET', '/v2/_catalog', { query: { n } }), { status: 200 }), Catalog)
    },
  )

  test('row 34: no n at all is a page of 1,000 too', async () => {
    const answer = await m.listTags(many)
    expect(parse(answer, m.TagList).tags).toHaveLength(1000)
    expect(nextOf(answer.headers.get('Link'))).toBeDefined()
  })

  test.each([
    ['unknown', 'unknown-thing', 0],
    ['before all', '!', 1],
    ['SQL', "' or 1=1 --", 1],
    ['wild cards', '%', 1],
    ['a NUL', '\0', 1],
    ['8,000 characters', 'z'.repeat(8000), 0],
    ['the highest code point', '\u{10ffff}', 0],
    ['an emoji', '😀', 0],
  ])('row 34: last=%s continues after it in byte order', async (_, last, count) => {
    const answer = await m.listTags(target, { last })
    expect(parse(answer, m.TagList).tags).toHaveLength(count)
    const catalog = parse(
      check(await server.send('GET', '/v2/_catalog', { query: { last } }), { status: 200 }),
      Catalog,
    )
    expect(catalog.repositories).toHaveLength(count * 2)
  })

  test('row 34: last that is no UTF-8 harms nobody', async () => {
    const answer = await rawRequest(server.url, head('GET', `/v2/${target.name}/tags/list?last=%ff%fe&n=1`))
    expect(answer.status).toBe(200)
  })

  test('row 34: pages of 7 show each tag once, in order', async () => {
    const seen: string[] = []
    let path: string | undefined = `/v2/${many.name}/tags/list?n=7`
    while (path !== undefined) {
      const answer = check(await server.send('GET', path), { status: 200 })
      const { tags } = parse(answer, m.TagList)
      expect(tags.length).toBeLessThanOrEqual(7)
      seen.push(...tags)
      path = nextOf(answer.headers.get('Link'))
    }
    expect(seen).toEqual(TAGS)
  })

  test('row 34: names of which one begins another are each listed once', async () => {
    const names = ['e2e/prefix', 'e2e/prefix-b', 'e2e/prefix.b', 'e2e/prefix/b', 'e2e/prefix_b', 'e2e/prefixb']
    for (const name of names) await pushImage({ registry: server, name }, pushed, 'v1')
    const seen: string[] = []
    let path: string | undefined = '/v2/_catalog?n=1&last=e2e/prefi'
    while (path !== undefined) {
      const answer = check(await server.send('GET', path), { status: 200 })
      seen.push(...parse(answer, Catalog).repositories)
      path = nextOf(answer.headers.get('Link'))
    }
    const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
    expect(seen).toEqual(names.toSorted(bytewise))
  })
})

describe('row 35: referrers', () => {
  test.each(['sha256:abc', 'nothing', 'md5:d41d8cd98f00b204e9800998ecf8427e', 'sha256:'])(
    'row 35: of the bad digest %s are 400',
    async (digest) => {
      const answer = await server.send('GET', `/v2/${target.name}/referrers/${digest}`)
      check(answer, { status: 400, error: 'DIGEST_INVALID' })
    },
  )

  test.each([
    ['a manifest without any', target.name, pushed.manifest.digest],
    ['an unknown digest', target.name, content('nobody has this').digest],
    ['an unknown repository', 'e2e/never/used', content('nobody has this').digest],
  ])('row 35: of %s are an empty index', async (_, name, subject) => {
    const answer = await m.listReferrers(server, { name, subject })
    expect(parse(answer, m.Index)).toEqual({ schemaVersion: 2, mediaType: m.OCI_INDEX, manifests: [] })
    const filtered = await m.listReferrers(server, { name, subject, artifactType: 'application/x' })
    expect(parse(filtered, m.Index).manifests).toEqual([])
  })

  const count = LONG ? 10_000 : 1500
  test(
    `row 35: ${count} of them come in pages below 4 MiB, each once`,
    async () => {
      const there = { registry: server, name: 'e2e/referrers' }
      await pushBlobsOf(there, pushed)
      const subject = descriptor(manifestOf({ nobody: 'pushes this' }, m.OCI_MANIFEST), m.OCI_MANIFEST)
      const note = 'x'.repeat(3000)
      const referrers = Array.from({ length: count }, (_, n) =>
        manifestOf({ ...pushed.body, subject, annotations: { n: String(n), note } }, m.OCI_MANIFEST),
      )
      for (let at = 0; at < count; at += 50)
        await Promise.all(
          referrers.slice(at, at + 50).map(async (referrer) => {
            check(await m.putManifest(there, referrer.digest, referrer), { status: 201 })
          }),
        )
      const seen: string[] = []
      let path: string | undefined = `/v2/${there.name}/referrers/${subject.digest}`
      let pages = 0
      while (path !== undefined) {
        const answer = check(await server.send('GET', path), { status: 200, headers: { 'Content-Type': m.OCI_INDEX } })
        expect(answer.bytes.length).toBeLessThanOrEqual(4 * 1024 * 1024)
        seen.push(...parse(answer, m.Index).manifests.map(({ digest }) => digest))
        path = nextOf(answer.headers.get('Link'))
        pages++
      }
      expect(pages).toBeGreaterThan(1)
      expect(seen.toSorted()).toEqual(referrers.map(({ digest }) => digest).toSorted())
    },
    LONG || ON_POSTGRES ? 120_000 : 30_000,
  )
})

describe('row 36: whatever Accept says', () => {
  const path = m.manifestPath(target.name, 'one')
  const headers = { 'Content-Type': m.OCI_MANIFEST, 'Docker-Content-Digest': pushed.manifest.digest }

  test.each([
    ['*/*'],
    ['application/json'],
    ['text/html'],
    ['application/vnd.docker.distribution.manifest.v1+prettyjws'],
    ['nonsense'],
    [';;;,,,/;q='],
    ['application/vnd.oci.image.index.v1+json;q=0'],
  ])('row 36: %s is answered with what is stored', async (accept) => {
    const answer = await server.send('GET', path, { headers: { Accept: accept } })
    check(answer, { status: 200, headers, body: pushed.manifest.bytes })
  })

  test('row 36: no Accept at all, and several of them, are too', async () => {
    for (const lines of [[], ['Accept: a/b', 'Accept: c/d'], ['Accept:']]) {
      const answer = await rawRequest(server.url, head('GET', path, lines))
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toEqual([m.OCI_MANIFEST])
    }
  })

  test('row 36: 15 KiB is answered at once, 64 KiB at once or with 431', async () => {
    const long = await within('15 KiB', 500, server.send('GET', path, { headers: { Accept: 'a/b,'.repeat(3700) } }))
    check(long, { status: 200, headers })
    const huge = head('GET', path, [`Accept: ${'a/b;q=0.1,'.repeat(6600)}`])
    expect([200, 431]).toContain((await within('64 KiB', 1000, rawRequest(server.url, huge))).status)
    check(await server.send('GET', path), { status: 200, headers })
  })

  test('row 36: hostile If-None-Match and query strings take linear time', async () => {
    const tags = `${'"x",'.repeat(3700)}"${randomContent('etag', 8).digest}"`
    check(await within('If-None-Match', 500, server.send('GET', path, { headers: { 'If-None-Match': tags } })), {
      status: 200,
    })
    const query = `?${'a=b&'.repeat(3000)}`
    expect((await within('a query', 500, rawRequest(server.url, head('GET', path + query)))).status).toBe(200)
  })
})
