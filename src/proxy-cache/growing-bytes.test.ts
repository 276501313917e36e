import { describe, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { SEED } from '../../test/conformance/support/content.ts'
import { openSpool } from '../storage/spool.ts'
import { GrowingBytes } from './growing-bytes.ts'

function numbered(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) % 256)
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

async function withSpool<T>(encrypted: boolean, work: (spool: ReturnType<typeof openSpool>) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-spool-'))
  try {
    return await work(openSpool(folder, encrypted))
  } finally {
    await rm(folder, { recursive: true })
  }
}

interface Plan {
  /** Lengths of what comes, one after the other. */
  readonly pieces: readonly number[]
  /** Each comes when so many pieces are there. */
  readonly readers: readonly { readonly after: number; readonly start: number; readonly length: number }[]
}

async function follow(spool: ReturnType<typeof openSpool>, { pieces, readers }: Plan) {
  const whole = numbered(pieces.reduce((sum, piece) => sum + piece, 0))
  const growing = new GrowingBytes(whole.length)
  growing.backedBy(spool)
  const wanted = readers.map(({ after, start: from, length }) => {
    const start = Math.min(from, whole.length)
    const end = Math.min(start + length, whole.length)
    return { after, expected: whole.slice(start, end), open: () => readAll(growing.stream(start, end)) }
  })
  const reads: { readonly expected: Uint8Array; readonly read: Promise<Uint8Array> }[] = []
  for (const [index, piece] of [...pieces, 0].entries()) {
    for (const { expected, open } of wanted.filter(({ after }) => after === index))
      reads.push({ expected, read: open() })
    const bytes = whole.slice(growing.end, growing.end + piece)
    await spool.append(bytes)
    if (piece > 0) growing.add(bytes)
  }
  growing.finish()
  return reads
}

describe(`bytes that grow (BERTH_TEST_SEED=${SEED})`, () => {
  it('reach every reader whole, whenever it came and whatever it asked for', async () => {
    const plans = fc.record({
      pieces: fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 12 }),
      readers: fc.array(fc.record({ after: fc.nat(12), start: fc.nat(20_000), length: fc.nat(20_000) }), {
        maxLength: 6,
      }),
      encrypted: fc.boolean(),
    })
    const property = fc.asyncProperty(plans, ({ encrypted, ...plan }) =>
      withSpool(encrypted, async (spool) => {
        for (const { expected, read } of await follow(spool, plan)) expect(await read).toEqual(expected)
      }),
    )
    await fc.assert(property, { seed: SEED, numRuns: 60 })
  })

  it('are read from where they are stored by whoever is far behind', async () => {
    await withSpool(true, async (spool) => {
      const piece = numbered(1024 * 1024)
      const growing = new GrowingBytes(20 * piece.length)
      growing.backedBy(spool)
      const slow = growing.stream(0, 20 * piece.length)
      for (let index = 0; index < 20; index++) {
        await spool.append(piece)
        growing.add(piece)
      }
      growing.finish()
      const read = await readAll(slow)
      expect(read.length).toBe(20 * piece.length)
      for (let index = 0; index < 20; index++)
        expect(Buffer.compare(read.subarray(index * piece.length, (index + 1) * piece.length), piece)).toBe(0)
    })
  })

  it('keep their last byte until they are found to be right', async () => {
    const growing = new GrowingBytes(4)
    const reader = growing.stream(0, 4).getReader()
    growing.add(numbered(4))
    const { value } = await reader.read()
    expect(value).toEqual(numbered(4).slice(0, 3))
    const rest = reader.read()
    growing.fail(new Error('other bytes than they should be'))
    expect(rest).rejects.toThrow('other bytes')
  })

  it('are memory no longer when everybody is done', async () => {
    let closed = 0
    const growing = new GrowingBytes(10)
    growing.backedBy({ read: async () => new Uint8Array(), close: () => closed++ })
    const readers = [growing.stream(0, 10), growing.stream(0, 10)]
    growing.add(numbered(10))
    growing.finish()
    await readers[0]?.cancel()
    expect(closed).toBe(0)
    await readAll(readers[1] as ReadableStream<Uint8Array>)
    expect(closed).toBe(1)
  })
})
