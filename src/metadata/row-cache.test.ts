import { expect, test } from 'bun:test'
import { RowCache } from './row-cache.ts'

function world(graceMs: number) {
  const state = { version: 1, away: false, queries: 0, row: { name: 'first' } as { name: string } | undefined }
  const cache = new RowCache<{ name: string }>(() => state.version, 100, { isAway: () => state.away, graceMs })
  const find = async () =>
    (
      await cache.find('key', async () => {
        if (state.away) throw new Error('away')
        state.queries++
        return state.row
      })
    )?.name
  return { state, find }
}

test('a row is asked for once, and again after a commit', async () => {
  const { state, find } = world(1000)
  expect([await find(), await find(), state.queries]).toEqual(['first', 'first', 1])
  state.row = { name: 'second' }
  state.version++
  expect([await find(), await find(), state.queries]).toEqual(['second', 'second', 2])
})

test('while the database is away, what was right a moment ago is the answer, whatever was committed since', async () => {
  const { state, find } = world(60_000)
  await find()
  state.version++
  state.away = true
  expect(await find()).toBe('first')
  state.away = false
  state.row = { name: 'second' }
  expect(await find()).toBe('second')
})

test('what was last right too long ago is not', async () => {
  const { state, find } = world(20)
  await find()
  state.version++
  state.away = true
  await Bun.sleep(40)
  expect(find()).rejects.toThrow('away')
})

test('what was looked for and not found any more is not either', async () => {
  const { state, find } = world(60_000)
  await find()
  state.version++
  state.row = undefined
  expect(await find()).toBeUndefined()
  state.away = true
  expect(find()).rejects.toThrow('away')
})
