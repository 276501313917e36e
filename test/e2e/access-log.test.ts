import { expect, setDefaultTimeout, test } from 'bun:test'
import { createLog } from '../../src/observability/log.ts'
import type { Answer } from '../conformance/support/client.ts'
import { TestBrowser } from './support/browser.ts'
import { addUser, berth } from './support/command.ts'
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

test('who it was is said of every address, and how much came', async () => {
  const { dataDir } = server.running
  await addUser(dataDir, 'ann', 'correct-horse-battery')
  expect((await berth(['user', 'set', 'ann', '--role', 'administrator', '--data', dataDir])).code).toBe(0)
  const ann = server.with(basic('ann', 'correct-horse-battery'))
  const body = JSON.stringify({ name: 'logged' })
  const json = { 'content-type': 'application/json' }
  const made = await ann.send('POST', '/api/v1/projects', { body: new TextEncoder().encode(body), headers: json })
  expect(await lineOf('/api/v1/projects')).toMatchObject({ principal: 'ann', received: body.length, ...bytesOf(made) })
  await ann.send('GET', '/token?service=x')
  expect(await lineOf('/token')).toMatchObject({ principal: 'ann', received: 0 })
  await ann.send('GET', '/v1/search?q=x')
  expect(await lineOf('/v1/search')).toMatchObject({ principal: 'ann' })
  await server.with(basic('ann', 'wrong-password-1')).send('GET', '/api/v1/me')
  expect(await lineOf('/api/v1/me')).toMatchObject({ principal: 'anonymous', status: 401 })
})

function bytesOf({ status, bytes }: Answer) {
  return { status, bytes: bytes.byteLength }
}

test('a browser that signs in is known from then on', async () => {
  const browser = new TestBrowser(server.url)
  expect((await browser.signIn('ann', 'correct-horse-battery')).status).toBe(303)
  const line = await lineOf('/auth/sign-in')
  expect(line.principal).toBe('ann')
  expect(Number(line.received)).toBeGreaterThan('correct-horse-battery'.length)
  await browser.get('/auth/device')
  expect(await lineOf('/auth/device')).toMatchObject({ principal: 'ann', received: 0 })
})
