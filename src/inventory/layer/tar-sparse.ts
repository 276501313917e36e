import type { ByteSource } from './byte-source.ts'
import { BLOCK, decimal, numberField, textOf } from './tar-fields.ts'
import type { TarHeader } from './tar-header.ts'
import { type PaxRecords, SPARSE_MAP } from './tar-pax.ts'

/** A stretch of a file that has bytes; between them are zeros. */
export interface Stretch {
  readonly offset: number
  readonly length: number
}

export interface SparseMap {
  readonly stretches: readonly Stretch[]
  /** Of the file, with its holes. */
  readonly sizeBytes: number
  /** What of the entry's content the map itself took. */
  readonly mapBytes: number
}

const MAX_STRETCHES = 100_000
const NUMBER_BYTES = 12

/** Of a file that was packed without its holes; `plain`: it was not; `bad`: it makes no sense. */
export async function readSparseMap(
  header: TarHeader,
  pax: PaxRecords,
  source: ByteSource,
): Promise<SparseMap | 'plain' | 'bad'> {
  if (header.type === 'S') return oldGnuMap(header, source)
  const version = `${pax.get('GNU.sparse.major') ?? ''}.${pax.get('GNU.sparse.minor') ?? ''}`
  if (version === '1.0') return mapBeforeContent(header, pax, source)
  if (version === '0.0' || version === '0.1' || (version === '.' && pax.has(SPARSE_MAP))) return mapInRecords(pax)
  return 'plain'
}

async function oldGnuMap({ block }: TarHeader, source: ByteSource): Promise<SparseMap | 'bad'> {
  const sizeBytes = numberField(block, 483, 483 + NUMBER_BYTES)
  const numbers: (number | undefined)[] = []
  let more = stretchNumbers(block, { start: 386, count: 4, into: numbers }) && block[482] !== 0
  while (more) {
    const next = await source.take(BLOCK)
    if (next.length < BLOCK || numbers.length > MAX_STRETCHES * 2) return 'bad'
    more = stretchNumbers(next, { start: 0, count: 21, into: numbers }) && next[504] !== 0
  }
  return sparseMap(numbers, sizeBytes, 0)
}

/** False: an empty one ended the list. */
function stretchNumbers(
  block: Uint8Array,
  at: { start: number; count: number; into: (number | undefined)[] },
): boolean {
  for (let index = 0; index < at.count; index++) {
    const start = at.start + index * 2 * NUMBER_BYTES
    if (block[start] === 0) return false
    at.into.push(numberField(block, start, start + NUMBER_BYTES))
    at.into.push(numberField(block, start + NUMBER_BYTES, start + 2 * NUMBER_BYTES))
  }
  return true
}

function mapInRecords(pax: PaxRecords): SparseMap | 'bad' {
  const texts = (pax.get(SPARSE_MAP) ?? '').split(',').filter((text) => text !== '')
  return sparseMap(texts.map(decimal), decimal(pax.get('GNU.sparse.size')), 0)
}

/** Lines of numbers in the content's first blocks: how many, then offset and length of each. */
async function mapBeforeContent(header: TarHeader, pax: PaxRecords, source: ByteSource): Promise<SparseMap | 'bad'> {
  const sizeBytes = decimal(pax.get('GNU.sparse.realsize')) ?? decimal(pax.get('GNU.sparse.size'))
  let count: number | undefined
  const texts: string[] = []
  for (let ends = 0; count === undefined || ends < count * 2 + 1;) {
    const block = await source.take(BLOCK)
    if (block.length < BLOCK || (texts.length + 1) * BLOCK > header.sizeBytes) return 'bad'
    const text = textOf(block)
    ends += text.split('\n').length - 1
    texts.push(text)
    count ??= decimal(text.split('\n', 1)[0])
    if (count === undefined || count > MAX_STRETCHES) return 'bad'
  }
  const numbers = texts
    .join('')
    .split('\n', count * 2 + 1)
    .slice(1)
  return sparseMap(numbers.map(decimal), sizeBytes, texts.length * BLOCK)
}

function sparseMap(
  numbers: readonly (number | undefined)[],
  sizeBytes: number | undefined,
  mapBytes: number,
): SparseMap | 'bad' {
  if (sizeBytes === undefined || numbers.length % 2 !== 0 || numbers.length > MAX_STRETCHES * 2) return 'bad'
  const stretches: Stretch[] = []
  let end = 0
  for (let index = 0; index < numbers.length; index += 2) {
    const offset = numbers[index]
    const length = numbers[index + 1]
    if (offset === undefined || length === undefined || offset < end || offset + length > sizeBytes) return 'bad'
    end = offset + length
    stretches.push({ offset, length })
  }
  return { stretches, sizeBytes, mapBytes }
}
