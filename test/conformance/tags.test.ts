import { beforeAll, describe, expect, test } from 'bun:test'
import { check, parse } from './support/check.ts'
import { useRegistry } from './support/client.ts'
import { DataSet } from './support/data-set.ts'
import * as m from './support/manifests.ts'
import { pushBlob } from './support/uploads.ts'

const registry = useRegistry('tags')
const target = { registry, name: registry.repository('one') }
// By bytes: capitals before small letters, 10 before 2.
const TAGS = ['1', '10', '2', 'TEST0', 'TEST1', '_x', 'test0', 'test0.1', 'test1']

beforeAll(async () => {
  const set = new DataSet('tags')
  set.image()
  for (const blob of set.blobs.values()) await pushBlob(target, blob)
  for (const manifest of set.manifests) {
    for (const tag of TAGS.toReversed()) check(await m.putManifest(target, tag, manifest), { status: 201 })
  }
})

async function page(query: Readonly<Record<string, string>>): Promise<{ tags: string[]; link: string | null }> {
  const answer = await m.listTags(target, query)
  return { tags: parse(answer, m.TagList).tags, link: answer.headers.get('Link') }
}

describe('end-8a: the tags of a repository', () => {
  test('all of them, by bytes, in one page without a Link', async () => {
    expect(await page({})).toEqual({ tags: TAGS, link: null })
  })

  test.each([
    ['one that exists', 'TEST1', TAGS.slice(5)],
    ['one that does not', 'TEST1a', TAGS.slice(5)],
    ['before all', '!', TAGS],
    ['the last', 'test1', []],
    ['beyond all', 'zzz', []],
  ])('last: %s', async (_, last, tags) => {
    expect(await page({ last })).toEqual({ tags, link: null })
  })
})

describe('end-8b: page by page', () => {
  // A Link is followed as it stands: path and query only, same place, no `;` inside, for Docker splits there.
  const LINK = new RegExp(`^<(/v2/${target.name}/tags/list\\?[^;>]+)>; rel="next"$`)

  test.each([1, 2, 3, 4, TAGS.length - 1])('n=%d walks over each tag once', async (n) => {
    const seen: string[] = []
    let next: string | undefined = `/v2/${target.name}/tags/list?n=${n}`
    while (next !== undefined) {
      const answer = check(await registry.send('GET', next), { status: 200 })
      const { tags } = parse(answer, m.TagList)
      seen.push(...tags)
      const more = seen.length < TAGS.length
      expect(tags.length).toBe(more ? n : TAGS.length - (seen.length - tags.length))
      const link = answer.headers.get('Link')
      expect(link === null ? '' : link).toMatch(more ? LINK : /^$/)
      next = LINK.exec(link ?? '')?.[1]
    }
    expect(seen).toEqual(TAGS)
  })

  test.each([TAGS.length, TAGS.length + 1, 1000])('n=%d is the whole list: no Link', async (n) => {
    expect(await page({ n: String(n) })).toEqual({ tags: TAGS, link: null })
  })

  test('n=0 is an empty page without a Link', async () => {
    expect(await page({ n: '0' })).toEqual({ tags: [], link: null })
  })

  test('n and last together', async () => {
    const { tags, link } = await page({ n: '2', last: '10' })
    expect(tags).toEqual(['2', 'TEST0'])
    expect(link).toMatch(/[?&]last=TEST0(&|>)/)
  })

  test.each(['-1', 'x', '1.5', ''])('n=%s is 400', async (n) => {
    check(await registry.send('GET', `/v2/${target.name}/tags/list`, { query: { n } }), { status: 400 })
  })
})
