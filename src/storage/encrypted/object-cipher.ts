import { seal, unseal } from './aead.ts'
import { DamagedObjectError } from '../damaged-object.ts'

/** Seals the segments of one object with its own key. Each is bound to its place, so none can be moved. */
export class ObjectCipher {
  readonly #key: Uint8Array
  readonly #name: string

  /** `name` is for messages. */
  constructor(key: Uint8Array, name: string) {
    this.#key = key
    this.#name = name
  }

  seal(index: number, plain: Uint8Array): Buffer<ArrayBuffer> {
    return seal(this.#key, plain, placeOf(index))
  }

  /** @throws DamagedObjectError */
  open(index: number, sealed: Uint8Array): Buffer {
    try {
      return unseal(this.#key, sealed, placeOf(index))
    } catch {
      throw new DamagedObjectError(this.#name, `segment ${index} is not what was written there`)
    }
  }
}

function placeOf(index: number): Buffer {
  const place = Buffer.alloc(8)
  place.writeBigUInt64BE(BigInt(index))
  return place
}
