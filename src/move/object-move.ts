import { failpoint } from '../lib/failpoint.ts'
import { allBlobs } from '../metadata/blobs.ts'
import type { Executor } from '../metadata/db.ts'
import { type Copied, copyObjects } from '../registry/copy-objects.ts'
import { isRecoveryKey } from '../registry/recovery-keys.ts'
import type { BlobStore, StorageKey } from '../storage/blob-store.ts'
import type { MoveProgress } from './progress.ts'

/** Passes before the last one, for which writers wait: as long as so much was pushed during the one before. */
const PASSES = 10
const LITTLE_BYTES = 64 * 1024 * 1024
const FEW_OBJECTS = 50

interface ObjectMoveParts {
  readonly from: BlobStore
  readonly to: BlobStore
  readonly progress: MoveProgress
  /** Called before each object; may throw. */
  readonly check: () => void
}

/** Copies the objects of all blobs under the keys that they have, and then those that came meanwhile. */
export class ObjectMove {
  readonly #parts: ObjectMoveParts
  /** What is there, with its size: asked for once, so that a last look at everything asks for nothing. */
  readonly #known: Map<StorageKey, number>
  #copied = 0

  private constructor(parts: ObjectMoveParts, known: Map<StorageKey, number>) {
    this.#parts = parts
    this.#known = known
  }

  static async begin(parts: ObjectMoveParts): Promise<ObjectMove> {
    const known = new Map<StorageKey, number>()
    for await (const { key, sizeBytes } of parts.to.list()) known.set(key, sizeBytes)
    return new ObjectMove(parts, known)
  }

  /** Of all passes. */
  get copied(): number {
    return this.#copied
  }

  /** Until little is left. */
  async catchUp(executor: Executor): Promise<Copied> {
    await this.#announce(executor)
    for (let pass = 1; ; pass++) {
      const before = this.#copied
      const done = await this.#pass(executor, this.#parts.check)
      const bytes = done.copiedBytes
      if (pass === PASSES || (this.#copied - before <= FEW_OBJECTS && bytes <= LITTLE_BYTES)) return done
    }
  }

  /** While nobody writes: nothing is missing afterwards. */
  last(executor: Executor): Promise<Copied> {
    return this.#pass(executor, () => undefined)
  }

  async #pass(executor: Executor, check: () => void): Promise<Copied> {
    const { from, to, progress } = this.#parts
    const done = await copyObjects(allBlobs(executor), {
      ...{ from, to, known: this.#known, progress: (moved) => progress.objects(moved) },
      step: () => {
        check()
        failpoint('move.copy')
      },
    })
    this.#copied += done.copied
    return done
  }

  /** How much there is to do, for whoever waits. */
  async #announce(executor: Executor): Promise<void> {
    let [objects, bytes] = [0, 0]
    for await (const { storageKey, sizeBytes } of allBlobs(executor))
      if (storageKey !== undefined) {
        objects++
        bytes += sizeBytes
      }
    this.#parts.progress.expect({ objects, bytes })
  }
}

/** @throws Error when somebody else's objects are there */
export async function requireEmptyStore(store: BlobStore): Promise<void> {
  for await (const { key } of store.list())
    throw new Error(
      isRecoveryKey(key)
        ? 'the storage to move to holds the recovery log of a registry; give an empty one'
        : 'the storage to move to holds objects already; give an empty one',
    )
}
