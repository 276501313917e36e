import { expect, test } from 'bun:test'
import { closedLoop, openLoop } from './clock.ts'
import type { Session } from './plan.ts'

const SESSION: Session = { kind: 'cold', image: 0 }

test('who has to wait for a free client is due all the same when his time came', async () => {
  const arrivals = [0, 1, 1, 2, 3].map((atMs) => ({ atMs, session: SESSION }))
  const from = performance.now()
  const seen: number[] = []
  let busy = 0
  const late = await openLoop({ arrivals, from, clients: 1 }, async (_, dueAt) => {
    expect(++busy).toBe(1)
    seen.push(dueAt - from)
    // Longer than all have come.
    while (performance.now() < from + 5) await new Promise<void>((resolve) => setImmediate(resolve))
    busy--
  })
  expect(seen.map(Math.round)).toEqual([0, 1, 1, 2, 3])
  // Of the others it was not the clock that was late.
  expect(late.count).toBe(1)
})

test('clients that ask again and again begin nothing when the time is over, and what ends later does not count', async () => {
  const until = performance.now() + 3
  const sessions = Array.from({ length: 1_000_000 }, () => SESSION)
  let begun = 0
  const done = await closedLoop({ sessions, countedFrom: 0, until, clients: 2 }, async () => {
    begun++
    await new Promise<void>((resolve) => setImmediate(resolve))
  })
  expect(done).toBeLessThan(begun)
  expect(begun - done).toBeLessThanOrEqual(2)
})
