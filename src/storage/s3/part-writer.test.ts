import { expect, it } from 'bun:test'
import { ByteBuffer } from './byte-buffer.ts'
import { MIN_PART_BYTES, partBytesFor } from './part-writer.ts'

it('ten thousand parts hold 500 GiB, and none is smaller than S3 allows', () => {
  const sizes = Array.from({ length: 10_000 }, (_, index) => partBytesFor(index + 1))
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(500 * 1024 ** 3)
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(MIN_PART_BYTES)
})

it('pieces of any size come out as they went in', () => {
  const buffer = new ByteBuffer()
  const all = new Uint8Array(300_000).map((_, index) => index * 7)
  const out: Uint8Array[] = []
  for (let at = 0, size = 1; at < all.length; at += size, size = (size * 3) % 4001) {
    buffer.add(all.subarray(at, at + size))
    if (buffer.length > 50_000) out.push(buffer.take(33_333))
  }
  out.push(buffer.takeAll())
  expect(buffer.length).toBe(0)
  expect(Buffer.concat(out).equals(Buffer.from(all))).toBe(true)
})
