import { expect, test } from 'bun:test'
import type { Clock } from '../lib/clock.ts'
import { Bandwidth } from './bandwidth.ts'

/** Time passes only by sleeping. */
function sleepingClock(): Clock & { slept: number } {
  const clock = {
    slept: 0,
    now: () => new Date(clock.slept),
    sleep: async (ms: number) => {
      clock.slept += ms
    },
  }
  return clock
}

test('so many bytes a second pass, whoever sends them', async () => {
  const clock = sleepingClock()
  const bandwidth = new Bandwidth(clock, 1000)
  for (let chunk = 0; chunk < 20; chunk++) await bandwidth.take(500)
  // The last one need not be waited for.
  expect(clock.slept).toBe(9500)
})

test('who is told to stop does not wait', async () => {
  const bandwidth = new Bandwidth(sleepingClock(), 1000)
  expect(bandwidth.take(1, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped')
})
