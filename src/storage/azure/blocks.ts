import { randomBytes } from 'node:crypto'

const MIB = 1024 * 1024
const SMALLEST_BLOCK_BYTES = 8 * MIB
/**
 * A blob has at most 50,000 blocks. They grow with the offset so that even with every one half full 1 TiB fits in; up
 * to 48 GiB they have 8 MiB, at 500 GiB 85 MiB.
 */
const GROWTH = 6000

/** How long a block that begins there should be. */
export function blockBytesAt(offset: number): number {
  return Math.max(SMALLEST_BLOCK_BYTES, Math.ceil(offset / GROWTH))
}

/** Bytes in Azure that are, or will be, a part of a blob. */
export interface Block {
  /** As the API wants it, in base64. */
  readonly id: string
  readonly start: number
  readonly sizeBytes: number
}

/**
 * Names for the blocks of one writer. Each is new, also for the same bytes sent again: a request that was given up may
 * still arrive, and must not replace what came after it. `after`: the blocks of earlier writers.
 */
export class BlockNames {
  readonly #writer: string
  #count = 0

  constructor(after: readonly Block[] = []) {
    const latest = after.reduce((max, { id }) => Math.max(max, Number(decode(id).slice(16, 29))), 0)
    this.#writer = `${String(Math.max(Date.now(), latest + 1)).padStart(13, '0')}-${randomBytes(3).toString('hex')}`
  }

  next(start: number): string {
    this.#count++
    return encode(`${String(start).padStart(15, '0')}-${this.#writer}-${String(this.#count).padStart(6, '0')}`)
  }
}

const NAME = /^(\d{15})-\d{13}-[0-9a-f]{6}-\d{6}$/

/** Undefined for what is none of ours. */
export function parseBlock(id: string, sizeBytes: number): Block | undefined {
  const start = NAME.exec(decode(id))?.[1]
  return start === undefined || sizeBytes === 0 ? undefined : { id, start: Number(start), sizeBytes }
}

/** The blocks that follow each other from the first byte on; where several begin, the one that was sent last. */
export function chainOf(blocks: Iterable<Block>): Block[] {
  const newest = new Map<number, Block>()
  for (const block of blocks) {
    const other = newest.get(block.start)
    if (other === undefined || decode(other.id) < decode(block.id)) newest.set(block.start, block)
  }
  const chain: Block[] = []
  for (let next = newest.get(0); next !== undefined; next = newest.get(endOf(chain))) chain.push(next)
  return chain
}

export function endOf(chain: readonly Block[]): number {
  const last = chain.at(-1)
  return last === undefined ? 0 : last.start + last.sizeBytes
}

function encode(name: string): string {
  return Buffer.from(name, 'latin1').toString('base64')
}

function decode(id: string): string {
  return Buffer.from(id, 'base64').toString('latin1')
}
