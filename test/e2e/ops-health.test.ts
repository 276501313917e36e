import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { check } from '../conformance/support/check.ts'
import { image, pushImage } from './support/images.ts'
import { type InProcess, openInProcess } from './support/in-process.ts'
import { PATIENCE_MS, basic, useServer } from './support/server.ts'
import { makeUsers } from './support/sign-in.ts'

setDefaultTimeout(PATIENCE_MS)

const server = useServer()
const users = makeUsers({ ann: 'correct horse' })
let closed: InProcess

beforeAll(async () => {
  closed = await openInProcess({ config: { auth: { htpasswd: { path: await users.file() } } } })
})
afterAll(async () => {
  await closed.close()
  await users.remove()
})

/** As if the request came from that address. */
async function from(
  peer: string,
  registry: InProcess,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const request = new Request('http://registry.test/metrics', { headers })
  const connection = { scheme: 'http', peer: () => peer, takeTheTime: () => undefined }
  return (await registry.app.fetch(request, connection)).status
}

test.each(['/healthz', '/readyz'])('%s is 200 for anybody, GET and HEAD', async (path) => {
  for (const registry of [server, closed]) {
    check(await registry.send('GET', path), { status: 200, body: 'ok\n' })
    check(await registry.send('HEAD', path), { status: 200, body: '' })
    check(await registry.send('POST', path), { status: 405, error: 'UNSUPPORTED' })
  }
})

test('/readyz is 503 and says why when bytes cannot be stored, /healthz stays 200', async () => {
  const broken = await openInProcess()
  try {
    await rename(join(broken.dataDir, 'uploads'), join(broken.dataDir, 'elsewhere'))
    const answer = await broken.send('GET', '/readyz')
    expect([answer.status, answer.text.startsWith('storage: ')]).toEqual([503, true])
    check(await broken.send('GET', '/healthz'), { status: 200 })
  } finally {
    await broken.close()
  }
})

describe('/metrics', () => {
  test('counts requests by endpoint, verb and status, and never by name', async () => {
    const name = 'e2e/metrics/very-secret-name'
    await pushImage({ registry: server, name }, image('metrics'), 'secret-tag')
    await server.send('GET', `/v2/${name}/manifests/secret-tag`)
    await server.send('GET', '/some/strange-address')
    await server.send('GET', '/v2/BAD/tags/list')
    const { text } = check(await server.send('GET', '/metrics'), {
      status: 200,
      headers: { 'Content-Type': /^text\/plain; version=0\.0\.4/ },
    })
    expect(text).toMatch(/^registry_http_requests_total\{handler="manifest",method="PUT",code="201"\} 1$/m)
    expect(text).toMatch(/^registry_http_requests_total\{handler="manifest",method="GET",code="200"\} 1$/m)
    expect(text).toMatch(/^registry_http_requests_total\{handler="tags",method="GET",code="400"\} 1$/m)
    expect(text).toMatch(/^registry_http_requests_total\{handler="none",method="GET",code="404"\} \d+$/m)
    expect(text).toContain('process_resident_memory_bytes')
    for (const secret of ['very-secret-name', 'secret-tag', 'strange-address', 'BAD'])
      expect(text).not.toContain(secret)
  })

  test('is for signed-in users and for this machine only', async () => {
    expect(await from('127.0.0.1', closed)).toBe(200)
    expect(await from('::1', closed)).toBe(200)
    for (const peer of ['10.0.0.1', '192.168.1.1', '2001:db8::1', '127.0.0.1.evil.test', '']) {
      expect([peer, await from(peer, closed)]).toEqual([peer, 401])
      expect(await from(peer, closed, users.basic('ann'))).toBe(200)
      expect(await from(peer, closed, basic('ann', 'wrong'))).toBe(401)
      expect(await from(peer, closed, { 'X-Forwarded-For': '127.0.0.1' })).toBe(401)
    }
  })

  test('is for everybody where metrics.public says so', async () => {
    const shown = await openInProcess({ config: { metrics: { public: true }, auth: { anonymous: 'none' } } })
    try {
      expect(await from('10.0.0.1', shown)).toBe(200)
    } finally {
      await shown.close()
    }
  })
})
