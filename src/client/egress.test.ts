import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'bun:test'
import { makeCertificate } from '../../test/e2e/support/certificates.ts'
import { createEgress, type Egress, EgressError, getJson, isEgressError } from './egress.ts'
import { createPlainEgress } from './plain-egress.ts'

const SECRET_TEXT = 'what the other side said'

let server: Bun.Server<undefined>
let origin = ''
let seen: (string | null)[] = []

beforeAll(() => {
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: answer })
  origin = `http://127.0.0.1:${server.port}`
})
afterAll(() => server.stop(true))
beforeEach(() => {
  seen = []
})

function answer(request: Request): Response | Promise<Response> {
  seen.push(request.headers.get('accept-encoding'))
  const { pathname } = new URL(request.url)
  const answers: Readonly<Record<string, () => Response | Promise<Response>>> = {
    '/json': () => Response.json({ a: 1 }),
    '/list': () => Response.json([1]),
    '/text': () => new Response(SECRET_TEXT),
    '/missing': () => new Response(SECRET_TEXT, { status: 404 }),
    '/moved': () => Response.redirect(`${origin}/json`, 302),
    '/unchanged': () => new Response(null, { status: 304 }),
    '/empty': () => new Response(null, { status: 204 }),
    '/kilobyte': () => new Response('x'.repeat(1024)),
    '/endless': () => new Response(endless()),
    '/gzip': () => new Response(Bun.gzipSync(Buffer.alloc(1024)), { headers: { 'content-encoding': 'gzip' } }),
    '/slow': () => new Response(slow()),
    '/silent': () => new Promise<Response>(() => undefined),
  }
  return answers[pathname]?.() ?? new Response('no such page', { status: 404 })
}

/** Its head is there at once, its end after more than a second. */
async function* slow(): AsyncGenerator<string> {
  yield 'a'
  await Bun.sleep(1200)
  yield 'b'
}

function endless(): ReadableStream {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) })
}

async function failure(work: Promise<unknown>): Promise<Error> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof EgressError)) throw new Error(`not an EgressError: ${Bun.inspect(error)}`)
  expect(error.message).toContain(new URL(origin).host)
  expect(Bun.inspect(error)).not.toContain(SECRET_TEXT)
  return error
}

const open = (changes: Partial<Parameters<typeof createEgress>[0]> = {}): Egress => createEgress({ origin, ...changes })

describe('a request', () => {
  it('is given up when the head of its answer is late; a body may take longer', async () => {
    for (const ask of [open({ timeoutMs: 60_000 }), createPlainEgress(origin, { timeoutMs: 60_000 })]) {
      expect((await failure(ask(`${origin}/silent`, { headTimeoutMs: 50 }))).message).toContain('within 0.05 s')
      expect(await (await ask(`${origin}/slow`, { headTimeoutMs: 1000 })).text()).toBe('ab')
    }
  }, 30_000)

  it('is answered whole', async () => {
    const response = await open()(`${origin}/missing`)
    expect([response.status, await response.text()]).toEqual([404, SECRET_TEXT])
    expect((await open()(`${origin}/empty`)).status).toBe(204)
  })

  it('asks for bytes as they are', async () => {
    await open()(`${origin}/json`, { headers: { 'Accept-Encoding': 'gzip' } })
    expect(seen).toEqual(['identity'])
  })

  it('carries a method, headers and a body', async () => {
    let body = ''
    const echo = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: async (request) => {
        body = `${request.method} ${request.headers.get('authorization')} ${await request.text()}`
        return new Response()
      },
    })
    const there = `http://127.0.0.1:${echo.port}`
    const init = { method: 'POST', headers: { authorization: 'Basic x' }, body: new URLSearchParams({ a: 'b' }) }
    await createEgress({ origin: there })(there, init)
    expect(body).toBe('POST Basic x a=b')
    await echo.stop(true)
  })
})

describe('an answer that is refused', () => {
  it.each(['/moved', '/unchanged'])('a redirect, which nobody follows: %s', async (path) => {
    expect((await failure(open()(`${origin}${path}`))).message).toContain('a redirect, which is not followed')
    expect(seen).toHaveLength(1)
  })

  it('a byte more than the limit', async () => {
    expect((await open({ maxBodyBytes: 1024 })(`${origin}/kilobyte`)).ok).toBe(true)
    const error = await failure(open({ maxBodyBytes: 1023 })(`${origin}/kilobyte`))
    expect(error.message).toContain('more than 1023 bytes')
  })

  it('one that never ends', async () => {
    expect((await failure(open()(`${origin}/endless`))).message).toContain('more than 1048576 bytes')
  })

  it('one that is packed', async () => {
    expect((await failure(open()(`${origin}/gzip`))).message).toContain('an encoding')
  })

  it('none in time', async () => {
    expect((await failure(open({ timeoutMs: 20 })(`${origin}/silent`))).message).toContain('within 0.02 s')
  })

  it('none because the caller gave up', async () => {
    const signal = AbortSignal.abort()
    expect((await failure(open()(`${origin}/silent`, { signal }))).message).toContain('cannot be reached')
  })

  it('none because nobody listens', async () => {
    const closed = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
    const there = `http://127.0.0.1:${closed.port}`
    await closed.stop(true)
    const error = await open()(there).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(EgressError)
    expect(isEgressError(new Error('wrapped', { cause: new Error('twice', { cause: error }) }))).toBe(true)
    expect(isEgressError(new Error('another'))).toBe(false)
  })
})

describe('where requests may go', () => {
  it.each([
    'http://idp.test/',
    'http://10.0.0.1/',
    'http://127.0.0.1.evil.test/',
    'http://localhost.evil.test/',
    'http://169.254.169.254/',
    'http://[::2]/',
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'data:application/json,{}',
  ])('not to %s', async (url) => {
    const error = await open()(url).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(EgressError)
    expect(Bun.inspect(error)).toContain('only https is')
  })

  it('not with a password in the address', async () => {
    const url = origin.replace('://', '://user:password@')
    expect((await failure(open()(url))).message).not.toContain('password@')
    expect(seen).toEqual([])
  })

  const secrets = [
    { headers: { Authorization: 'Bearer x' } },
    { headers: { cookie: 'a=b' } },
    { headers: { 'proxy-authorization': 'Basic x' } },
    { method: 'POST', body: 'client_secret=x' },
  ]
  it.each(secrets)('not elsewhere with %j', async (init) => {
    const elsewhere = createEgress({ origin: 'https://idp.test' })
    expect((await failure(elsewhere(`${origin}/json`, init))).message).toContain('not where these credentials belong')
    expect(seen).toEqual([])
    expect((await elsewhere(`${origin}/json`)).ok).toBe(true)
    const listed = createEgress({ origin: 'https://idp.test', origins: [`${origin}/token`] })
    expect((await listed(`${origin}/json`, init)).ok).toBe(true)
  })

  it('not to a port next to it', async () => {
    const other = createEgress({ origin: `http://127.0.0.1:${Number(server.port) - 1}` })
    await failure(other(`${origin}/json`, { headers: { authorization: 'x' } }))
  })
})

describe('TLS', () => {
  it('believes the authorities that it is given, and no others', async () => {
    const authority = makeCertificate('authority')
    const { cert, key } = makeCertificate('localhost', authority)
    const secure = Bun.serve({ port: 0, hostname: '127.0.0.1', tls: { cert, key }, fetch: () => new Response('hello') })
    const there = `https://127.0.0.1:${secure.port}`
    expect(await (await open({ ca: authority.cert })(there)).text()).toBe('hello')
    for (const ca of [undefined, makeCertificate('another').cert]) {
      const error = await open({ ca })(there).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(EgressError)
    }
    await secure.stop(true)
  })
})

describe('JSON', () => {
  it('is an object', async () => {
    expect(await getJson(open(), `${origin}/json`)).toEqual({ a: 1 })
  })

  it.each(['/list', '/text', '/missing', '/empty'])('is not what %s answers', async (path) => {
    await failure(getJson(open(), `${origin}${path}`))
  })
})
