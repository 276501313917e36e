import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { ensureKeyFile } from '../../src/storage/encrypted/key-file.ts'
import { BY, type Person, World } from '../access/support/world.ts'
import { createSealedSecrets } from '../../src/storage/sealed-secrets.ts'
import { rekeyWebhooks } from '../../src/webhooks/manage-webhooks.ts'
import { image, pushImage } from './support/images.ts'
import { PATIENCE_MS } from './support/server.ts'
import { untilTrue } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

/** A receiver with a socket of its own, which can be out of order. */
class Receiver {
  readonly got: { readonly headers: Headers; readonly text: string }[] = []
  status = 200
  /** Takes requests and never answers them. */
  hangs = false
  hanging = 0
  readonly #server = Bun.serve({
    ...{ port: 0, hostname: '127.0.0.1' },
    fetch: async (request) => {
      const text = await request.text()
      if (this.hangs) {
        this.hanging++
        await new Promise(() => undefined)
      }
      if (this.status === 200) this.got.push({ headers: request.headers, text })
      return new Response(null, { status: this.status })
    },
  })

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}/hook`
  }

  get last() {
    const found = this.got.at(-1)
    if (found === undefined) throw new Error('nothing was received')
    return { headers: found.headers, body: JSON.parse(found.text), text: found.text }
  }

  stop() {
    return this.#server.stop(true)
  }
}

let world: World
let receiver: Receiver
let folder: string
let owner: Person
let admin: Person
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-test-'))
  // With PostgreSQL there is no place for one by itself.
  const keyFile = join(folder, 'secrets.key')
  ensureKeyFile(keyFile)
  world = await World.open({ secrets: { keyFile } })
  receiver = new Receiver()
  admin = await world.user('admin', { systemRole: 'administrator' })
  owner = await world.user('owner')
  for (const project of ['dev', 'prod']) {
    await world.project(project)
    await world.grant(project, 'user:owner', 'owner')
  }
})
afterEach(async () => {
  expect(world.errors()).toBe('')
  await world.close()
  await receiver.stop()
  await rm(folder, { recursive: true, force: true })
})

const pushed = image('webhooks')
const push = (name: string, tag: string) => pushImage({ registry: world.with(owner.basic), name }, pushed, tag)
const SECRET = 'a secret that nobody reads'

async function api(by: Person, line: string, body?: unknown) {
  const [method = '', path = ''] = line.split(' ')
  const answer = await world.api(method, path, by.basic, body)
  return { code: answer.status, body: answer.text === '' ? undefined : JSON.parse(answer.text) }
}

async function add(more: Readonly<Record<string, unknown>> = {}, base = '/projects/dev'): Promise<string> {
  const { code, body } = await api(admin, `POST ${base}/webhooks`, {
    ...{ url: receiver.url, allowPrivate: true, types: ['manifest.'], ...more },
  })
  expect([code, body.signed]).toEqual([200, more.secret !== undefined])
  expect(JSON.stringify(body)).not.toContain(SECRET)
  return `${base}/webhooks/${body.id}`
}

async function deliver(): Promise<void> {
  const job = (await world.app.jobs()).find(({ name }) => name === 'webhooks')
  await job?.run()
}

const tagsGot = () => receiver.got.map(({ text }) => JSON.parse(text).data.tags?.[0])

describe('webhooks', () => {
  test('a receiver that is down for an hour gets every event, in order, once it is back', async () => {
    const at = await add()
    receiver.status = 503
    const tags: string[] = []
    for (let minute = 0; minute < 60; minute++) {
      if (minute % 6 === 0) {
        tags.push(`t${minute}`)
        await push('dev/app', `t${minute}`)
      }
      world.clock.advance(60_000)
      await deliver()
    }
    expect(receiver.got).toEqual([])
    expect((await api(admin, `GET ${at}`)).body.failingSince).toBeString()
    receiver.status = 200
    world.clock.advance(5 * 60_000)
    await deliver()
    expect(tagsGot()).toEqual(tags)
    expect((await api(admin, `GET ${at}`)).body.failingSince).toBeUndefined()
    await deliver()
    expect(receiver.got).toHaveLength(tags.length)
  })

  test('a receiver that hangs holds nobody else up, and misses nothing', async () => {
    const slow = new Receiver()
    try {
      slow.hangs = true
      await add({ url: slow.url })
      await add()
      await push('dev/app', 'one')
      const running = deliver()
      await untilTrue('the slow one has it', () => slow.hanging === 1)
      await untilTrue('the good one has it', () => tagsGot().length === 1)
      // Others are looked after while one is waited for, which is for ten seconds.
      await push('dev/app', 'two')
      await untilTrue('the good one has the next', () => tagsGot().length === 2)
      expect([tagsGot(), slow.hanging]).toEqual([['one', 'two'], 1])
      slow.hangs = false
      await running
      world.clock.advance(5 * 60_000)
      await deliver()
      expect(slow.got.map(({ text }) => JSON.parse(text).data.tags[0])).toEqual(['one', 'two'])
      expect(tagsGot()).toEqual(['one', 'two'])
    } finally {
      await slow.stop()
    }
  })

  test('after a day an event is given up, kept, and sent again when somebody wants it; those behind it go on', async () => {
    const at = await add()
    receiver.status = 500
    await push('dev/app', 'lost')
    await deliver()
    world.clock.advance(24 * 3_600_000 + 1000)
    await deliver()
    receiver.status = 200
    await push('dev/app', 'next')
    world.clock.advance(5 * 60_000)
    await deliver()
    expect(tagsGot()).toEqual(['next'])
    const [dead] = (await api(admin, `GET ${at}/deliveries?state=dead`)).body.items
    expect(dead).toMatchObject({ type: 'manifest.pushed', status: 500 })
    expect((await api(admin, `POST ${at}/replay`, { delivery: dead.id })).body).toEqual({
      delivered: true,
      status: 200,
    })
    expect(tagsGot()).toEqual(['next', 'lost'])
    expect((await api(admin, `POST ${at}/replay`, { delivery: dead.id })).code).toBe(404)
  })

  test('replays from a cursor, in order', async () => {
    const at = await add()
    for (const tag of ['a', 'b', 'c']) await push('dev/app', tag)
    await deliver()
    const { items } = (await api(owner, 'GET /events')).body
    await api(admin, `POST ${at}/replay`, { since: items[0].cursor })
    await deliver()
    expect(tagsGot()).toEqual(['a', 'b', 'c', 'b', 'c'])
  })

  test('hears of its own project only, and of what it was made for', async () => {
    await add({ types: ['manifest.'], tags: 'v*' })
    await push('prod/app', 'v1')
    await push('dev/app', 'latest')
    await push('dev/app', 'v2')
    await deliver()
    expect(tagsGot()).toEqual(['v2'])
  })

  test('signs what it sends, with the time', async () => {
    const at = await add({ secret: SECRET })
    expect((await api(admin, `POST ${at}/test`)).body).toEqual({ delivered: true, status: 200 })
    const { headers, text } = receiver.last
    const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers.get('berth-signature') ?? '') ?? []
    expect(Number(seconds)).toBe(Math.floor(world.clock.now().getTime() / 1000))
    expect(mac).toBe(createHmac('sha256', SECRET).update(`${seconds}.${text}`).digest('hex'))
    expect(JSON.stringify(await world.query('select secret, settings from webhooks'))).not.toContain(SECRET)
  })

  test('secrets are sealed anew when the key is another', async () => {
    const at = await add({ secret: SECRET })
    const [old, next] = [join(folder, 'secrets.key'), join(folder, 'next.key')]
    const keys = (previousKeyFiles: readonly string[]) =>
      createSealedSecrets({ keyFile: next, create: true, previousKeyFiles })
    const rekey = (previous: readonly string[]) => rekeyWebhooks({ m: world.m, secrets: keys(previous) }, BY)
    await expect(rekey([])).rejects.toThrow(/another key/)
    expect([await rekey([old]), await rekey([])]).toEqual([1, 0])
    const [row] = await world.query<{ secret: string }>('select secret from webhooks')
    const id = at.slice(at.lastIndexOf('/') + 1)
    expect(keys([]).open(row?.secret ?? '', `webhook ${id} secret`)).toBe(SECRET)
  })

  test('owners of projects reach public addresses only, and change nothing of what an administrator allowed', async () => {
    const path = '/projects/dev/webhooks'
    expect((await api(owner, `POST ${path}`, { url: 'https://127.0.0.1/x' })).code).toBe(400)
    expect((await api(owner, `POST ${path}`, { url: 'https://10.0.0.1/x', allowPrivate: true })).code).toBe(403)
    expect((await api(owner, `POST ${path}`, { url: 'http://hooks.example/x' })).code).toBe(400)
    const at = await add()
    expect((await api(owner, `PATCH ${at}`, { url: 'http://127.0.0.1:1/other' })).code).toBe(403)
    expect((await api(owner, `PATCH ${at}`, { enabled: false })).code).toBe(200)
    expect((await api(owner, `GET ${at.replace('dev', 'prod')}`)).code).toBe(404)
    expect((await api(owner, 'GET /webhooks')).code).toBe(403)
  })

  test('speaks CloudEvents, and as distribution, Harbor and Slack have it', async () => {
    const shapes = ['cloudevents', 'distribution', 'harbor', 'slack'] as const
    for (const shape of shapes) await add({ shape }, '')
    await push('dev/app', 'v1')
    await deliver()
    const { digest } = pushed.manifest
    const bodies = new Map(receiver.got.map(({ headers, text }) => [headers.get('content-type'), JSON.parse(text)]))
    expect(receiver.got).toHaveLength(shapes.length)
    expect(bodies.get('application/cloudevents+json')).toMatchObject({
      ...{ specversion: '1.0', type: 'berth.manifest.pushed', subject: 'dev/app' },
      data: { digest, tags: ['v1'], actor: { name: 'owner' } },
    })
    const { bytes, mediaType } = pushed.manifest
    expect(bodies.get('application/vnd.docker.distribution.events.v2+json')).toEqual({
      events: [
        {
          ...{ id: expect.stringMatching(/^\d+$/), timestamp: expect.any(String), action: 'push' },
          target: {
            ...{ repository: 'dev/app', tag: 'v1', digest, mediaType, size: bytes.length, length: bytes.length },
            url: `https://registry.test/v2/dev/app/manifests/${digest}`,
          },
          request: { id: '', addr: expect.any(String), host: 'registry.test', method: 'PUT', useragent: '' },
          ...{ actor: { name: 'owner' }, source: { addr: 'registry.test' } },
        },
      ],
    })
    const plain = receiver.got.map(({ text }) => JSON.parse(text))
    expect(plain.find(({ type }) => type === 'PUSH_ARTIFACT')).toMatchObject({
      operator: 'owner',
      event_data: {
        resources: [{ digest, tag: 'v1' }],
        repository: { namespace: 'dev', name: 'app', repo_full_name: 'dev/app' },
      },
    })
    expect(plain.find(({ text }) => text !== undefined)?.text).toContain('*manifest.pushed* `dev/app:v1`')
  })

  test('where people are is told to nobody but webhooks of the whole registry', async () => {
    await add({ shape: 'distribution' })
    await push('dev/app', 'v1')
    await deliver()
    expect(receiver.last.body.events[0].request).toEqual({
      id: '',
      host: 'registry.test',
      method: 'PUT',
      useragent: '',
    })
  })
})
