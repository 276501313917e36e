import { expect, it } from 'bun:test'
import { once } from './once.ts'

it('makes it once, also for those who ask at the same time', async () => {
  let made = 0
  const get = once(async () => ++made)
  expect(await Promise.all([get(), get()])).toEqual([1, 1])
  expect(await get()).toBe(1)
})

it('tries again after a failure, which all who waited for it hear of', async () => {
  let tries = 0
  const get = once(async () => {
    if (++tries === 1) throw new Error('no descriptor left')
    return tries
  })
  const first = await Promise.allSettled([get(), get()])
  expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await get()).toBe(2)
})
