import { expect, test } from 'bun:test'
import { merged } from './merged.ts'

async function* sizes(...each: number[]): AsyncGenerator<Uint8Array> {
  for (const size of each) yield new Uint8Array(size)
}

async function lengths(pieces: AsyncIterable<Uint8Array>): Promise<number[]> {
  const found: number[] = []
  for await (const { byteLength } of merged(pieces)) found.push(byteLength)
  return found
}

test('the first piece is passed on at once, the others in larger ones', async () => {
  expect(await lengths(sizes(1, 2, 3, 4))).toEqual([1, 9])
  expect(await lengths(sizes())).toEqual([])
})

test('a piece is not made longer than what is worth while', async () => {
  const half = 256 * 1024
  expect(await lengths(sizes(10, half, half, half, half, 10))).toEqual([10, 2 * half, 2 * half, 10])
})

test('what came is passed on before what broke', async () => {
  const broken = async function* () {
    yield* sizes(1, 2)
    throw new Error('broken')
  }
  const found: number[] = []
  const reading = (async () => {
    for await (const { byteLength } of merged(broken())) found.push(byteLength)
  })()
  expect(reading).rejects.toThrow('broken')
  await reading.catch(() => undefined)
  expect(found[0]).toBe(1)
})
