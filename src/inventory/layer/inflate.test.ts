import { describe, expect, it } from 'bun:test'
import { constants, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { inflate, type Restart, WINDOW_BYTES } from './inflate.ts'
import { StoppedError } from './stopped.ts'

const SEED = 20261122

/** Text, noise and long runs, in turns: what makes all kinds of blocks. */
function sample(bytes: number, seed = 1): Buffer {
  const out = Buffer.alloc(bytes)
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state >>> 16
  }
  for (let at = 0; at < bytes;) {
    const length = 1 + (next() % 9000)
    const kind = next() % 3
    for (let end = Math.min(bytes, at + length); at < end; at++)
      out[at] = kind === 0 ? next() : kind === 1 ? 0x61 + (next() % 7) : (out[at - 1 - (next() % 3)] ?? 0)
  }
  return out
}

function reader(bytes: Uint8Array, pieceBytes = bytes.length): () => Uint8Array | undefined {
  let at = 0
  return () => {
    if (at >= bytes.length) return undefined
    at += pieceBytes
    return bytes.subarray(at - pieceBytes, at)
  }
}

function unpack(bytes: Uint8Array, { pieceBytes = bytes.length, from }: { pieceBytes?: number; from?: Restart } = {}) {
  const pieces: Buffer[] = []
  const restarts: Restart[] = []
  inflate({
    read: reader(bytes, pieceBytes),
    write: (piece) => pieces.push(Buffer.from(piece)) > 0,
    block: (_, restart) => void restarts.push(restart()),
    ...(from && { from }),
  })
  return { bytes: Buffer.concat(pieces), restarts }
}

const WAYS = [
  ...[{ level: 0 }, { level: 1 }, { level: 6 }, { level: 9 }, { memLevel: 1 }],
  ...[{ strategy: constants.Z_FIXED }, { strategy: constants.Z_HUFFMAN_ONLY }, { strategy: constants.Z_RLE }],
]

describe('what zlib packed', () => {
  it.each(WAYS.map((way) => [JSON.stringify(way), way] as const))('comes out again: %s', (_, way) => {
    const raw = sample(700_000)
    const packed = gzipSync(raw, way)
    expect(unpack(packed).bytes.equals(raw)).toBe(true)
    expect(unpack(packed, { pieceBytes: 1 }).bytes.equals(raw)).toBe(true)
  })

  it(`of any bytes, in pieces of any size (seed ${SEED})`, () => {
    const way = fc.constantFrom(...WAYS)
    const bytes = fc.tuple(fc.nat(200_000), fc.nat(1000)).map(([length, seed]) => sample(length, seed))
    const property = fc.property(bytes, way, fc.integer({ min: 1, max: 70_000 }), (raw, options, pieceBytes) => {
      expect(unpack(gzipSync(raw, options), { pieceBytes }).bytes.equals(raw)).toBe(true)
    })
    fc.assert(property, { seed: SEED, numRuns: 40 })
  })

  it('can be begun at each of its blocks, also in later members', () => {
    const parts = [sample(400_000), Buffer.alloc(0), sample(300_000, 2)]
    const raw = Buffer.concat(parts)
    const packed = Buffer.concat(parts.map((part, index) => gzipSync(part, { level: 1 + index * 4, memLevel: 5 })))
    const { restarts } = unpack(packed)
    expect(restarts.length).toBeGreaterThan(20)
    expect(new Set(restarts.map(({ bit }) => bit)).size).toBeGreaterThan(4)
    for (const from of restarts) {
      expect(from.window.length).toBeLessThanOrEqual(WINDOW_BYTES)
      const { bytes } = unpack(packed.subarray(from.packed), { from })
      expect(bytes.equals(raw.subarray(from.unpacked))).toBe(true)
    }
  })

  it('with a name, a comment and more in its header; what follows it is not looked at', () => {
    const raw = sample(1000)
    const plain = gzipSync(raw)
    const extra = Buffer.from([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3, 2, 0, 9, 9, 0x61, 0, 0x62, 0, 1, 2])
    const packed = Buffer.concat([extra, plain.subarray(10), Buffer.from('no gzip')])
    expect(unpack(packed).bytes.equals(raw)).toBe(true)
  })
})

describe('what is damaged', () => {
  it('ends in an error that says so, and never without end or outside of what there is', () => {
    const packed = gzipSync(sample(100_000), { level: 6 })
    let refused = 0
    for (let at = 0; at < packed.length; at += 397) {
      const broken = Buffer.from(packed)
      broken[at] = (broken[at] ?? 0) ^ 0x55
      try {
        unpack(broken)
      } catch (error) {
        expect(error).toBeInstanceOf(StoppedError)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(2)
  })

  it('or cut: what came until then is told before the error', () => {
    const raw = sample(100_000)
    const packed = gzipSync(raw)
    let told = 0
    const write = (piece: Uint8Array) => {
      told += piece.length
      return true
    }
    expect(() => inflate({ read: reader(packed.subarray(0, packed.length / 2)), write })).toThrow(StoppedError)
    expect(told).toBeGreaterThan(10_000)
    for (const bytes of ['', 'x', 'no gzip at all']) expect(() => unpack(Buffer.from(bytes))).toThrow(StoppedError)
  })

  it('or looks back further than there is', () => {
    // A fixed block: length 3, distance 1, at the very beginning.
    const bytes = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x03, 0x02, 0, 0, 0])
    expect(() => unpack(bytes)).toThrow(StoppedError)
  })
})
