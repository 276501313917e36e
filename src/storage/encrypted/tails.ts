import type { UploadArea } from '../blob-store.ts'
import { SUFFIX } from './layout.ts'
import { once } from './pieces.ts'

/** At the end of a name in the inner store, after that of the upload. */
const TAIL_SUFFIX = `${SUFFIX}.tail`

/**
 * The sealed last segments of uploads that are being sealed anew: each is put aside before its place is overwritten,
 * so that a crash or a full disk at that moment takes nothing that was acknowledged. A segment is bound to its upload
 * and its place by its seal, so one that was left behind opens nowhere else.
 */
export class Tails {
  readonly #inner: UploadArea

  constructor(inner: UploadArea) {
    this.#inner = inner
  }

  /** The upload that a name of the inner store belongs to; undefined when it is no tail. */
  static ownerOf(innerId: string): string | undefined {
    return innerId.endsWith(TAIL_SUFFIX) ? innerId.slice(0, -TAIL_SUFFIX.length) : undefined
  }

  /** Takes the place of what was put aside before. */
  async put(id: string, sealed: Uint8Array): Promise<void> {
    await this.remove(id)
    await this.#inner.start(id + TAIL_SUFFIX)
    await this.#inner.append(id + TAIL_SUFFIX, 0, once(sealed))
  }

  /** As it was stored: it may be torn. */
  async find(id: string): Promise<Uint8Array | undefined> {
    if (!(await this.#has(id))) return undefined
    try {
      return new Uint8Array(await (await this.#inner.read(id + TAIL_SUFFIX)).arrayBuffer())
    } catch (error) {
      // Somebody asks for the size while the writer removes it.
      if (await this.#has(id)) throw error
      return undefined
    }
  }

  /** Asks first: of most uploads nothing was put aside. */
  async remove(id: string): Promise<void> {
    if (await this.#has(id)) await this.#inner.abort(id + TAIL_SUFFIX)
  }

  async sweep(id: string): Promise<void> {
    await this.#inner.sweep(id + TAIL_SUFFIX)
  }

  forget(id: string): void {
    this.#inner.forget(id + TAIL_SUFFIX)
  }

  async #has(id: string): Promise<boolean> {
    return (await this.#inner.size(id + TAIL_SUFFIX)) !== undefined
  }
}
