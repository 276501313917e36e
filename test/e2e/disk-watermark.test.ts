import { afterEach, beforeEach, expect, it } from 'bun:test'
import { parseConfig } from '../../src/config/load.ts'
import { diskGuard } from '../../src/disk-guard/guard.ts'
import { createUser } from '../../src/auth/manage-users.ts'
import { createProject } from '../../src/access/manage-projects.ts'
import { setQuota } from '../../src/quota/manage-quotas.ts'
import { OPERATOR } from '../../src/lib/actor.ts'
import { createLog } from '../../src/observability/log.ts'
import type { BlobStore } from '../../src/storage/blob-store.ts'
import { type Content, content } from '../conformance/support/content.ts'
import { type InProcess, openInProcess, TestClock } from './support/in-process.ts'
import { basic } from './support/server.ts'

const REPOSITORY = 'disk/app'
const MIB = 1024 * 1024

let registry: InProcess
/** What the wrapped store says of the disk; the registry's own guard sees the real one. */
let usedPercent: number
let clock: TestClock

beforeEach(async () => {
  usedPercent = 10
  clock = new TestClock()
  const store = { room: async () => ({ totalBytes: 1000, freeBytes: 1000 - usedPercent * 10 }) } as BlobStore
  const log = createLog({ level: 'error', now: () => clock.now(), write: () => undefined })
  const guard = diskGuard({ config: parseConfig({ data: 'nowhere' }), blobs: store, clock, log })
  registry = await openInProcess({ guards: [guard], config: { disk: { warnAt: 100, refuseAt: 100 } } })
})
afterEach(() => registry.close())

function push(blob: Content): Promise<Response> {
  return fetch(`${registry.url}/v2/${REPOSITORY}/blobs/uploads/?digest=${blob.digest}`, {
    method: 'POST',
    body: new Uint8Array(blob.bytes),
  })
}

/** A body of unknown length; `between` runs before each piece. */
function flowing(pieces: number, between: (piece: number) => void): ReadableStream<Uint8Array> {
  let piece = 0
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setImmediate(resolve))
      between(piece)
      if (piece++ === pieces) return controller.close()
      controller.enqueue(new Uint8Array(MIB))
    },
  })
}

it('a disk that is nearly full takes no uploads with 507; what is there is pulled and deleted', async () => {
  const kept = content('kept')
  expect((await push(kept)).status).toBe(201)
  usedPercent = 95
  clock.advance(1000)
  const refused = await push(content('more'))
  expect({ status: refused.status, text: await refused.text() }).toEqual({
    status: 507,
    text: expect.stringContaining('no disk space left'),
  })
  const session = await fetch(`${registry.url}/v2/${REPOSITORY}/blobs/uploads/`, { method: 'POST' })
  expect(session.status).toBe(507)
  expect(registry.errors()).toBe('')
  expect(
    registry.warnings().split('95 % of the disk are in use; uploads are refused from 95 % on (disk.refuseAt)'),
  ).toHaveLength(2)
  expect(registry.warnings()).not.toContain('stack')
  const address = `${registry.url}/v2/${REPOSITORY}/blobs/${kept.digest}`
  expect(await (await fetch(address)).text()).toBe('kept')
  expect((await fetch(address, { method: 'DELETE' })).status).toBe(202)
  usedPercent = 94
  expect((await push(content('more'))).status).toBe(201)
})

it('a disk that fills up while bytes come takes no more of them, and the session goes on with room again', async () => {
  const session = await fetch(`${registry.url}/v2/${REPOSITORY}/blobs/uploads/`, { method: 'POST' })
  const location = new URL(session.headers.get('location') ?? '', registry.url)
  const body = flowing(40, (piece) => {
    if (piece !== 8) return
    usedPercent = 96
    clock.advance(1000)
  })
  const cut = await fetch(location, { method: 'PATCH', body })
  expect(cut.status).toBe(507)
  usedPercent = 50
  const held = Number((await fetch(location)).headers.get('range')?.split('-')[1]) + 1
  expect(held).toBeLessThan(40 * MIB)
  const rest = await fetch(location, { method: 'PATCH', body: new Uint8Array(10) })
  expect({ status: rest.status, range: rest.headers.get('range') }).toEqual({ status: 202, range: `0-${held + 9}` })
})

it('a client that streams beyond a quota is told so while it still sends', async () => {
  const m = registry.app.management
  const by = { actor: OPERATOR, principal: undefined }
  const project = await createProject(m, by, { name: 'disk', public: true })
  await setQuota(m, by, project, { bytes: 5 * MIB, repositories: undefined, tags: undefined })
  await createUser(m, by, { name: 'admin', password: 'pass word of admin', systemRole: 'administrator' })
  const headers = basic('admin', 'pass word of admin')
  const session = await fetch(`${registry.url}/v2/${REPOSITORY}/blobs/uploads/`, { method: 'POST', headers })
  const location = new URL(session.headers.get('location') ?? '', registry.url)
  const refused = await fetch(location, { method: 'PATCH', headers, body: flowing(40, () => undefined) })
  expect({ status: refused.status, text: await refused.text() }).toEqual({
    status: 403,
    text: expect.stringMatching(
      /"code":"DENIED".*the quota of the project \\"disk\\" is 5 MiB \(5242880 bytes\);.* and this needs at least /,
    ),
  })
  // Nothing of it is kept, and the session is open.
  expect((await fetch(location, { headers })).headers.get('range')).toBe('0-0')
  const small = await fetch(location, { method: 'PATCH', headers, body: new Uint8Array(10) })
  expect({ status: small.status, range: small.headers.get('range') }).toEqual({ status: 202, range: '0-9' })
  expect(registry.errors()).toBe('')
})
