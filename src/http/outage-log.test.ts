import { expect, it } from 'bun:test'
import { createLog } from '../observability/log.ts'
import { outageLog } from './outage-log.ts'

it('warns once a minute for each code, without a stack, and counts what it left out', () => {
  let now = 0
  const lines: string[] = []
  const log = createLog({ level: 'warn', now: () => new Date(0), write: (line) => void lines.push(line) })
  const note = outageLog(log, 'out of something', () => now)
  const fail = (code: string, id: string) =>
    note(code, { id, method: 'PATCH', path: '/v2/a/blobs/uploads/1', error: new Error(`${code}: it is full`) })
  for (const id of ['1', '2', '3']) fail('ENOSPC', id)
  fail('SQLITE_BUSY', '4')
  now = 59_999
  fail('ENOSPC', '5')
  expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(['1', '4'])
  now = 60_000
  fail('ENOSPC', '6')
  fail('SQLITE_BUSY', '7')
  expect(lines).toHaveLength(4)
  expect(JSON.parse(lines[2] ?? '')).toEqual({
    time: new Date(0).toISOString(),
    level: 'warn',
    message: 'out of something',
    ...{ id: '6', method: 'PATCH', path: '/v2/a/blobs/uploads/1', code: 'ENOSPC' },
    reason: 'ENOSPC: it is full',
    alsoSince: 3,
  })
  expect(lines[3]).not.toContain('alsoSince')
})
