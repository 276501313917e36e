import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { z } from 'zod'
import { type Person, World } from '../access/support/world.ts'
import { check } from '../conformance/support/check.ts'
import { manifestPath } from '../conformance/support/manifests.ts'
import { image, pushImage } from './support/images.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const pageSchema = z.object({
  items: z.array(
    z.object({
      id: z.number(),
      cursor: z.string(),
      type: z.string(),
      repository: z.string().optional(),
      tags: z.array(z.string()).optional(),
      digest: z.string().optional(),
      actor: z.object({ name: z.string() }).optional(),
      detail: z.unknown().optional(),
    }),
  ),
  cursor: z.string(),
  more: z.boolean(),
})

let world: World
let owner: Person
let reader: Person
let stranger: Person
beforeEach(async () => {
  world = await World.open()
  owner = await world.user('owner')
  reader = await world.user('reader')
  stranger = await world.user('stranger')
  for (const project of ['dev', 'prod']) {
    await world.project(project)
    await world.grant(project, 'user:owner', 'owner')
  }
  await world.grant('dev', 'user:reader', 'reader')
})
afterEach(async () => {
  expect(world.errors()).toBe('')
  await world.close()
})

const pushed = image('events')
const push = (name: string, tag: string) => pushImage({ registry: world.with(owner.basic), name }, pushed, tag)

async function feed(by: Person, query: string) {
  return pageSchema.parse(JSON.parse(check(await world.api('GET', `/events${query}`, by.basic), { status: 200 }).text))
}

describe('the feed of events', () => {
  test('each sees, in order, what happened to what he may pull; who did it, where he may push', async () => {
    await push('dev/app', '1')
    await push('prod/app', '1')
    check(await world.send('DELETE', manifestPath('dev/app', '1'), { headers: owner.basic }), { status: 202 })
    const typesOf = async (by: Person) =>
      (await feed(by, '')).items.map(({ type, repository }) => `${type} ${repository}`)
    const [DEV, PROD] = ['manifest.pushed dev/app', 'manifest.pushed prod/app']
    expect(await typesOf(owner)).toEqual([DEV, PROD, 'tag.deleted dev/app'])
    expect(await typesOf(reader)).toEqual([DEV, 'tag.deleted dev/app'])
    expect(await typesOf(stranger)).toEqual([])
    const [seen] = (await feed(reader, '')).items
    expect(seen).toMatchObject({ digest: pushed.manifest.digest, tags: ['1'] })
    expect(seen?.actor).toBeUndefined()
    expect((await feed(owner, '')).items[0]?.actor?.name).toBe('owner')
    expect((await feed(owner, '?type=tag.&project=dev')).items).toHaveLength(1)
    expect((await feed(owner, '?repository=prod%2Fapp')).items).toHaveLength(1)
    expect((await world.api('GET', '/events', {})).status).toBe(401)
  })

  test('a cursor goes on without a gap and without repeating, also for who sees little', async () => {
    for (let n = 0; n < 7; n++) await push(n % 2 === 0 ? 'dev/app' : 'prod/app', `t${n}`)
    const tags: string[] = []
    let since = ''
    for (let more = true; more;) {
      const page = await feed(reader, `?limit=2${since}`)
      tags.push(...page.items.flatMap((each) => each.tags ?? []))
      since = `&since=${page.cursor}`
      more = page.more
    }
    expect(tags).toEqual(['t0', 't2', 't4', 't6'])
    await push('dev/app', 'late')
    expect((await feed(reader, `?${since.slice(1)}`)).items.map((each) => each.tags)).toEqual([['late']])
    for (const wrong of ['x', 'c', 'czzzzzzzzz'])
      expect((await world.api('GET', `/events?since=${wrong}`, reader.basic)).status).toBe(400)
  })

  test('a stream has what happens, resumes after an id, and ends when the server drains', async () => {
    await push('dev/app', 'before')
    const [first] = (await feed(reader, '')).items
    const response = await follow({ ...reader.basic, 'last-event-id': first?.cursor ?? '' })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    await push('prod/app', 'hidden')
    await push('dev/app', 'after')
    const text = await readUntil(response, 'after')
    expect(text.text()).not.toContain('before')
    expect(text.text()).not.toContain('hidden')
    expect(text.text()).toMatch(/id: c[0-9a-z]+\nevent: manifest\.pushed\ndata: \{/)
    world.app.health.drain()
    expect(await text.rest()).toBe(true)
  })
})

describe('a stream', () => {
  test('tells nothing more to a key that is gone', async () => {
    const key = await world.key(reader)
    const stream = await readUntil(await follow(key.basic), 'retry')
    check(await world.api('DELETE', `/me/keys/${key.id}`, reader.basic), { status: 204 })
    await push('dev/app', 'late')
    expect(await stream.rest()).toBe(true)
    expect(stream.text()).not.toContain('late')
  })

  test('has a place for everybody: nobody takes more than twenty', async () => {
    const open: Response[] = []
    for (let n = 0; n < 20; n++) open.push(await follow(stranger.basic))
    expect(open.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
    const refused = await follow(stranger.basic)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30'])
    expect((await follow(reader.basic)).status).toBe(200)
    await open.pop()?.body?.cancel()
    expect((await follow(stranger.basic)).status).toBe(200)
    world.app.health.drain()
  })
})

function follow(headers: Readonly<Record<string, string>>): Promise<Response> {
  const request = new Request(`http://${world.host}/api/v1/events/stream`, {
    headers: { ...headers, host: world.host },
  })
  return world.app.fetch(request, { scheme: 'http', peer: () => '127.0.0.1', takeTheTime: () => undefined })
}

async function readUntil(response: Response, wanted: string) {
  const reading = (response.body ?? new ReadableStream<Uint8Array>()).getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (!text.includes(wanted)) {
    const { value, done } = await reading.read()
    if (done) throw new Error(`the stream ended with ${text}`)
    text += decoder.decode(value)
  }
  const rest = async () => {
    for (;;) {
      const { value, done } = await reading.read()
      if (done) return true
      text += decoder.decode(value)
    }
  }
  return { text: () => text, rest }
}
