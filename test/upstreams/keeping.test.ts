import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeyFile } from '../../src/storage/encrypted/key-file.ts'
import { SEED } from '../conformance/support/content.ts'
import { berth } from '../e2e/support/command.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { type InProcess, openInProcess } from '../e2e/support/in-process.ts'
import { registryAt } from '../e2e/support/server.ts'
import { filesWith } from '../support/encrypted-folder.ts'
import { type RunningRegistry, startRegistry } from '../support/registry.ts'
import { mirrorOf, watch, type WatchedUpstream } from './support/upstream.ts'

setDefaultTimeout(60_000)

const LAYER_BYTES = 9_000_000

let origin: InProcess
let upstream: WatchedUpstream
let folder: string
beforeAll(async () => {
  origin = await openInProcess()
  upstream = watch(origin.url)
  folder = await mkdtemp(join(tmpdir(), 'berth-upstream-'))
})
afterAll(async () => {
  await upstream?.close()
  await origin?.close()
  await rm(folder, { recursive: true, force: true })
})

/** The first half of a layer at once, and the rest when it is let. */
function halve(layer: { readonly digest: string; readonly bytes: Uint8Array }) {
  const gate = Promise.withResolvers<void>()
  upstream.instead((request) => {
    if (!request.url.includes(layer.digest)) return undefined
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(layer.bytes.slice(0, LAYER_BYTES / 2))
        await gate.promise
        controller.enqueue(layer.bytes.slice(LAYER_BYTES / 2))
        controller.close()
      },
    })
    return new Response(body, { headers: { 'content-length': String(LAYER_BYTES) } })
  })
  return () => gate.resolve()
}

/** What an administrator says first. */
const setUp = (url: string): readonly (readonly string[])[] => [
  ['remote', 'add', 'hub', url, '--allow-private'],
  ['project', 'add', 'hub', '--public'],
  ['source', 'add', 'hub', 'hub'],
]

async function drain(reader: { readonly read: () => Promise<{ readonly done: boolean }> }): Promise<void> {
  while (!(await reader.read()).done);
}

describe(`what is passed on while it is stored (BERTH_TEST_SEED=${SEED})`, () => {
  it('lies nowhere as it is where blobs are encrypted', async () => {
    const keyFile = join(folder, 'master.key')
    createKeyFile(keyFile)
    const cache = await openInProcess({ config: { encryption: { keyFile } } })
    const hub = await mirrorOf(cache, 'hub', upstream.url)
    const app = image('sealed', {}, LAYER_BYTES)
    await pushImage({ registry: origin, name: 'sealed' }, app, 'v1')
    await hub.send('GET', '/v2/hub/sealed/manifests/v1')
    const letGo = halve(app.layer)
    const url = `${cache.url}/v2/hub/sealed/blobs/${app.layer.digest}`
    const [quick, slow] = await Promise.all([fetch(url), fetch(url)])
    const reader = (quick.body as ReadableStream<Uint8Array>).getReader()
    let read = 0
    while (read < LAYER_BYTES / 2) read += (await reader.read()).value?.length ?? 0
    expect(await filesWith(cache.dataDir, app.layer.bytes.slice(0, 1000))).toEqual([])
    letGo()
    // By now this one is so far behind that it reads what was spooled.
    expect(Buffer.compare(await slow.bytes(), app.layer.bytes)).toBe(0)
    await drain(reader)
    upstream.instead(undefined)
    const again = await hub.send('GET', `/v2/hub/sealed/blobs/${app.layer.digest}`)
    expect(Buffer.compare(again.bytes, app.layer.bytes)).toBe(0)
    await cache.close()
  })

  it('leaves nothing behind when the server dies in the middle, and comes anew', async () => {
    const data = join(folder, 'killed')
    let server: RunningRegistry = await startRegistry({ dataDir: data })
    for (const command of setUp(upstream.url))
      expect(await berth([...command, '--data', data])).toMatchObject({ code: 0 })
    const app = image('killed', {}, LAYER_BYTES)
    await pushImage({ registry: origin, name: 'killed' }, app, 'v1')
    expect((await registryAt(server.url).send('GET', '/v2/hub/killed/manifests/v1')).status).toBe(200)
    const letGo = halve(app.layer)
    const pull = await fetch(`${server.url}/v2/hub/killed/blobs/${app.layer.digest}`)
    const reader = (pull.body as ReadableStream<Uint8Array>).getReader()
    expect((await reader.read()).value?.length).toBeGreaterThan(0)
    await server.stop('SIGKILL')
    letGo()
    upstream.instead(undefined)
    const outcome = await drain(reader).catch(() => 'broken off')
    expect(outcome).toBe('broken off')
    server = await startRegistry({ dataDir: data })
    expect(await filesWith(data, app.layer.bytes.slice(0, 1000))).toEqual([])
    const again = await registryAt(server.url).send('GET', `/v2/hub/killed/blobs/${app.layer.digest}`)
    expect(Buffer.compare(again.bytes, app.layer.bytes)).toBe(0)
    await server.stop('SIGTERM')
    const checked = await berth(['fsck', '--data', data])
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining('comes from its upstream')])
  })

  it('keeps no server from stopping, and leaves nothing behind, when nobody waits for it', async () => {
    const data = join(folder, 'stopped')
    const server = await startRegistry({ dataDir: data })
    for (const command of setUp(upstream.url))
      expect(await berth([...command, '--data', data])).toMatchObject({ code: 0 })
    const app = image('stopped', {}, LAYER_BYTES)
    await pushImage({ registry: origin, name: 'stopped' }, app, 'v1')
    expect((await registryAt(server.url).send('GET', '/v2/hub/stopped/manifests/v1')).status).toBe(200)
    const letGo = halve(app.layer)
    const pull = await fetch(`${server.url}/v2/hub/stopped/blobs/${app.layer.digest}`)
    await pull.body?.cancel()
    expect(await server.stop('SIGTERM')).toBe(0)
    expect(await filesWith(data, app.layer.bytes.slice(0, 1000))).toEqual([])
    letGo()
    upstream.instead(undefined)
  })
})
