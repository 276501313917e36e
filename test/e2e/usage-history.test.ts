import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { z } from 'zod'
import { sampleUsage } from '../../src/quota/sample-usage.ts'
import { type Person, World } from '../access/support/world.ts'
import { type Image, image, pushImage } from './support/images.ts'
import { PATIENCE_MS } from './support/server.ts'
import { untilTrue } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

const DAY = 24 * 60 * 60_000

let world: World
let owner: Person
beforeEach(async () => {
  world = await World.open()
  owner = await world.user('owner')
  await world.project('dev')
  await world.grant('dev', 'user:owner', 'owner')
})
afterEach(() => world.close())

test('what a project holds is kept day by day, the last look of each, for three years', async () => {
  const read = async (query = '') =>
    JSON.parse((await world.api('GET', `/projects/dev/usage/history${query}`, owner.basic)).text).items
  const target = { registry: world.with(owner.basic), name: 'dev/app' }
  const dayNow = () => world.clock.now().toISOString().slice(0, 10)
  expect(await read()).toEqual([])
  const first = dayNow()
  await sampleUsage(world.app.registry)
  await pushImage(target, image('usage/one'), 'v1')
  await sampleUsage(world.app.registry)
  const now = JSON.parse((await world.api('GET', '/projects/dev/usage', owner.basic)).text)
  expect(await read()).toEqual([{ day: first, bytes: now.bytes, repositories: 1, tags: 1 }])
  world.clock.advance(10 * DAY)
  await pushImage(target, image('usage/two'), 'v2')
  await sampleUsage(world.app.registry)
  expect((await read()).map(({ day, tags }: { day: string; tags: number }) => [day, tags])).toEqual([
    [first, 1],
    [dayNow(), 2],
  ])
  expect(await read('?days=5')).toHaveLength(1)
  world.clock.advance(1090 * DAY)
  await sampleUsage(world.app.registry)
  expect((await read('?days=1096')).map(({ day }: { day: string }) => day)).not.toContain(first)
})

describe('the whole registry', () => {
  const usage = z.object({
    ...{ storedBytes: z.int(), logicalBytes: z.int(), repositories: z.int(), tags: z.int(), countedAt: z.string() },
    recycleBin: z.object({ deletions: z.int(), bytes: z.int() }),
    projects: z.array(z.object({ project: z.string().optional(), repositories: z.int(), uniqueBytes: z.int() })),
    largest: z.array(z.object({ repository: z.string(), bytes: z.int(), uniqueBytes: z.int() })),
  })
  const sizeOf = ({ config, layer }: Image) => config.bytes.length + layer.bytes.length
  let inspector: Person
  beforeEach(async () => {
    inspector = await world.user('inspector', { systemRole: 'auditor' })
  })

  async function read() {
    world.clock.advance(DAY)
    // Where the count took long, it is of before, and made anew meanwhile.
    await world.api('GET', '/usage', inspector.basic)
    world.clock.advance(DAY)
    return usage.parse(JSON.parse((await world.api('GET', '/usage', inspector.basic)).text))
  }

  test('what is stored, what sharing saves, who holds most, and what waits in the recycle bin', async () => {
    const target = (name: string) => ({ registry: world.with(owner.basic), name })
    const [shared, own] = [image('usage/shared'), image('usage/own', {}, 9000)]
    await pushImage(target('dev/app'), shared, 'v1')
    await pushImage(target('dev/other'), shared, 'v1')
    await pushImage(target('dev/other'), own, 'v2')
    const wanted = {
      ...{ storedBytes: sizeOf(shared) + sizeOf(own), logicalBytes: 2 * sizeOf(shared) + sizeOf(own) },
      ...{ repositories: 2, tags: 3, recycleBin: { deletions: 0, bytes: 0 } },
      projects: [{ project: 'dev', repositories: 2, uniqueBytes: sizeOf(own) }],
      largest: [
        { repository: 'dev/other', bytes: sizeOf(shared) + sizeOf(own), uniqueBytes: sizeOf(own) },
        { repository: 'dev/app', bytes: sizeOf(shared), uniqueBytes: 0 },
      ],
    }
    await untilTrue('it is counted', async () => (await read()).tags === 3, PATIENCE_MS)
    expect(await read()).toMatchObject(wanted)
    await world.api('DELETE', '/repositories/dev%2Fother', owner.basic)
    await untilTrue('it is counted', async () => (await read()).repositories === 1, PATIENCE_MS)
    const bytes = sizeOf(own)
    expect(await read()).toMatchObject({ logicalBytes: sizeOf(shared), recycleBin: { deletions: 1, bytes } })
  })

  test('what it held is kept day by day', async () => {
    const first = world.clock.now().toISOString().slice(0, 10)
    await pushImage({ registry: world.with(owner.basic), name: 'dev/app' }, image('usage/first'), 'v1')
    await sampleUsage(world.app.registry)
    world.clock.advance(10 * DAY)
    await pushImage({ registry: world.with(owner.basic), name: 'dev/two' }, image('usage/first'), 'v1')
    await sampleUsage(world.app.registry)
    const { items } = JSON.parse((await world.api('GET', '/usage/history', inspector.basic)).text)
    const storedBytes = sizeOf(image('usage/first'))
    expect(items).toEqual([
      { day: first, storedBytes, logicalBytes: storedBytes, repositories: 1, tags: 1 },
      { day: expect.any(String), storedBytes, logicalBytes: 2 * storedBytes, repositories: 2, tags: 2 },
    ])
    const recent = JSON.parse((await world.api('GET', '/usage/history?days=5', inspector.basic)).text)
    expect(recent.items).toEqual(items.slice(1))
  })

  test('the first look comes soon after a server was started', async () => {
    const job = (await world.app.jobs()).find(({ name }) => name === 'sample-usage')
    expect(job?.firstMs).toBeLessThanOrEqual(60_000)
  })
})
