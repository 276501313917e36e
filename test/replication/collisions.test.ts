import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import type { RuleBodyInput } from '../../src/replication/rule.ts'
import { Link, openSide, put, type Side, testImage } from './support/pair.ts'

setDefaultTimeout(60_000)

const ONE = testImage(1)
const TWO = testImage(2)
const [X, Y, THERE] = ['team/x/col', 'team/y/col', 'other/col'] as const
const FLAT = { repositories: 'team/*/col', flatten: true, addPrefix: 'other/', deletes: true }

const sides: Side[] = []
afterEach(async () => {
  for (const { berth } of sides.splice(0)) await berth.close()
})

async function open(direction: 'push' | 'pull', body: RuleBodyInput = {}) {
  const link = new Link()
  const b = await openSide({})
  const a = await openSide({ b: () => link.through(b.as('geo-a')) })
  sides.push(a, b)
  await a.addRule('flat', { remote: 'b', direction, body: { ...FLAT, ...body } })
  const [source, target] = direction === 'push' ? [a, b] : [b, a]
  return { a, source, target, link }
}

const second = (first: string, there: string) =>
  `conflict: ${first} goes to ${there} too, and comes first; nothing of this one is brought`

test.each(['push', 'pull'] as const)(
  'of two images that go to one name the first is brought (%s)',
  async (direction) => {
    const { a, source, target } = await open(direction)
    await put(source.user, Y, TWO, ['v1', 'own'])
    await a.run('flat')
    expect(await target.tags(THERE)).toEqual({ v1: TWO.digest, own: TWO.digest })
    // The first one may come later.
    await put(source.user, X, ONE, ['v1'])
    for (let run = 0; run < 2; run++) {
      const { id, conflicts } = await a.run('flat')
      expect(conflicts).toBe(1)
      expect((await a.log(id))[`${Y}:v1`]).toBe(second(X, THERE))
      expect(await target.tags(THERE)).toEqual({ v1: ONE.digest, own: TWO.digest })
    }
    await source.user.deleteTag(X, 'v1')
    await a.run('flat')
    expect(await target.tags(THERE)).toEqual({ v1: TWO.digest, own: TWO.digest })
    await source.user.deleteTag(Y, 'v1')
    await a.run('flat')
    expect(await target.tags(THERE)).toEqual({ own: TWO.digest })
  },
)

test.each(['push', 'pull'] as const)('what one deletes stays as long as the other has it (%s)', async (direction) => {
  const { a, source, target, link } = await open(direction, { conflicts: 'newest' })
  for (const repository of [X, Y]) await put(source.user, repository, ONE, ['same', 'other'])
  await a.run('flat')
  link.requests = []
  await source.user.deleteTag(X, 'same')
  await source.user.deleteTag(Y, 'other')
  await a.run('flat')
  expect(link.requests.filter((each) => each.startsWith('deleteTag'))).toEqual([])
  expect(await target.tags(THERE)).toEqual({ same: ONE.digest, other: ONE.digest })
  for (const [repository, tag] of [
    [Y, 'same'],
    [X, 'other'],
  ] as const)
    await source.user.deleteTag(repository, tag)
  await a.run('flat')
  expect(await target.tags(THERE)).toEqual({})
})

test.each([
  [{}, 'team/x/col', 'team/y/col', 'other/col'],
  [{ repositories: '**', flatten: false, stripPrefix: 'team/' }, 'col', 'team/col', 'other/col'],
] as const)('changes are sent by the same rule (%j)', async (body, first, other, there) => {
  const { a, source, target } = await open('push', { onEvent: true, conflicts: 'newest', ...body })
  await put(source.user, other, TWO, ['v1'])
  await a.engine.run()
  await put(source.user, first, ONE, ['v1'])
  await a.engine.run()
  await put(source.user, other, testImage(3), ['v1'])
  await a.engine.run()
  expect(await target.tags(there)).toEqual({ v1: ONE.digest })
  await source.user.deleteTag(first, 'v1')
  await a.engine.run()
  expect(await target.tags(there)).toEqual({ v1: testImage(3).digest })
  await a.run('flat')
  expect(await a.queued()).toBe(0)
})

test("what the filters leave out is in nobody's way", async () => {
  const { a, source, target } = await open('push', { labels: ['stage=prod'] })
  await put(source.user, X, ONE, ['v1'])
  const prod = testImage('prod', { labels: { stage: 'prod' } })
  await put(source.user, Y, prod, ['v1'])
  await a.run('flat')
  expect(await target.tags(THERE)).toEqual({ v1: prod.digest })
})
