import { afterEach, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import { sampleUsage } from '../../src/quota/sample-usage.ts'
import { type Person, World } from '../access/support/world.ts'
import { image, pushImage } from './support/images.ts'
import { PATIENCE_MS } from './support/server.ts'

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
