/** One box over everything, for whoever may see it. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Kysely } from 'kysely'
import type { Schema } from '../../src/metadata/schema.ts'
import type { Digest } from '../../src/oci/digest.ts'
import { type Person, World } from '../access/support/world.ts'
import { check } from '../conformance/support/check.ts'
import { berth } from './support/command.ts'
import { image, pushImage } from './support/images.ts'
import { type Headers, PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(2 * PATIENCE_MS)

interface Found {
  readonly kind: string
  readonly repository: string
  readonly tag?: string
  readonly digest?: string
  readonly matched: { readonly name: string; readonly value: string }
}
interface Answered {
  readonly items: readonly Found[]
  readonly next?: string
}

let world: World
let owner: Person
let reader: Person
let root: Person
let stranger: Person
const ANNOTATIONS = { 'org.example.Source': 'https://git.example/Größe/"quoted"', 'org.example.team': 'Kraken' }
const web = image('web', { annotations: ANNOTATIONS })
const secret = image('secret', { annotations: { 'org.example.team': 'Kraken secret' } })
const bystander = image('bystander')

beforeAll(async () => {
  world = await World.open({ scanning: { enabled: false } })
  owner = await world.user('owner')
  reader = await world.user('reader')
  root = await world.user('root', { systemRole: 'administrator' })
  stranger = await world.user('stranger')
  await world.project('open', true)
  await world.project('hidden')
  await world.project('team')
  for (const project of ['open', 'hidden', 'team']) await world.grant(project, 'user:owner', 'owner')
  await world.grant('team', 'user:reader', 'reader', 'web-*')
  const target = (name: string) => ({ registry: world.with(owner.basic), name })
  await pushImage(target('team/web-shop'), web, 'v1.2.3')
  await pushImage(target('hidden/web-secret'), secret, 'v1.2.4')
  await pushImage(target('hidden/web-copy'), web, 'v1.2.3')
  await pushImage(target('team/other'), bystander, 'v1.2.5')
  await pushImage(target('open/web-public'), image('public'), 'v9')
  await contentsOf(web.manifest.digest as Digest, 'libkraken', 'CVE-2024-3094')
  await contentsOf(secret.manifest.digest as Digest, 'libsecret', 'CVE-2024-3095')
})
afterAll(async () => {
  expect(world.errors()).toBe('')
  await world.close()
})

/** As if somebody had looked into it. */
async function contentsOf(digest: Digest, name: string, vulnerability: string): Promise<void> {
  await world.m.database.write(async ({ db }: { readonly db: Kysely<Schema> }) => {
    const facts = JSON.stringify({ reasons: [], layers: [], labels: { maintainer: `Crew of ${name}`, 'a.b': 'c%d_e' } })
    const content = new Uint8Array()
    const row = { digest, analyzer: 1, state: 'complete', facts, content, packages: 1, analyzed_at: 1 }
    const { id: image_id } = await db.insertInto('images').values(row).returning('id').executeTakeFirstOrThrow()
    const about = { type: 'deb', name, version: '1.0', ecosystem: '', advisory_name: '', advisory_version: '' }
    const made = db.insertInto('packages').values({ purl: `pkg:deb/${name}@1.0`, ...about })
    const { id: package_id } = await made.returning('id').executeTakeFirstOrThrow()
    await db.insertInto('image_packages').values({ image_id, package_id }).execute()
    const ghsa = `GHSA-${name.slice(0, 4)}-aaaa-bbbb`
    const match = { package_id, vulnerability: ghsa, advisory: ghsa, severity: 1, first_seen_at: 1 }
    await db.insertInto('package_matches').values(match).execute()
    const known = { id: ghsa, ecosystem: 'npm', content: JSON.stringify({ aliases: [vulnerability] }), modified_at: 1 }
    await db
      .insertInto('vulnerabilities')
      .values(known)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  })
}

async function ask(headers: Headers, query: Readonly<Record<string, string>>): Promise<Answered> {
  const answer = check(await world.send('GET', '/api/v1/search', { headers, query }), { status: 200 })
  return JSON.parse(answer.text) as Answered
}

async function find(headers: Headers, q: string, kinds = ''): Promise<string[]> {
  const { items } = await ask(headers, { q, kinds })
  return items.map(
    ({ kind, repository, tag, matched }) => `${kind} ${repository}${tag ? `:${tag}` : ''} ${matched.name}`,
  )
}

describe('the box', () => {
  test('finds repositories by any part of their names', async () => {
    expect(await find(owner.basic, 'WEB-')).toEqual([
      'repository hidden/web-copy name',
      'repository hidden/web-secret name',
      'repository open/web-public name',
      'repository team/web-shop name',
    ])
  })

  test('finds tags by how they begin, and digests', async () => {
    expect(await find(owner.basic, 'v1.2.')).toEqual([
      'tag team/web-shop:v1.2.3 tag',
      'tag hidden/web-copy:v1.2.3 tag',
      'tag hidden/web-secret:v1.2.4 tag',
      'tag team/other:v1.2.5 tag',
    ])
    const digest = web.manifest.digest
    for (const q of [digest, digest.slice(0, 20), digest.slice(7, 20)])
      expect(await find(reader.basic, q)).toEqual(['digest team/web-shop digest'])
  })

  test('finds annotations and labels by their words', async () => {
    expect(await find(reader.basic, 'kraken', 'annotation')).toEqual(['annotation team/web-shop org.example.team'])
    expect(await find(reader.basic, 'example/größe quot')).toEqual(['annotation team/web-shop org.example.Source'])
    expect(await find(reader.basic, 'crew libkra')).toEqual(['label team/web-shop maintainer'])
    expect(await find(reader.basic, 'a.b c%d_e')).toEqual(['label team/web-shop a.b'])
  })

  test('finds packages and vulnerabilities, by their other names too', async () => {
    expect(await find(reader.basic, 'libk', 'package')).toEqual(['package team/web-shop libkraken'])
    expect(await find(reader.basic, 'ghsa-libk')).toEqual(['vulnerability team/web-shop GHSA-libk-aaaa-bbbb'])
    expect(await find(reader.basic, 'cve-2024-3094')).toEqual(['vulnerability team/web-shop GHSA-libk-aaaa-bbbb'])
  })

  test('nobody finds what he may not pull, nor that there is more', async () => {
    for (const q of ['libsecret', 'CVE-2024-3095', 'crew of libsecret', 'kraken secret', 'v1.2.4', 'hidden'])
      expect(await ask(reader.basic, { q })).toEqual({ items: [] })
    expect(await ask(reader.basic, { q: 'v1.2.', limit: '1' })).toEqual({ items: [expect.anything()] })
    expect(await find(stranger.basic, 'web')).toEqual(['repository open/web-public name'])
    const key = await world.key(owner, { scopes: [{ pattern: 'team/**', allows: 'reader' }] })
    expect(await find(key.basic, 'web')).toEqual(['repository team/web-shop name'])
  })

  test('a right that was taken away is gone at once', async () => {
    const passing = await world.user('passing')
    await world.grant('hidden', 'user:passing', 'reader')
    expect(await find(passing.basic, 'web-secret')).toHaveLength(1)
    await world.ungrant('hidden', passing.id)
    expect(await find(passing.basic, 'web-secret')).toEqual([])
  })

  test('pages have everything once, over all kinds', async () => {
    for (const q of ['web', 'v1.2.', 'kraken', 'lib', 'ghsa-lib']) {
      const whole = await ask(root.basic, { q, limit: '100' })
      const items: Found[] = []
      for (let after: string | undefined = ''; after !== undefined;) {
        const page: Answered = await ask(root.basic, { q, limit: '1', after })
        expect(page.items.length).toBe(1)
        items.push(...page.items)
        after = page.next
      }
      expect(items).toEqual([...whole.items])
    }
  })

  test('hostile input is a question like any other, or said to be none', async () => {
    const hostile = [
      ...[
        '"',
        "'",
        '""',
        '*',
        'a* OR b*',
        'NEAR(a b)',
        'content:kraken',
        '-kraken',
        'kraken NOT secret',
        '^kraken',
        '{a}',
      ],
      ...["'; drop table tags; --", "' or '1'='1", '%', '_', '%%%', '\\', "\\'", ':*', '& | !', '<->', "'a':*", '((('],
      ...[
        '💣',
        '\u202e',
        'e\u0301',
        'ﷺ',
        '\ufeff',
        '日本語',
        '\ud83d',
        'a\u{10ffff}',
        'x'.repeat(200),
        'a '.repeat(99),
      ],
      ...['sha256:', 'sha256:zz', 'f'.repeat(128), 'CVE-', 'CVE-2024-', 'cve-%', 'GHSA-____-____-____', '../..', ''],
    ]
    for (const q of hostile)
      for (const kinds of ['', 'label,annotation'])
        expect([
          q,
          (await world.send('GET', '/api/v1/search', { headers: reader.basic, query: { q, kinds } })).status,
        ]).toEqual([q, 200])
    for (const q of ['%', '_', "' or '1'='1", '*', 'NOT', 'team OR secret'])
      expect(await find(stranger.basic, q)).toEqual([])
    expect(await find(reader.basic, 'kraken', 'annotation')).toHaveLength(1)
  })

  test('what is no question is refused with a sentence', async () => {
    const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const asked = [
      ...[
        { q: 'a\0b' },
        { q: 'a\nb' },
        { q: 'x'.repeat(201) },
        { q: 'x'.repeat(5000) },
        {},
        { q: 'a', kinds: 'users' },
      ],
      ...[
        { q: 'a', limit: '0' },
        { q: 'a', limit: '1e9' },
        { q: 'a', after: 'x' },
        { q: 'a', after: cursor(['tag']) },
      ],
      ...[
        { q: 'a', after: cursor(['tag', 'a\0', '']) },
        { q: 'a', after: cursor(['users', '', '']) },
      ],
      ...[
        { q: 'a', after: cursor(['package', 'a', "1' or 1"]) },
        { q: 'a', after: cursor(['package', 'a', '1e999']) },
      ],
    ]
    for (const query of asked)
      expect([query, (await world.send('GET', '/api/v1/search', { headers: reader.basic, query })).status]).toEqual([
        query,
        400,
      ])
  })

  test('what is deleted is not found any more, and what is annotated like it is', async () => {
    const gone = image('gone', { annotations: { note: 'walrus' } })
    const target = { registry: world.with(owner.basic), name: 'team/web-gone' }
    await pushImage(target, gone, 'v1')
    expect(await find(reader.basic, 'walrus')).toEqual(['annotation team/web-gone note'])
    check(await target.registry.send('DELETE', `/v2/${target.name}/manifests/${gone.manifest.digest}`), { status: 202 })
    expect(await find(reader.basic, 'walrus')).toEqual([])
  })

  test('annotations that are too much for a full text are pushed all the same', async () => {
    const target = { registry: world.with(owner.basic), name: 'team/web-big' }
    const annotations = { long: 'x'.repeat(60_000), many: 'word '.repeat(20_000) }
    await pushImage(target, image('big', { annotations }), 'v1')
    // PostgreSQL has no text with this.
    await pushImage(target, image('nul', { annotations: { nul: 'a\0b' } }), 'v2')
    expect((await find(reader.basic, 'long')).length).toBeGreaterThan(0)
  })
})

describe("docker's search", () => {
  const docker = { 'x-docker-token': 'true' }

  test('counts what the asker may pull and nothing else', async () => {
    const asked = { headers: { ...docker, ...reader.basic }, query: { q: 'web-s', n: '1' } }
    const answer = JSON.parse(check(await world.send('GET', '/v1/search', asked), { status: 200 }).text)
    expect(answer).toEqual({
      ...{ num_results: 1, query: 'web-s', page: 1, page_size: 1, num_pages: 1 },
      results: [{ name: 'team/web-shop', description: '', star_count: 0, is_official: false, is_automated: false }],
    })
  })

  test('takes a token for the catalog, as docker has one after signing in, and no other', async () => {
    const search = async (headers: Headers) =>
      (await world.send('GET', '/v1/search', { headers: { ...docker, ...headers }, query: { q: 'shop' } })).status
    expect(await search(await world.token(reader.basic, 'registry:catalog:search'))).toBe(200)
    expect(await search(await world.token(reader.basic, 'repository:team/web-shop:pull'))).toBe(401)
    expect(await search(await world.token(reader.basic, 'repository:team/web-shop:search'))).toBe(401)
    expect((await world.send('GET', '/v1/search', { query: { q: 'shop' } })).status).toBe(401)
    expect((await world.send('POST', '/v1/search')).status).toBe(405)
    expect((await world.send('GET', '/v1/users')).status).toBe(404)
  })
})

test('berth search prints what is found', async () => {
  const made = await berth(['search', 'web-', '--json', '--kinds', 'repository', '--data', world.dataDir])
  expect(made.stderr).toBe('')
  expect((JSON.parse(made.stdout) as Answered).items.map(({ repository }) => repository)).toContain('hidden/web-secret')
})
