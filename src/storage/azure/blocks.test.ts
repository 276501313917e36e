import { describe, expect, it } from 'bun:test'
import { type Block, BlockNames, blockBytesAt, chainOf, endOf, parseBlock } from './blocks.ts'

const TIB = 1024 ** 4

describe('the blocks of a blob', () => {
  it('are at most 50,000 for 1 TiB, even when every one is half full', () => {
    let count = 0
    for (let offset = 0; offset < TIB; offset += blockBytesAt(offset) / 2) count++
    expect(count).toBeLessThanOrEqual(50_000)
  })

  it('have names of one length that Azure takes, and that say where they begin', () => {
    const ids = [new BlockNames().next(0), new BlockNames().next(TIB)]
    expect(new Set(ids.map((id) => id.length)).size).toBe(1)
    expect(Buffer.from(ids[0] ?? '', 'base64').length).toBeLessThanOrEqual(64)
    expect(ids.map((id) => parseBlock(id, 7)?.start)).toEqual([0, TIB])
    expect(parseBlock('AAAA', 7)).toBeUndefined()
  })

  it('are never named twice', () => {
    const names = new BlockNames()
    expect(new Set([names.next(0), names.next(0), new BlockNames().next(0), new BlockNames().next(0)]).size).toBe(4)
  })
})

describe('the chain of blocks', () => {
  const first = new BlockNames()
  const block = (names: BlockNames, start: number, sizeBytes: number): Block => ({
    id: names.next(start),
    start,
    sizeBytes,
  })

  it('ends at a gap', () => {
    const chain = chainOf([block(first, 20, 5), block(first, 0, 10), block(first, 10, 5)])
    expect(chain.map(({ start }) => start)).toEqual([0, 10])
    expect(endOf(chain)).toBe(15)
  })

  it('takes what was sent last, by the same writer or the next, whatever the clock of that one says', () => {
    const long = block(first, 0, 10)
    const resent = block(first, 0, 6)
    const realNow = Date.now
    Date.now = () => 1000
    const next = new BlockNames([long, resent])
    Date.now = realNow
    const after = block(next, 6, 3)
    expect(chainOf([resent, long])).toEqual([resent])
    expect(chainOf([after, resent, long, block(first, 6, 1)])).toEqual([resent, after])
  })

  it('is empty without a first block', () => {
    expect(chainOf([block(first, 5, 10)])).toEqual([])
    expect(endOf([])).toBe(0)
  })
})
