import { expect, it } from 'bun:test'
import { Block } from './block.ts'
import { MIN_PART_BYTES, partBytesFor } from './part-writer.ts'

it('ten thousand parts hold 500 GiB, and none is smaller than S3 allows', () => {
  const sizes = Array.from({ length: 10_000 }, (_, index) => partBytesFor(index + 1))
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(500 * 1024 ** 3)
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(MIN_PART_BYTES)
})

it.each([true, false])('pieces of any size come out of blocks as they went in (small: %p)', (isSmall) => {
  const all = new Uint8Array(1_000_000).map((_, index) => index * 7)
  const blocks = [new Block(200_001, isSmall)]
  for (let at = 0, size = 1; at < all.length; at += size, size = (size * 3) % 70_001) {
    let rest: Uint8Array = all.subarray(at, at + size)
    while (rest.length > 0) {
      if (blocks.at(-1)?.isFull) blocks.push(new Block(200_001, isSmall))
      rest = blocks.at(-1)?.add(rest) ?? rest
    }
  }
  expect(blocks.map(({ length }) => length)).toEqual([200_001, 200_001, 200_001, 200_001, 199_996])
  expect(Buffer.concat(blocks.map((block) => block.bytes())).equals(Buffer.from(all))).toBe(true)
})
