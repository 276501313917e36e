import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { type Person, World } from '../access/support/world.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

let world: World
let admin: Person
beforeAll(async () => {
  world = await World.open()
  admin = await world.user('admin', { systemRole: 'administrator' })
  for (const name of ['ann.lee', 'hannah', 'bob_1', 'bobx1']) await world.user(name)
})
afterAll(() => world.close())

const found = async (query: string): Promise<readonly string[]> => {
  const answer = await world.api('GET', `/users?${query}`, admin.basic)
  return JSON.parse(answer.text).items.map(({ name }: { name: string }) => name)
}

test('users are found by a part of their name, in whatever case, page by page', async () => {
  expect(await found('q=ANN')).toEqual(['ann.lee', 'hannah'])
  expect(await found('q=ann&limit=1')).toEqual(['ann.lee'])
  expect(await found('q=ann&after=ann.lee')).toEqual(['hannah'])
  expect(await found('q=b_1')).toEqual(['bob_1'])
  expect(await found('q=%25')).toEqual([])
  expect(await found('q=')).toHaveLength(5)
})
