import { type Block, BlockNames, blockBytesAt, chainOf, endOf, parseBlock } from './blocks.ts'
import type { AzureContainer } from './container.ts'

/** Bytes in memory that follow each other. */
interface Gathered {
  readonly start: number
  readonly chunks: Uint8Array[]
  sizeBytes: number
}

/**
 * Small pieces are put together into one once there are that many: a list of blocks stays short however small the
 * chunks of a client are.
 */
const MOST_PIECES = 64
/** Blocks of a blob that were never committed, also those that were replaced, may be 100,000. */
const MOST_UNCOMMITTED = 50_000

/**
 * What is known of one upload. Blocks go out one after the other while the next is gathered, so that what is stored
 * always has no gap. What a chunk ends with becomes a small block (a *piece*); its bytes stay in memory for as long as
 * there is room, and go out again as one block with what follows, so each byte is sent at most twice.
 */
export class AzureUpload {
  readonly #container: AzureContainer
  readonly #name: string
  readonly #names: BlockNames
  #blocks: Block[]
  #uncommitted = 0
  #isInMemory: boolean
  /** Since the end of the last whole block: pieces, and then bytes that are not stored. */
  #tail: Gathered
  #sending: Promise<void> = Promise.resolve()

  constructor(container: AzureContainer, name: string, stored?: readonly Block[]) {
    this.#container = container
    this.#name = name
    this.#names = new BlockNames(stored)
    this.#blocks = chainOf(stored ?? [])
    this.#isInMemory = stored === undefined
    this.#tail = gatherFrom(endOf(this.#blocks))
  }

  /** What Azure holds of it: nothing, or an object that was committed, or an upload. */
  static async find(container: AzureContainer, name: string): Promise<'nothing' | 'object' | AzureUpload> {
    const [blob, sent] = await Promise.all([container.state(name), container.blocks(name)])
    if (blob !== undefined && !blob.unfinished) return 'object'
    if (blob === undefined && sent.length === 0) return 'nothing'
    const blocks = sent.flatMap(({ id, sizeBytes }) => parseBlock(id, sizeBytes) ?? [])
    return new AzureUpload(container, name, blocks)
  }

  /** Nothing of it was ever sent. */
  get isInMemory(): boolean {
    return this.#isInMemory
  }

  get storedBytes(): number {
    return endOf(this.#blocks)
  }

  /** With the bytes of a last chunk, which are in memory only. */
  get sizeBytes(): number {
    return Math.max(this.storedBytes, this.#tail.start + this.#tail.sizeBytes)
  }

  /** How many bytes in memory make later blocks larger, and are not needed otherwise. */
  get rememberedBytes(): number {
    return this.#tail.sizeBytes
  }

  /** @throws what the body threw, or AzureError; what was stored before stays */
  async append(body: AsyncIterable<Uint8Array>, { last }: { last: boolean }): Promise<void> {
    try {
      for await (const chunk of body) await this.#add(chunk)
    } catch (error) {
      await this.store().catch(() => undefined)
      throw error
    }
    if (last) await this.#settle()
    else await this.store()
  }

  /** Stores what is in memory only. */
  async store(): Promise<void> {
    await this.#settle()
    if (this.sizeBytes === this.storedBytes) return
    if (this.#tail.sizeBytes >= blockBytesAt(this.#tail.start) / 2) this.#sendWhole()
    else this.#sendPiece()
    await this.#settle()
  }

  /** Forgets bytes that are stored. */
  forgetTail(): void {
    this.#tail = gatherFrom(this.storedBytes)
  }

  /** All of it, when all of it is in memory. */
  bytesInMemory(): Buffer | undefined {
    return this.#tail.start === 0 ? Buffer.concat(this.#tail.chunks) : undefined
  }

  /** Makes it a blob, which can be read but is no object yet. */
  async seal(): Promise<void> {
    await this.store()
    await this.#commitUnfinished()
  }

  async commit(): Promise<void> {
    await this.#settle()
    this.#isInMemory = false
    if (this.#blocks.length === 0) return this.#container.putWhole(this.#name, Buffer.concat(this.#tail.chunks))
    if (this.sizeBytes > this.storedBytes) this.#sendWhole()
    await this.#settle()
    await this.#container.commit(this.#name, idsOf(this.#blocks), { unfinished: false })
  }

  /** A block that is cut is read, and sent again shorter. */
  async truncate(sizeBytes: number): Promise<void> {
    if (sizeBytes > this.sizeBytes)
      throw new Error(`an upload of ${this.sizeBytes} bytes cannot be cut to ${sizeBytes}`)
    await this.store()
    const cut = this.#blocks.find((block) => block.start < sizeBytes && sizeBytes < block.start + block.sizeBytes)
    const bytes = cut === undefined ? undefined : await this.#read(cut.start, sizeBytes)
    this.#blocks = this.#blocks.filter((block) => block.start + block.sizeBytes <= sizeBytes)
    this.forgetTail()
    if (bytes !== undefined) this.#send(gatheredOf(this.storedBytes, bytes))
    await this.#settle()
    this.forgetTail()
    await this.seal()
  }

  async #read(start: number, end: number): Promise<Uint8Array> {
    await this.seal()
    const opened = await this.#container.open(this.#name, { start, end: end - 1 })
    if (opened === undefined) throw new Error('the upload is not there any more')
    return new Uint8Array(await opened.content.arrayBuffer())
  }

  async #add(chunk: Uint8Array): Promise<void> {
    this.#tail.chunks.push(chunk)
    this.#tail.sizeBytes += chunk.byteLength
    if (this.#tail.sizeBytes < blockBytesAt(this.#tail.start)) return
    await this.#settle()
    this.#sendWhole()
  }

  /** The tail as one block, in place of its pieces. */
  #sendWhole(): void {
    this.#send(this.#tail)
    this.#tail = gatherFrom(this.#tail.start + this.#tail.sizeBytes)
  }

  /** What the tail has beyond its pieces as one more of them, or all of them as one. */
  #sendPiece(): void {
    const pieces = this.#blocks.filter(({ start }) => start >= this.#tail.start).length
    this.#send(pieces >= MOST_PIECES ? this.#tail : after(this.#tail, this.storedBytes))
  }

  #send(gathered: Gathered): void {
    const { start, sizeBytes, chunks } = gathered
    this.#sending = this.#stage({ id: this.#names.next(start), start, sizeBytes }, chunks)
    // The rejection is seen by whoever awaits #sending next; without this it would count as unhandled until then.
    this.#sending.catch(() => undefined)
  }

  async #stage(block: Block, chunks: readonly Uint8Array[]): Promise<void> {
    this.#isInMemory = false
    await this.#container.stage(this.#name, block.id, chunks)
    this.#uncommitted++
    this.#blocks = [...this.#blocks.filter(({ start }) => start < block.start), block]
  }

  /** Waits for the block that is on its way. When it failed, what was gathered behind it is of no use. */
  async #settle(): Promise<void> {
    try {
      await this.#sending
      if (this.#uncommitted >= MOST_UNCOMMITTED) await this.#commitUnfinished()
    } catch (error) {
      this.#sending = Promise.resolve()
      this.forgetTail()
      throw error
    }
  }

  /** Azure forgets the blocks that were replaced then. */
  async #commitUnfinished(): Promise<void> {
    this.#isInMemory = false
    await this.#container.commit(this.#name, idsOf(this.#blocks), { unfinished: true })
    this.#uncommitted = 0
  }
}

function gatherFrom(start: number): Gathered {
  return { start, chunks: [], sizeBytes: 0 }
}

function gatheredOf(start: number, bytes: Uint8Array): Gathered {
  return { start, chunks: [bytes], sizeBytes: bytes.byteLength }
}

/** What of the bytes comes from `start` on. */
function after(gathered: Gathered, start: number): Gathered {
  const bytes = Buffer.concat(gathered.chunks).subarray(start - gathered.start)
  return gatheredOf(start, bytes)
}

function idsOf(blocks: readonly Block[]): string[] {
  return blocks.map(({ id }) => id)
}
