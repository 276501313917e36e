import { expect, setDefaultTimeout, test } from 'bun:test'
import { EXIT_CODES } from '../../src/cli/exit-codes.ts'
import type { Top } from '../../src/cli/top-view.ts'
import { berth } from './support/command.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const server = useServer()

test('--once --json says how busy the server was for a second, and with which routes', async () => {
  let busy = true
  const load = (async () => {
    while (busy) await server.send('GET', '/healthz')
  })()
  const { code, stdout } = await berth(['top', server.url, '--once', '--json'])
  busy = false
  await load
  const top: Top = JSON.parse(stdout)
  expect(code).toBe(0)
  expect(top.requestsPerSecond).toBeGreaterThan(5)
  expect(top.routes[0]).toMatchObject({ method: 'GET', handler: 'healthz' })
  expect(top.residentBytes).toBeGreaterThan(1024 ** 2)
})

test('without --json it is for people, and a server that is not there is an error', async () => {
  const { stdout } = await berth(['top', server.url, '--once'])
  expect(stdout).toMatch(/in progress\n.*MiB\/s.*\n.*of memory\nMETHOD +ROUTE/)
  expect((await berth(['top', 'http://127.0.0.1:9', '--once'])).code).toBe(EXIT_CODES.unreachable[0])
})
