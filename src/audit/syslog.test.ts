import { afterEach, beforeEach, describe, expect, it } from 'bun:test'
import { createSocket } from 'node:dgram'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { makeCertificate } from '../../test/e2e/support/certificates.ts'
import { untilTrue } from '../../test/e2e/support/until.ts'
import { systemClock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import { openSqlite } from '../metadata/sqlite.ts'
import type { Log } from '../observability/log.ts'
import { createRecorder } from './recorder.ts'
import { readState } from './store.ts'
import { syslogExport } from './syslog.ts'
import { syslogMessage } from './syslog-message.ts'
import { parseSyslogUrl } from './syslog-target.ts'

let folder = ''
let database: Database
const lines: string[] = []
const keep = (message: string) => void lines.push(message)
const log: Log = { enabled: () => true, debug: keep, info: keep, warn: keep, error: keep }
const servers: { close(): unknown }[] = []
const certificate = makeCertificate('localhost')

beforeEach(async () => {
  lines.length = 0
  folder = await mkdtemp(join(tmpdir(), 'berth-syslog-'))
  database = await openSqlite({ path: join(folder, 'berth.db'), clock: systemClock, onBroken: () => undefined })
})
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

async function note(count: number): Promise<void> {
  const recorder = createRecorder({ database, clock: systemClock, log, strict: true })
  const actor = { id: 'user:1', name: 'é"]\\\n', address: '' }
  for (let index = 0; index < count; index++)
    await recorder.note({ actor, action: 'sign-in', target: `t${index}`, outcome: 'done', detail: { index } })
}

/** What a receiver makes of a stream: RFC 6587 §3.4.1. */
function parseFrames(bytes: Buffer): string[] {
  const messages: string[] = []
  for (let rest = bytes; rest.length > 0;) {
    const space = rest.indexOf(' ')
    const end = space + 1 + Number(rest.subarray(0, space).toString())
    messages.push(rest.subarray(space + 1, end).toString())
    rest = rest.subarray(end)
  }
  return messages
}

function idsOf(messages: readonly string[]): number[] {
  return messages.map((message) => JSON.parse(message.slice(message.indexOf('] {') + 2)).id)
}

async function listen(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  servers.push(server)
  return (server.address() as AddressInfo).port
}

function receiver(received: string[]) {
  return (socket: Socket) => {
    const chunks: Buffer[] = []
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => void chunks.push(chunk))
    socket.on('end', () => void received.push(...parseFrames(Buffer.concat(chunks))))
  }
}

function job(url: string, timeLimitMs = 3000) {
  return syslogExport({
    url,
    database,
    recorder: createRecorder({ database, clock: systemClock, log, strict: true }),
    clock: systemClock,
    log,
    hostname: 'berth.test',
    ca: certificate.cert,
    timeLimitMs,
  })
}

const exportedId = async () => (await readState(database.reader)).exportedId

describe('the export', () => {
  it.each(['tcp', 'tls'])('sends every row once over %s', async (protocol) => {
    const received: string[] = []
    const { key, cert } = certificate
    const port = await listen(
      protocol === 'tcp' ? createServer(receiver(received)) : createTlsServer({ key, cert }, receiver(received)),
    )
    const exporting = job(`${protocol}://localhost:${port}`)
    await note(450)
    await exporting.run()
    await note(1)
    await exporting.run()
    await exporting.run()
    expect(idsOf(received)).toEqual(Array.from({ length: 451 }, (_, index) => index + 1))
    expect(await exportedId()).toBe(451)
  })

  it('sends datagrams over udp', async () => {
    const received: string[] = []
    const socket = createSocket('udp4')
    socket.on('message', (message) => void received.push(message.toString()))
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    servers.push(socket)
    await note(20)
    await job(`udp://127.0.0.1:${socket.address().port}`).run()
    await untilTrue('all datagrams', () => received.length === 20)
    expect(idsOf(received)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    expect(await exportedId()).toBe(20)
  })

  it('loses nothing while the receiver is away, and says so once', async () => {
    const port = await listen(createServer())
    servers.splice(0)[0]?.close()
    const exporting = job(`tcp://127.0.0.1:${port}`)
    await note(2)
    await exporting.run()
    await exporting.run()
    expect([lines.length, await exportedId()]).toEqual([1, 0])
    const received: string[] = []
    await listen(createServer(receiver(received)), port)
    await exporting.run()
    expect(idsOf(received)).toEqual([1, 2])
    expect(lines).toHaveLength(2)
  })

  it.each<[string, (socket: Socket) => void]>([
    ['resets', (socket) => void socket.once('data', () => socket.resetAndDestroy())],
    ['never answers', (socket) => void socket.resume()],
  ])('counts nothing as sent when the receiver %s', async (_, behave) => {
    const sockets: Socket[] = []
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      behave(socket)
    })
    const port = await listen(server)
    await note(3)
    await job(`tcp://127.0.0.1:${port}`, 300).run()
    expect(await exportedId()).toBe(0)
    for (const socket of sockets) socket.destroy()
  })

  it('sends nothing to whom the certificate does not fit', async () => {
    const received: string[] = []
    const { key, cert } = makeCertificate('localhost')
    const port = await listen(createTlsServer({ key, cert }, receiver(received)))
    await note(1)
    await job(`tls://localhost:${port}`).run()
    expect([received, await exportedId()]).toEqual([[], 0])
  })
})

it('a message is RFC 5424', () => {
  const row = {
    id: 7,
    at: 0,
    actor: 'u',
    actor_name: 'é"]\\\n',
    address: '',
    action: 'a b',
    target: 't',
    outcome: 'refused',
  }
  expect(syslogMessage({ ...row, detail: '{"n":"é"}', hash: 'h' }, 'my host')).toBe(
    '<108>1 1970-01-01T00:00:00.000Z my_host berth - a_b [audit@32473 id="7" actor="u" name="é\\"\\]\\\\ " address="" action="a b" target="t" outcome="refused" hash="h"] ' +
      '{"id":7,"time":"1970-01-01T00:00:00.000Z","actor":{"id":"u","name":"\\u00e9\\"]\\\\\\n","address":""},"action":"a b","target":"t","outcome":"refused","detail":{"n":"\\u00e9"},"hash":"h"}',
  )
})

it('an address names protocol and host', () => {
  expect(parseSyslogUrl('udp://h')).toEqual({ protocol: 'udp', host: 'h', port: 514 })
  expect(parseSyslogUrl('tls://[::1]:99')).toEqual({ protocol: 'tls', host: '::1', port: 99 })
  expect(() => parseSyslogUrl('http://h')).toThrow('is not udp://')
})
