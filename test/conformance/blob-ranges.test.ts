import { beforeAll, describe, expect, test } from 'bun:test'
import { check, headerOf } from './support/check.ts'
import { useRegistry } from './support/client.ts'
import { ALGORITHMS, randomContent } from './support/content.ts'
import * as uploads from './support/uploads.ts'

const registry = useRegistry('ranges')
const SIZE_BYTES = 2048

/** Asked for, first byte, last byte. */
const SATISFIABLE: readonly (readonly [string, number, number])[] = [
  ['500-1499', 500, 1499],
  ['500-', 500, 2047],
  ['-500', 1548, 2047],
  ['2000-5000', 2000, 2047],
  // Probes of stargz and of resuming clients.
  ['0-1', 0, 1],
  ['0-0', 0, 0],
  ['2047-', 2047, 2047],
  ['0-', 0, 2047],
  ['-5000', 0, 2047],
]

describe.each([...ALGORITHMS])('a range of a blob by %s (RFC 9110, 14)', (algorithm) => {
  const target = { registry, name: registry.repository(algorithm) }
  const blob = randomContent('ranges', SIZE_BYTES, algorithm)
  const path = uploads.blobPath(target.name, blob.digest)
  const ask = (method: string, range: string) =>
    registry.send(method, path, { headers: { Range: `bytes=${range}`, 'Accept-Encoding': 'identity' } })

  beforeAll(() => uploads.pushBlob(target, blob))

  test.each(SATISFIABLE)('%s is 206', async (range, first, last) => {
    check(await ask('GET', range), {
      status: 206,
      headers: {
        'Content-Length': String(last - first + 1),
        'Content-Range': `bytes ${first}-${last}/${SIZE_BYTES}`,
        'Content-Type': 'application/octet-stream',
        'Docker-Content-Digest': blob.digest,
      },
      body: blob.bytes.subarray(first, last + 1),
    })
  })

  test.each(['500-0', '5000-10000', '2048-', '-0'])('%s is 416, and says how long the blob is', async (range) => {
    check(await ask('GET', range), { status: 416, headers: { 'Content-Range': `bytes */${SIZE_BYTES}` } })
  })

  test('on HEAD it means nothing', async () => {
    const headers = { 'Content-Length': String(SIZE_BYTES), 'Content-Range': null }
    check(await ask('HEAD', '500-1499'), { status: 200, headers, body: '' })
  })

  test('a unit other than bytes means nothing', async () => {
    const answer = await registry.send('GET', path, { headers: { Range: 'layers=0-1' } })
    check(answer, { status: 200, body: blob.bytes })
  })

  // podman's zstd:chunked asks so; one merged part would corrupt its layer.
  test('two ranges are two parts, in the order asked', async () => {
    const answer = check(await ask('GET', '1000-1009,10-14'), { status: 206 })
    const boundary = /^multipart\/byteranges; ?boundary=([A-Za-z0-9]+)$/.exec(headerOf(answer, 'Content-Type'))?.[1]
    const parts = Buffer.from(answer.bytes).toString('latin1').split(`--${boundary}`)
    const part = (first: number, last: number) => {
      const bytes = Buffer.from(blob.bytes.subarray(first, last + 1)).toString('latin1')
      return { range: `bytes ${first}-${last}/${SIZE_BYTES}`, bytes }
    }
    const got = parts.slice(1, -1).map((text) => {
      const split = text.indexOf('\r\n\r\n')
      const range = /^content-range: *(.+)$/im.exec(text.slice(0, split))?.[1]
      return { range, bytes: text.slice(split + 4, -2) }
    })
    expect(got).toEqual([part(1000, 1009), part(10, 14)])
    expect(parts.at(-1)).toMatch(/^--/)
  })
})
