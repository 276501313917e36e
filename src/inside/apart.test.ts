import { expect, it } from 'bun:test'
import { problemOf } from '../http/api/problems.ts'
import { inTurn } from './apart.ts'

it('two look inside at a time and twenty wait; whoever comes then is told to come again', async () => {
  const ends: (() => void)[] = []
  let running = 0
  const work = () =>
    inTurn(async () => {
      running++
      await new Promise<void>((resolve) => ends.push(resolve))
    })
  const waiting = Array.from({ length: 22 }, work)
  const problem = problemOf(await work().catch((error: unknown) => error), new Request('http://localhost/'))
  expect([problem?.status, problem?.headers?.['retry-after']]).toEqual([429, '5'])
  expect(JSON.parse(String(problem?.body)).detail).toContain('try again in a few seconds')
  expect(running).toBe(2)
  while (running < 22 || ends.length > 0) {
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(waiting)
  await inTurn(async () => undefined)
})
