import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.ts'
import { type RunningRegistry, startRegistry } from '../support/registry.ts'
import { addUser, berth } from './support/command.ts'
import { image, pushImage } from './support/images.ts'
import { basic, bearer, PATIENCE_MS, registryAt } from './support/server.ts'
import { until, untilTrue } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

/** Spans take their start from the wall clock, and those of queries from the clock of the process. */
const CLOCKS_NS = 1_000_000n

const PASSWORD = 'correct-horse-battery'
const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-test-'))
  opened.push({ close: () => rm(folder, { recursive: true, force: true }) })
  return folder
}

function openReceiver(port = 0): OtlpReceiver {
  const receiver = new OtlpReceiver(port)
  opened.push({ close: () => receiver.stop() })
  return receiver
}

async function start(endpoint: string, env: Readonly<Record<string, string>> = {}): Promise<RunningRegistry> {
  const dataDir = await openFolder()
  await addUser(dataDir, 'ann', PASSWORD)
  const running = await startRegistry({ dataDir, env: { BERTH_TRACES__ENDPOINT: endpoint, ...env } })
  opened.push(running)
  return running
}

const pushed = image('traces', {}, 40_000)
const asAnn = (running: RunningRegistry) => registryAt(running.url, basic('ann', PASSWORD))

const NAME = 'PUT /v2/{name}/manifests/{reference}'

function named(receiver: OtlpReceiver, name: string): Promise<ReceivedSpan> {
  return until(`a span "${name}"`, () => receiver.spans.find((span) => span.name === name), 15_000)
}

const idOf = (character: string, size: number) => character.repeat(size)
const TRACE = idOf('a', 32)
const PARENT = idOf('b', 16)
const FROM_CALLER = { traceparent: `00-${TRACE}-${PARENT}-01` }

describe('a request that is traced', () => {
  test('is one span by its route, with what it did below it, in the trace of its caller', async () => {
    const receiver = openReceiver()
    const running = await start(receiver.url)
    await pushImage({ registry: asAnn(running), name: 'ann/app' }, pushed, 'v1')
    const traced = registryAt(running.url, { ...basic('ann', PASSWORD), ...FROM_CALLER })
    const { bytes, mediaType } = pushed.manifest
    const answer = await traced.send('PUT', '/v2/ann/app/manifests/v2', {
      ...{ body: new Uint8Array(bytes), headers: { 'content-type': mediaType } },
    })
    expect(answer.status).toBe(201)
    const ours = () => receiver.spans.filter((span) => span.traceId === TRACE)
    const request = await until('the request', () => ours().find((span) => span.kind === 'server'), 15_000)
    expect(request).toMatchObject({ name: NAME, parentId: PARENT, isError: false })
    expect(request.attributes).toEqual({
      'http.request.method': 'PUT',
      'http.route': '/v2/{name}/manifests/{reference}',
      'http.response.status_code': 201,
      'berth.repository': 'ann/app',
      'berth.request': answer.headers.get('x-request-id'),
    })
    expect(request.resource).toMatchObject({ 'service.name': 'berth' })
    const below = ours().filter((span) => span.parentId === request.spanId)
    const names = below.map(({ name }) => name)
    for (const part of ['authenticate', 'authorize', 'database transaction']) expect(names).toContain(part)
    expect(new Set(names.filter((name) => name === 'database queries')).size).toBeLessThanOrEqual(1)
    const [transaction] = below.filter((span) => span.name === 'database transaction')
    const queries = ours().filter((span) => span.parentId === transaction?.spanId)
    expect(queries.map(({ name }) => name)).toEqual(['database queries'])
    expect(Number(queries[0]?.attributes['berth.queries'])).toBeGreaterThan(1)
    for (const span of below) {
      expect(span.startNs).toBeGreaterThanOrEqual(request.startNs - CLOCKS_NS)
      expect(span.endNs).toBeLessThanOrEqual(request.endNs + CLOCKS_NS)
    }
    // 40,000 bytes are an object; the storage has spans of its own in that request.
    const stored = await until('a write', () => receiver.spans.find(({ name }) => name === 'storage commit'), 15_000)
    expect(receiver.spans.find(({ spanId }) => spanId === stored.parentId)?.name).toBe(
      'PUT /v2/{name}/blobs/uploads/{reference}',
    )
  })

  test('no password, token, query, path or agent is in what is sent', async () => {
    const folder = await openFolder()
    const headersFile = join(folder, 'headers')
    await writeFile(headersFile, '# of the collector\nX-Collector-Token: let-me-in\n')
    const receiver = openReceiver()
    const running = await start(receiver.url, { BERTH_TRACES__HEADERSFILE: headersFile, BERTH_LOG__ACCESS: 'on' })
    const ann = asAnn(running)
    await pushImage({ registry: ann, name: 'ann/app' }, pushed, 'secret-tag')
    const token = await ann.send('GET', '/token?service=x&scope=repository:ann/app:pull')
    const issued = String(JSON.parse(token.text).token)
    const byToken = registryAt(running.url, { ...bearer(issued), 'user-agent': 'agent-secret' })
    expect((await byToken.send('GET', '/v2/ann/app/manifests/secret-tag?token=query-secret')).status).toBe(200)
    const wrong = registryAt(running.url, basic('ann', 'wrong-password-1'))
    expect((await wrong.send('GET', '/v2/')).status).toBe(401)
    expect((await ann.send('GET', '/api/v1/projects?q=query-secret')).status).toBeLessThan(500)
    expect((await ann.send('GET', '/path-secret/x')).status).toBe(404)
    const strange = { ...basic('ann', PASSWORD), traceparent: '00-header-secret', tracestate: 'state-secret=1' }
    await registryAt(running.url, strange).send('PROPFIND', '/v2/')
    await named(receiver, 'GET /v2/{name}/manifests/{reference}')
    await named(receiver, 'GET /api/v1/projects')
    await named(receiver, 'other /v2/')
    await running.stop('SIGTERM')
    const everything = receiver.received
    const secrets = [
      PASSWORD,
      issued,
      issued.split('.')[2] ?? '',
      btoa(`ann:${PASSWORD}`),
      'wrong-password-1',
      'secret-tag',
    ]
    const others = ['query-secret', 'agent-secret', 'path-secret', 'header-secret', 'state-secret']
    for (const secret of [...secrets, ...others]) expect(everything).not.toContain(secret)
    expect(receiver.headers[0]?.get('x-collector-token')).toBe('let-me-in')
    expect(running.output()).not.toContain('let-me-in')
  })

  test('is found by the line of the log, and jobs that do something have traces of their own', async () => {
    const receiver = openReceiver()
    const running = await start(receiver.url, { BERTH_LOG__ACCESS: 'on' })
    await registryAt(running.url, FROM_CALLER).send('GET', '/healthz')
    await until('the line', () => (running.output().includes(`"trace":"${TRACE}"`) ? true : undefined))
    const job = await until('a job', () => receiver.spans.find(({ name }) => name.startsWith('job ')), 20_000)
    expect(job).toMatchObject({ kind: 'internal', parentId: '' })
  })
})

test('what is not sampled leaves nothing; a caller that decided is followed', async () => {
  const receiver = openReceiver()
  const running = await start(receiver.url, { BERTH_TRACES__SAMPLE: '0' })
  const ann = asAnn(running)
  for (let count = 0; count < 20; count++) await ann.send('GET', '/v2/')
  await registryAt(running.url, { traceparent: `00-${TRACE}-${PARENT}-00` }).send('GET', '/healthz')
  await registryAt(running.url, FROM_CALLER).send('GET', '/readyz')
  await named(receiver, 'GET /readyz')
  await running.stop('SIGTERM')
  expect(receiver.spans.filter(({ kind }) => kind === 'server').map(({ name }) => name)).toEqual(['GET /readyz'])
})

describe('a collector that is of no use', () => {
  test.each([
    ['is away', (receiver: OtlpReceiver) => receiver.stop()],
    ['fails', (receiver: OtlpReceiver) => Object.assign(receiver, { status: 503 })],
    ['hangs', (receiver: OtlpReceiver) => Object.assign(receiver, { hangs: true })],
  ])('that %s holds nothing up, and is said once', async (_, break_) => {
    const receiver = openReceiver()
    const { port } = receiver
    await break_(receiver)
    const running = await start(receiver.url.replace(/:\d+$/, `:${port}`))
    const ann = asAnn(running)
    await pushImage({ registry: ann, name: 'ann/app' }, pushed, 'v1')
    const before = performance.now()
    for (let round = 0; round < 30; round++)
      await Promise.all(Array.from({ length: 100 }, () => ann.send('GET', '/v2/ann/app/manifests/v1')))
    expect(performance.now() - before).toBeLessThan(20_000)
    const said = () => running.output().split('traces cannot be sent').length - 1
    await untilTrue('it is said', () => said() === 1, 20_000)
    expect(await sample(running, 'berth_trace_spans_total')).toBeGreaterThan(6000)
    expect(await sample(running, 'berth_trace_spans_sent_total')).toBe(0)
    expect(said()).toBe(1)
    expect(await running.stop('SIGTERM')).toBe(0)
  })

  test('gets what happens from when it is back', async () => {
    const gone = openReceiver()
    const { url, port } = gone
    await gone.stop()
    const running = await start(url)
    await registryAt(running.url).send('GET', '/healthz')
    await untilTrue('it is said', () => running.output().includes('traces cannot be sent'), 20_000)
    const receiver = openReceiver(port)
    await registryAt(running.url).send('GET', '/readyz')
    await named(receiver, 'GET /readyz')
    await untilTrue('that is said too', () => running.output().includes('sent to the collector again'), 20_000)
  })
})

async function sample(running: RunningRegistry, name: string): Promise<number> {
  const { text } = await asAnn(running).send('GET', '/metrics')
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

test('an upstream is told of the trace only where an operator named it', async () => {
  const heard: (string | null)[] = []
  const upstream = Bun.serve({
    ...{ port: 0, hostname: '127.0.0.1' },
    fetch: (request) => {
      heard.push(request.headers.get('traceparent'))
      return Response.json({ name: 'x', tags: [] })
    },
  })
  opened.push({ close: () => upstream.stop(true) })
  const receiver = openReceiver()
  for (const told of ['', '127.0.0.1']) {
    heard.length = 0
    const running = await start(receiver.url, told === '' ? {} : { BERTH_TRACES__PROPAGATETO: told })
    const on = ['--data', running.dataDir]
    await pushImage({ registry: asAnn(running), name: 'ann/app' }, pushed, 'v1')
    const added = await berth(['remote', 'add', 'hub', upstream.url.origin, '--allow-private', ...on])
    expect(added).toMatchObject({ code: 0 })
    expect(await berth(['source', 'add', 'ann', 'hub', ...on])).toMatchObject({ code: 0 })
    receiver.spans.length = 0
    await asAnn(running).send('GET', '/v2/ann/some/manifests/v1')
    await untilTrue('the upstream is asked', () => heard.length > 0)
    const asked = await until(
      'a span of it',
      () => receiver.spans.find(({ attributes }) => attributes['server.address'] !== undefined),
      15_000,
    )
    expect(asked).toMatchObject({ kind: 'client', attributes: { 'server.address': '127.0.0.1' } })
    const traces = receiver.spans.map(({ traceId }) => traceId)
    if (told === '') expect(heard).toEqual(heard.map(() => null))
    else for (const header of heard) expect(traces).toContain(header?.split('-')[1] ?? 'nothing')
  }
})

test('a file with headers that is none is said at the start, without what is in it', async () => {
  const folder = await openFolder()
  const headersFile = join(folder, 'headers')
  await writeFile(headersFile, 'let-me-in\n')
  const result = await berth(['serve', '--data', folder, '--listen', '127.0.0.1:0'], {
    env: { BERTH_TRACES__ENDPOINT: 'http://127.0.0.1:9', BERTH_TRACES__HEADERSFILE: headersFile },
  })
  expect(result.code).not.toBe(0)
  expect(result.stderr).toContain('line 1 of')
  expect(result.stderr + result.stdout).not.toContain('let-me-in')
})
