import { expect, test } from 'bun:test'
import { parseSchedule } from './schedule.ts'

test.each(['0 0 31 2 *', '0 0 30 2 *', '0 0 31 4,6,9,11 *'])(
  'a day that never comes is no schedule: %s',
  async (text) => {
    expect(parseSchedule(text)).rejects.toThrow('never comes')
  },
)

test.each(['0 0 29 2 *', '0 3 * * *', '0 0 31 * *'])('one that comes is: %s', async (text) => {
  expect((await parseSchedule(text))(new Date('2026-03-01T00:00:00Z'))).toBeInstanceOf(Date)
})
