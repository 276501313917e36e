import { expect, setDefaultTimeout, test } from 'bun:test'
import { createLog } from '../../src/observability/log.ts'
import { PATIENCE_MS, basic, useServer } from './support/server.ts'
import { until } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

const server = useServer({ env: { BERTH_LOG__ACCESS: 'on' } })
const silent = useServer({ env: { BERTH_LOG__ACCESS: 'off' } })

interface Line {
  readonly path: string
  readonly [field: string]: unknown
}

function lineOf(path: string): Promise<Line> {
  return until(`a line about ${path}`, () =>
    server.running
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line): Line => JSON.parse(line))
      .find((line) => line.path === path),
  )
}

test('a request is one line with everything but its query and its credentials', async () => {
  const headers = { ...basic('ann', 'my secret'), 'user-agent': 'client\u009b31m/1' }
  const answer = await server.with(headers).send('GET', '/v2/e2e/log/tags/list?token=hidden')
  const line = await lineOf('/v2/e2e/log/tags/list')
  expect(line).toMatchObject({
    ...{ level: 'info', message: 'request', method: 'GET', status: answer.status, address: '127.0.0.1' },
    ...{ id: answer.headers.get('x-request-id'), bytes: answer.bytes.byteLength, agent: 'client\\u009b31m/1' },
  })
  expect(line.principal).toBeString()
  expect(line.ms).toBeNumber()
  const everything = server.running.output()
  for (const secret of ['my secret', 'hidden', btoa('ann:my secret')]) expect(everything).not.toContain(secret)
})

test('off is off, whatever the level', async () => {
  await silent.send('GET', '/v2/')
  expect(silent.running.output()).toContain('listening')
  expect(silent.running.output()).not.toContain('"request"')
})

test('"auto" follows the level', () => {
  const log = (level: 'info' | 'warn') => createLog({ level, now: () => new Date(), write: () => undefined })
  expect([log('info').access === undefined, log('warn').access === undefined]).toEqual([false, true])
  const always = createLog({ level: 'error', access: 'on', now: () => new Date(), write: () => undefined })
  expect(always.access).toBeDefined()
})
