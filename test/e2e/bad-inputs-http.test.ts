import { afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { check } from '../conformance/support/check.ts'
import { digestOf } from '../conformance/support/content.ts'
import { head, RawConnection, rawRequest } from './support/raw.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'
import { untilTrue } from './support/until.ts'
import { ON_POSTGRES } from '../support/postgres.ts'

setDefaultTimeout(PATIENCE_MS)

const server = useServer()

afterEach(async () => {
  check(await server.send('GET', '/v2/'), { status: 200 })
  expect(() => process.kill(server.running.pid, 0)).not.toThrow()
})

const UPLOADS = '/v2/e2e/http/blobs/uploads/'
const NEXT = head('GET', '/v2/e2e/smuggled/tags/list')

/** Sends it with another request behind it, and returns all that is answered until the connection is closed. */
async function answersTo(request: string): Promise<{ statuses: number[]; closed: boolean }> {
  const connection = await RawConnection.open(server.url)
  connection.write(request + NEXT)
  const statuses = [(await connection.answer()).status]
  await untilTrue('the connection is closed', () => connection.closed, 2000).catch(() => undefined)
  if (connection.receivedBytes > 0) statuses.push((await connection.answer()).status)
  const { closed } = connection
  connection.destroy()
  return { statuses, closed }
}

describe('row 48: a request that two readers understand in two ways', () => {
  test.each([
    ['both lengths', `${head('POST', UPLOADS, ['Content-Length: 5', 'Transfer-Encoding: chunked'])}0\r\n\r\n`],
    [
      'both lengths, the other way',
      `${head('POST', UPLOADS, ['Transfer-Encoding: chunked', 'Content-Length: 5'])}0\r\n\r\n`,
    ],
    ['two lengths', `${head('POST', UPLOADS, ['Content-Length: 0', 'Content-Length: 5'])}abcde`],
    ['a list of lengths', head('POST', UPLOADS, ['Content-Length: 0, 5'])],
    ['a negative length', head('POST', UPLOADS, ['Content-Length: -1'])],
    ['a length with a sign', `${head('POST', UPLOADS, ['Content-Length: +1'])}a`],
    ['a length in hexadecimal', `${head('POST', UPLOADS, ['Content-Length: 0x1'])}a`],
    ['a length beyond any number', head('POST', UPLOADS, ['Content-Length: 99999999999999999999'])],
    ['another encoding', `${head('POST', UPLOADS, ['Transfer-Encoding: xchunked'])}0\r\n\r\n`],
    ['a blank before the colon', `${head('POST', UPLOADS, ['Transfer-Encoding : chunked'])}0\r\n\r\n`],
    ['a folded line', head('GET', '/v2/', ['X-A: b', ' c'])],
    ['a bare line feed', 'GET /v2/ HTTP/1.1\r\nHost: localhost\r\nX-A: b\nX-C: d\r\n\r\n'],
    ['a bare line feed after the request line', 'GET /v2/ HTTP/1.1\nHost: localhost\r\n\r\n'],
    ['a NUL in a header', head('GET', '/v2/', ['X-A: b\0c'])],
    ['no Host', 'GET /v2/ HTTP/1.1\r\n\r\n'],
    ['a header without a colon', head('GET', '/v2/', ['nonsense'])],
    ['a header without a name', head('GET', '/v2/', [': x'])],
    [
      'a chunk size that is none',
      `${head('POST', `${UPLOADS}?digest=${digestOf(new Uint8Array())}`, ['Transfer-Encoding: chunked'])}ZZ\r\n`,
    ],
  ])('row 48: %s is refused and the connection closed', async (_, request) => {
    const { statuses, closed } = await answersTo(request)
    expect(statuses).toHaveLength(1)
    expect([400, 413, 501, 505]).toContain(statuses[0] ?? 0)
    expect(closed).toBe(true)
  })

  test('row 48: two Hosts are refused', async () => {
    const answer = await rawRequest(server.url, 'GET /v2/ HTTP/1.1\r\nHost: localhost\r\nHost: b.test\r\n\r\n')
    expect(answer.status).toBe(400)
  })
})

describe('row 48: a request that is too much or too strange', () => {
  test('row 48: names of Object.prototype are headers like others', async () => {
    const lines = ['__proto__: x', 'constructor: x', 'toString: x', 'hasOwnProperty: x', '__defineGetter__: x']
    expect((await rawRequest(server.url, head('GET', '/v2/', lines))).status).toBe(200)
  })

  test.each([
    '/__proto__',
    '/constructor',
    '/toString',
    '/v2/__proto__',
    '/v2/constructor/tags/list',
    '/hasOwnProperty',
  ])('row 48: the address %s is 404 or another answer of ours, not a failure', async (path) => {
    expect((await rawRequest(server.url, head('GET', path))).status).toBe(404)
  })

  test('row 48: 200 headers are answered or 431, 1,000 are 431', async () => {
    const lines = (count: number) => Array.from({ length: count }, (_, n) => `X-${n}: v`)
    expect((await rawRequest(server.url, head('GET', '/v2/', lines(80)))).status).toBe(200)
    expect([200, 431]).toContain((await rawRequest(server.url, head('GET', '/v2/', lines(200)))).status)
    expect((await rawRequest(server.url, head('GET', '/v2/', lines(1000)))).status).toBe(431)
  })

  test('row 48: a header and an address beyond 16 KiB are refused', async () => {
    expect((await rawRequest(server.url, head('GET', '/v2/', [`X-Long: ${'a'.repeat(70_000)}`]))).status).toBe(431)
    const long = await rawRequest(server.url, head('GET', `/v2/${'a'.repeat(70_000)}/tags/list`))
    expect([400, 414, 431]).toContain(long.status)
  })

  test('row 48: an unknown verb is refused', async () => {
    for (const method of ['TRACE', 'POST', 'PATCH', 'OPTIONS']) {
      const answer = await rawRequest(server.url, head(method, '/v2/', ['Content-Length: 0']))
      expect([method, answer.status]).toEqual([method, 405])
      expect(answer.headers.get('allow')).toEqual(['GET, HEAD'])
    }
  })

  test('row 48: a TLS greeting on the plain port fails at once', async () => {
    const connection = await RawConnection.open(server.url)
    connection.write(Buffer.from('16030102000100', 'hex'))
    connection.write(Buffer.alloc(512, 1))
    await untilTrue('the connection is closed', () => connection.closed, 2000)
  })

  test('row 48: a Host that is none never reaches the challenge', async () => {
    for (const host of ['a"b', 'a, evil="x', 'a b', 'a/b?c#d', 'user@evil.test', 'a\\b', 'a:b:c', '']) {
      const request = `GET /v2/ HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer x\r\n\r\n`
      const answer = await rawRequest(server.url, request)
      const challenge = answer.headers.get('www-authenticate')?.[0]
      if (challenge !== undefined)
        expect(challenge).toMatch(
          /^Bearer realm="http:\/\/[a-z0-9.-]+(:\d+)?\/token",service="berth",error="invalid_token"$/,
        )
      expect([400, 401]).toContain(answer.status)
    }
  })

  // The server closes the connection when an answer takes a turn of the event loop, as it does with PostgreSQL.
  test.skipIf(ON_POSTGRES)('row 48: requests sent ahead are answered in order', async () => {
    const connection = await RawConnection.open(server.url)
    connection.write(head('GET', '/v2/') + NEXT + head('GET', '/nothing') + head('HEAD', '/v2/'))
    expect((await connection.answer()).body).toBe('{}')
    expect((await connection.answer()).body).toContain('e2e/smuggled')
    expect((await connection.answer()).status).toBe(404)
    connection.destroy()
  })
})
