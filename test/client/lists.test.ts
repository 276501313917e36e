import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import type { RemoteRegistry } from '../../src/client/remote-registry.ts'
import { type BadUpstream, startBadUpstream } from '../support/bad-upstream.ts'
import type { StoredImage } from '../support/bad-upstream-content.ts'
import { openRemote, remoteError, SAID, testClock } from './support/remote.ts'

let upstream: BadUpstream
let image: StoredImage
const TAGS = ['a', 'b', 'c', 'd', 'e']

beforeAll(async () => {
  upstream = await startBadUpstream()
  image = upstream.content.addImage('a/b')
  for (const tag of [...TAGS].reverse()) upstream.content.tag('a/b', tag, image.digest)
  upstream.content.addImage('c', { tag: 'x' })
})
afterAll(() => upstream.close())
beforeEach(() => upstream.recover())

async function allTags(remote: RemoteRegistry, limit: number): Promise<string[]> {
  const tags: string[] = []
  for (let after: string | undefined = ''; after !== undefined;) {
    const page = await remote.tagPage('a/b', { after, limit })
    tags.push(...(page?.tags ?? []))
    after = page?.next
  }
  return tags
}

const tagsAs = (value: unknown, type = 'application/json') =>
  upstream.misbehave({ on: 'tags', bytes: { text: JSON.stringify({ tags: value }), type }, headers: { link: '' } })

describe('tags', () => {
  it('come by page', async () => {
    expect(await allTags(openRemote(upstream.url), 2)).toEqual(TAGS)
    expect(upstream.count('tags')).toBe(3)
  })

  it('come from any name on, also by another instance', async () => {
    const remote = openRemote(upstream.url)
    expect(await remote.tagPage('a/b', { after: 'c', limit: 1 })).toEqual({ tags: ['d'], next: 'd' })
    expect(await remote.tagPage('a/b', { after: 'e', limit: 1 })).toEqual({ tags: [], next: undefined })
  })

  it('of a registry that knows no pages are cut into pages', async () => {
    tagsAs([...TAGS].reverse())
    expect(await allTags(openRemote(upstream.url), 2)).toEqual(TAGS)
  })

  it('follow the links that the registry makes, whatever is in them', async () => {
    const remote = openRemote(upstream.url)
    const undo = upstream.misbehave({ on: 'tags', times: 1, link: '/v2/a/b/tags/list?next_page=opaque' })
    const page = await remote.tagPage('a/b', { after: '', limit: 5 })
    undo()
    await remote.tagPage('a/b', { after: page?.next ?? '', limit: 5 })
    expect(upstream.requests.at(-1)?.path).toBe('/v2/a/b/tags/list?next_page=opaque')
  })

  it('that cannot be are left out', async () => {
    tagsAs(['good', '../../etc', 'a b', '', 7, null, '-x', 'x'.repeat(200), SAID, { a: 1 }])
    expect((await openRemote(upstream.url).tagPage('a/b', { after: '', limit: 9 }))?.tags).toEqual(['good'])
  })

  it('may be null', async () => {
    tagsAs(null)
    expect(await openRemote(upstream.url).tagPage('a/b', { after: '', limit: 9 })).toEqual({
      tags: [],
      next: undefined,
    })
  })

  it('of no repository are undefined', async () => {
    const remote = openRemote(upstream.url)
    expect(await remote.tagPage('none', { after: '', limit: 9 })).toBeUndefined()
    expect(await remote.tagPage('../x', { after: '', limit: 9 })).toBeUndefined()
    expect(upstream.count()).toBe(1)
  })

  it('row 52: do not come from a page for people, from too much, or from nonsense', async () => {
    const remote = openRemote(upstream.url)
    for (const how of [
      { bytes: 'html' },
      { endless: true },
      { bytes: { text: SAID, type: 'application/json' } },
      { bytes: { text: '[]', type: 'application/json' } },
      { gzip: true },
    ] as const) {
      const undo = upstream.misbehave({ on: 'tags', ...how })
      expect((await remoteError(remote.tagPage('a/b', { after: '', limit: 9 }))).kind).toBe('invalid')
      undo()
    }
  })

  it('come to an end: the same page again, or pages of nothing', async () => {
    const remote = openRemote(upstream.url)
    upstream.misbehave({ on: 'tags', link: '/v2/a/b/tags/list?n=5' })
    const page = await remote.tagPage('a/b', { after: '', limit: 5 })
    expect((await remoteError(remote.tagPage('a/b', { after: page?.next ?? '', limit: 5 }))).kind).toBe('invalid')
    upstream.recover()
    upstream.misbehave({
      on: 'tags',
      bytes: { text: '{"tags":[]}', type: 'application/json' },
      headers: { link: '</v2/a/b/tags/list?n=6>; rel="next"' },
    })
    expect((await remoteError(remote.tagPage('a/b', { after: '', limit: 6 }))).kind).toBe('invalid')
    expect(upstream.count()).toBeLessThan(20)
  })

  it('may be more than anybody reads: who asks decides when it is enough', async () => {
    upstream.misbehave({ on: 'tags', endlessPages: true })
    const remote = openRemote(upstream.url)
    expect(await remote.tagPage('a/b', { after: '', limit: 1 })).toEqual({ tags: ['t1'], next: 't1' })
    expect(await remote.tagPage('a/b', { after: 't1', limit: 1 })).toEqual({ tags: ['t2'], next: 't2' })
  })
})

describe('repositories', () => {
  it('are all that are listed', async () => {
    expect(await Array.fromAsync(openRemote(upstream.url).repositories())).toEqual(['a/b', 'c'])
  })

  it.each([404, 405])('are an error for people where there is no list: %d', async (status) => {
    upstream.misbehave({ on: 'catalog', status })
    const { message } = await remoteError(Array.fromAsync(openRemote(upstream.url).repositories()))
    expect(message).toContain('has no list of its repositories')
  })

  it('come to an end', async () => {
    upstream.misbehave({ on: 'catalog', link: '/v2/_catalog?n=1000' })
    expect((await remoteError(Array.fromAsync(openRemote(upstream.url).repositories()))).kind).toBe('invalid')
    expect(upstream.count('catalog')).toBe(2)
  })
})

describe('referrers', () => {
  it('come by the API, with what is needed to choose', async () => {
    const signature = upstream.content.addImage('a/b', {
      subject: image,
      artifactType: 'application/x.signature',
      annotations: { by: 'me' },
    })
    const listed = await openRemote(upstream.url).referrers('a/b', image.digest)
    expect(listed).toEqual([
      {
        mediaType: signature.mediaType,
        digest: signature.digest,
        size: signature.content.byteLength,
        artifactType: 'application/x.signature',
        annotations: { by: 'me' },
      },
    ])
  })

  it.each([
    { status: 404, bytes: { text: '{"errors":[{"code":"NOT_FOUND"}]}', type: 'application/json' } },
    { status: 400 },
    { status: 405 },
    { status: 406 },
    { bytes: { text: '{}', type: 'application/json' } },
  ] as const)('come by the fallback tag where there is no API: %j', async (how) => {
    const clock = testClock()
    const remote = openRemote(upstream.url, { clock })
    const other = upstream.content.addImage('f/b')
    upstream.content.addIndex('f/b', [other], image.digest.replace(':', '-'))
    upstream.misbehave({ on: 'referrers', ...how })
    for (let i = 0; i < 2; i++)
      expect((await remote.referrers('f/b', image.digest)).map(({ digest }) => digest)).toEqual([other.digest])
    // What it does not have it is not asked for again, for a while.
    expect(upstream.count('referrers')).toBe(1)
    clock.advance(600_000)
    await remote.referrers('f/b', image.digest)
    expect(upstream.count('referrers')).toBe(2)
  })

  it('are none when the fallback tag is missing, or is something else', async () => {
    upstream.misbehave({ on: 'referrers', status: 404 })
    const remote = openRemote(upstream.url)
    expect(await remote.referrers('c', image.digest)).toEqual([])
    upstream.content.addImage('c', { tag: image.digest.replace(':', '-') })
    expect(await remote.referrers('c', image.digest)).toEqual([])
  })

  it.each(['{"manifests":[{"digest":"x"}]}', '{"manifests":[1]}', SAID, '{"manifests":[],"manifests":[]}'])(
    'row 52: that cannot be read are refused: %s',
    async (text) => {
      upstream.misbehave({ on: 'referrers', bytes: { text, type: 'application/vnd.oci.image.index.v1+json' } })
      expect((await remoteError(openRemote(upstream.url).referrers('a/b', image.digest))).kind).toBe('invalid')
    },
  )

  it('come to an end', async () => {
    upstream.misbehave({
      on: 'referrers',
      headers: { link: `</v2/a/b/referrers/${image.digest}>; rel="next"` },
    })
    expect((await remoteError(openRemote(upstream.url).referrers('a/b', image.digest))).kind).toBe('invalid')
    expect(upstream.count()).toBeLessThanOrEqual(100)
  })
})
