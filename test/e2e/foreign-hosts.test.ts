import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { addUser } from './support/command.ts'
import { codeOf, type RawAnswer, rawRequest } from './support/raw.ts'
import { startRegistry } from '../support/registry.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'
import { untilTrue } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

const FOREIGN = [
  'registry.test',
  'registry.test:5000',
  'localhost.registry.test',
  '127.0.0.1.registry.test',
  '10.0.0.1',
]

function ask(url: string, host: string, method = 'GET', path = '/v2/'): Promise<RawAnswer> {
  return rawRequest(url, `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`)
}

// A page whose name its owner points at 127.0.0.1 is, for the browser, of the same origin as the registry.
describe('a registry that is open only because nobody else can reach it', () => {
  const server = useServer()

  test.each(FOREIGN)('refuses the Host %s everywhere', async (host) => {
    for (const [method, path] of [
      ['GET', '/v2/'],
      ['GET', '/v2/_catalog'],
      ['GET', '/token'],
      ['POST', '/v2/e2e/hosts/blobs/uploads/'],
    ] as const) {
      const answer = await ask(server.url, host, method, path)
      expect([answer.status, codeOf(answer)]).toEqual([403, 'DENIED'])
    }
  })

  test.each([
    'localhost',
    'localhost:5000',
    'x.localhost',
    'a.b.localhost:80',
    '127.0.0.1',
    '127.1.2.3:1',
    '[::1]',
    '[::1]:5000',
  ])('welcomes the Host %s', async (host) => {
    expect((await ask(server.url, host)).status).toBe(200)
  })
})

test('a registry that somebody opened to all does not mind its name', async () => {
  const server = await startRegistry({ args: ['--anonymous', 'push'] })
  try {
    for (const host of FOREIGN) expect((await ask(server.url, host)).status).toBe(200)
  } finally {
    await server.close()
  }
})

test('a registry with a user is not open, so it does not mind its name either', async () => {
  const server = await startRegistry()
  try {
    await addUser(server.dataDir, 'ann', 'correct horse')
    await untilTrue('the ping asks for a sign-in', async () => (await ask(server.url, 'registry.test')).status === 401)
  } finally {
    await server.close()
  }
})
