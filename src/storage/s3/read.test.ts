import { beforeAll, expect, it, setDefaultTimeout } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeWithGateway, gateway, storageAddress } from '../../../test/support/rgw.ts'
import { openS3Store } from './store.ts'
import { openBodies } from './transport.ts'

setDefaultTimeout(60_000)

const MIB = 1024 * 1024

describeWithGateway('reading from S3', () => {
  beforeAll(() => gateway(), 120_000)

  // The runtime's fetch lets 256 requests be under way; those beyond half of them go another way.
  it('140 readers that stand still keep nobody else from it, and go on well', async () => {
    const store = await openS3Store(await storageAddress())
    const bytes = randomBytes(4 * MIB)
    await store.put('object', new Blob([bytes]))
    // Other files of this process may have opened what they never read.
    const before = openBodies()
    const readers = []
    for (let count = 0; count < 140; count++) readers.push((await store.open('object'))?.content.stream().getReader())
    expect(openBodies() - before).toBe(140)
    expect(await store.stat('object')).toEqual({ sizeBytes: bytes.byteLength })
    for (const reader of [readers.at(0), readers.at(-1)]) {
      const received: Uint8Array[] = []
      for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) received.push(next.value)
      expect(Buffer.concat(received).equals(bytes)).toBe(true)
    }
    for (const reader of readers) await reader?.cancel()
    expect(openBodies()).toBe(before)
    await expect(store.open('object', { start: 0, end: 0 })).resolves.toMatchObject({ sizeBytes: bytes.byteLength })
  })

  it('a reader that stands still takes little memory', async () => {
    const store = await openS3Store(await storageAddress())
    await store.put('object', new Blob([new Uint8Array(256 * MIB)]))
    Bun.gc(true)
    const before = process.memoryUsage.rss()
    const reader = (await store.open('object'))?.content.stream().getReader()
    await reader?.read()
    await Bun.sleep(500)
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * MIB)
    await reader?.cancel()
    await store.delete('object')
  })

  it('what is stored with a key of ours (SSE-C) cannot be read without it, and has no direct URL', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'berth-s3-'))
    await writeFile(join(folder, 'key'), randomBytes(32).toString('base64'))
    const address = await storageAddress({ parameters: { sseCustomerKeyFile: join(folder, 'key') } })
    const store = await openS3Store(address)
    await store.put('object', new Blob(['hello']))
    expect(await store.directUrl('object', 60_000)).toBeUndefined()
    expect(await (await store.open('object'))?.content.arrayBuffer()).toEqual(new TextEncoder().encode('hello').buffer)
    const bucket = new URL(address).host
    const keyless = await openS3Store(await storageAddress({ bucket }))
    await expect(keyless.open('object')).rejects.toThrow(/GetObject/)
    await rm(folder, { recursive: true })
  })

  it('a direct URL works for at most two minutes, and a browser saves what it brings', async () => {
    const store = await openS3Store(await storageAddress())
    await store.put('object', new Blob(['<script>']))
    const url = await store.directUrl('object', 3_600_000)
    expect(Number(url?.searchParams.get('X-Amz-Expires'))).toBe(120)
    const reply = await fetch(url ?? '')
    expect([reply.status, await reply.text()]).toEqual([200, '<script>'])
    expect(reply.headers.get('content-disposition')).toBe('attachment')
    expect(reply.headers.get('content-type')).toBe('application/octet-stream')
  })
})
