import type { Semaphore } from '../../lib/semaphore.ts'
import type { Bucket } from './bucket.ts'
import { Block } from './block.ts'
import { createMultipart, type Multipart, type Part, uploadPart } from './multipart.ts'

const MIB = 1024 * 1024
/** S3 refuses smaller parts, except the last. */
export const MIN_PART_BYTES = 5 * MIB

/** So that 10,000 parts hold more than 600 GiB, and a usual layer takes little memory. */
export function partBytesFor(number: number): number {
  if (number <= 1000) return 8 * MIB
  if (number <= 2000) return 16 * MIB
  return number <= 4000 ? 32 * MIB : 96 * MIB
}

export interface WriterParts {
  readonly bucket: Bucket
  readonly key: string
  /** Shared by all uploads: so many parts are in flight, and in memory, at once. */
  readonly lanes: Semaphore
}

/** What is stored when a writer has ended. */
export interface Written {
  /** Undefined: so few bytes came that none was needed. */
  readonly multipart: Multipart | undefined
  readonly parts: Part[]
  /** Not stored yet. If any part was sent, these are enough for another one, or none. */
  readonly rest: Uint8Array<ArrayBuffer>
}

/**
 * Sends bytes as parts of a multipart upload while more are received. It always keeps enough back for a whole part, so
 * that no body ends with a part that is too small to be followed by another.
 */
export class PartWriter {
  readonly #to: WriterParts
  /** The next part. */
  #front: Block
  /** What is kept back until it is enough for the part after that. */
  #back: Block | undefined
  readonly #parts: Part[]
  #multipart: Multipart | undefined
  #creating: Promise<Multipart> | undefined
  #number: number
  #flying: Promise<Part>[] = []

  constructor(to: WriterParts, begun?: { readonly multipart: Multipart; readonly parts: readonly Part[] }) {
    this.#to = to
    this.#multipart = begun?.multipart
    this.#parts = [...(begun?.parts ?? [])]
    this.#number = this.#parts.length + 1
    this.#front = new Block(partBytesFor(this.#number), true)
  }

  /** Also once something has failed: what there is to abort. */
  async multipart(): Promise<Multipart | undefined> {
    return this.#multipart ?? this.#creating?.catch(() => undefined)
  }

  async add(piece: Uint8Array): Promise<void> {
    let rest = this.#front.add(piece)
    while (rest.byteLength > 0) {
      this.#back ??= new Block(partBytesFor(this.#number + 1), false)
      rest = this.#back.add(rest)
      if (this.#back.length < MIN_PART_BYTES) continue
      await this.#room()
      this.#send(this.#front.bytes())
      this.#front = this.#back
      this.#back = undefined
      rest = this.#front.add(rest)
    }
  }

  /** Waits for all parts. */
  async finish(): Promise<Written> {
    while (this.#flying.length > 0) await this.#land()
    const [front, back] = [this.#front.bytes(), this.#back?.bytes()]
    const rest = back === undefined ? front : new Uint8Array(Buffer.concat([front, back]))
    return { multipart: await this.multipart(), parts: this.#parts, rest }
  }

  /** Waits until nothing is on its way any more, however it ended. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#flying)
  }

  #send(bytes: Uint8Array): void {
    const number = this.#number++
    const { bucket, key, lanes } = this.#to
    const creating =
      this.#creating ?? (this.#multipart ? Promise.resolve(this.#multipart) : createMultipart(bucket, key))
    this.#creating = creating
    const sent = lanes.run(async () => uploadPart(bucket, await creating, number, bytes))
    // Whoever awaits it sees the failure; until then it would count as unhandled.
    sent.catch(() => undefined)
    this.#flying.push(sent)
  }

  /** Two parts of an upload are on their way at once, one while others wait for their turn. */
  async #room(): Promise<void> {
    const most = this.#to.lanes.waiting > 0 ? 1 : 2
    while (this.#flying.length >= most) await this.#land()
  }

  async #land(): Promise<void> {
    const [first] = this.#flying
    if (first === undefined) return
    this.#parts.push(await first)
    this.#flying.shift()
  }
}
