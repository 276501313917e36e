import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { checkBlob } from '../conformance/support/blobs.ts'
import { check, headerOf } from '../conformance/support/check.ts'
import type { Answer } from '../conformance/support/client.ts'
import { type Content, content, randomContent } from '../conformance/support/content.ts'
import { blobPath, pushBlob } from '../conformance/support/uploads.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'
import { within } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

const server = useServer()
const target = { registry: server, name: 'e2e/ranges' }
const SIZE = 100_000

async function get(blob: Content, headers: Readonly<Record<string, string>>): Promise<Answer> {
  return server.send('GET', blobPath(target.name, blob.digest), { headers })
}

/** `bytes a-b/total` and the part between the boundaries of a multipart answer. */
function partsOf(answer: Answer): { range: string; bytes: Buffer }[] {
  const boundary = /^multipart\/byteranges; boundary=([0-9a-zA-Z]+)$/.exec(headerOf(answer, 'Content-Type'))?.[1]
  const text = Buffer.from(answer.bytes).toString('latin1')
  const [, ...parts] = text.split(`--${boundary}`)
  expect(parts.pop()).toBe('--\r\n')
  return parts.map((part) => {
    const [lines = '', ...body] = part.split('\r\n\r\n')
    const range = /Content-Range: (.+)/.exec(lines)?.[1]?.trim() ?? ''
    return { range, bytes: Buffer.from(body.join('\r\n\r\n').slice(0, -2), 'latin1') }
  })
}

// One that is kept in memory, and one that is sent from its file.
describe.each([
  ['a small blob', randomContent('range/small', 10_000)],
  ['a large blob', randomContent('range/large', SIZE)],
])('row 20: ranges of %s', (_, blob) => {
  const size = blob.bytes.length
  const last = size - 1

  test.each([
    ['bytes=0-0', 0, 0],
    ['bytes=1-2', 1, 2],
    ['bytes=-1', last, last],
    ['bytes=-999999', 0, last],
    [`bytes=${last}-`, last, last],
    ['bytes=5000-999999', 5000, last],
    ['bytes=5000-', 5000, last],
    ['bytes=0-', 0, last],
    ['bytes=7-7, 999999-', 7, 7],
  ])('row 20: %s is 206 with exactly these bytes', async (range, start, end) => {
    await pushBlob(target, blob)
    const headers = { 'Content-Range': `bytes ${start}-${end}/${size}`, 'Content-Length': String(end - start + 1) }
    check(await get(blob, { Range: range }), { status: 206, headers, body: blob.bytes.slice(start, end + 1) })
  })

  test.each([`bytes=${size}-`, 'bytes=999999-', 'bytes=5-3', 'bytes=-0', 'bytes=999999-,888888-'])(
    'row 20: %s is 416 with the size',
    async (range) => {
      await pushBlob(target, blob)
      check(await get(blob, { Range: range }), {
        status: 416,
        headers: { 'Content-Range': `bytes */${size}` },
        body: '',
      })
    },
  )

  test.each([
    'bytes=abc',
    'bytes=-',
    'bytes=',
    'bytes 0-5',
    'items=0-5',
    'bytes=0-5-9',
    'bytes=0x1-5',
    'bytes=1-2,abc',
  ])('row 20: %s means nothing, so everything is 200', async (range) => {
    await pushBlob(target, blob)
    check(await get(blob, { Range: range }), { status: 200, headers: { 'Content-Range': null }, body: blob.bytes })
  })

  test('row 20: numbers beyond any size are clamped, ignored or 416, never wrong bytes', async () => {
    await pushBlob(target, blob)
    const huge = '99999999999999999999999'
    const clamped = await get(blob, { Range: `bytes=0-${huge}` })
    expect([200, 206]).toContain(clamped.status)
    expect(Buffer.from(blob.bytes).equals(clamped.bytes)).toBe(true)
    const beyond = await get(blob, { Range: `bytes=${huge}-` })
    if (beyond.status === 200) expect(Buffer.from(blob.bytes).equals(beyond.bytes)).toBe(true)
    else expect(beyond.status).toBe(416)
  })

  test('row 20: several come as multipart, in the order asked', async () => {
    await pushBlob(target, blob)
    const answer = check(await get(blob, { Range: 'bytes=50-59,0-1,-2' }), {
      status: 206,
      headers: { 'Content-Range': null },
    })
    const wanted = [
      [50, 59],
      [0, 1],
      [size - 2, last],
    ] as const
    const parts = wanted.map(([start, end]) => ({
      range: `bytes ${start}-${end}/${size}`,
      bytes: Buffer.from(blob.bytes.slice(start, end + 1)),
    }))
    expect(partsOf(answer)).toEqual(parts)
  })

  test('row 20: thousands, and ones that overlap to more than the blob, are not served one by one', async () => {
    await pushBlob(target, blob)
    for (const range of [`bytes=${'0-,'.repeat(3000)}0-`, `bytes=${'0-,'.repeat(20)}0-`]) {
      const answer = await within('a hostile Range', 1000, get(blob, { Range: range }))
      check(answer, { status: 200, body: blob.bytes })
    }
  })

  test('row 20: If-Range with another entity tag gives everything', async () => {
    await pushBlob(target, blob)
    const same = { Range: 'bytes=0-0', 'If-Range': `"${blob.digest}"` }
    check(await get(blob, same), { status: 206, body: blob.bytes.slice(0, 1) })
    check(await get(blob, { Range: 'bytes=0-0', 'If-Range': '"other"' }), { status: 200, body: blob.bytes })
  })

  test('row 20: HEAD ignores it', async () => {
    await pushBlob(target, blob)
    const ask = { headers: { Range: 'bytes=0-0' } }
    const headers = { 'Content-Length': String(size), 'Content-Range': null }
    check(await server.send('HEAD', blobPath(target.name, blob.digest), ask), { status: 200, headers })
  })
})

test('row 20: of an empty blob there are none', async () => {
  const empty = content('')
  await pushBlob(target, empty)
  for (const range of ['bytes=0-0', 'bytes=0-', 'bytes=-1'])
    check(await get(empty, { Range: range }), { status: 416, headers: { 'Content-Range': 'bytes */0' } })
  await checkBlob(target, empty)
})
