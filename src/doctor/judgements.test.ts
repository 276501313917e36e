import { expect, test } from 'bun:test'
import { judgeDatabaseClock, judgeRemoteClock } from './clock.ts'
import { judgeRoom } from './disk.ts'

const LIMITS = { warnAt: 90, refuseAt: 95 }
const room = (usedPercent: number, inodesUsedPercent?: number) => ({ freeBytes: 1, usedPercent, inodesUsedPercent })
const levels = (found: readonly { readonly level: string }[]) => found.map(({ level }) => level).join()

test.each([
  [room(89.9), 'ok'],
  [room(90), 'warn'],
  [room(95), 'fail'],
  [room(10, 89), 'ok,ok'],
  [room(10, 90), 'ok,warn'],
  [room(10, 98), 'ok,fail'],
])('a disk with %o', (given, expected) => {
  const found = judgeRoom('/data', given, LIMITS)
  expect(levels(found)).toBe(expected)
  for (const { level, advice } of found) expect(advice === undefined).toBe(level === 'ok')
})

test.each([
  [1999, 'ok', ''],
  [-2000, 'warn', '2 s before'],
  [61_000, 'fail', '61 s behind'],
  [-3_600_000, 'fail', '3600 s before'],
])('a database whose clock is ahead by %d ms', (aheadMs, level, message) => {
  const found = judgeDatabaseClock(aheadMs)
  expect(found).toMatchObject({ level, check: 'clock', message: expect.stringContaining(message) })
  expect(found.advice?.includes('chrony') ?? false).toBe(level !== 'ok')
})

test.each([
  [59_000, ''],
  [-60_000, 'warn'],
  [3_600_000, 'fail'],
])('a registry whose clock is ahead by %d ms', (aheadMs, level) => {
  expect(levels(judgeRemoteClock('hub', aheadMs))).toBe(level)
})
