import { randomBytes } from 'node:crypto'
import { KEY_BYTES, seal, unseal } from './aead.ts'
import { DamagedObjectError } from '../damaged-object.ts'
import type { StoreKey } from './keyring.ts'
import { HEADER_BYTES } from './layout.ts'
import { ObjectCipher } from './object-cipher.ts'

/**
 * ```
 * 0   magic "BERTHENC"      8
 * 8   version               1
 * 9   bound to              1   1: an upload's id, 2: a storage key
 * 10  zero                  6
 * 16  id of the store key  16
 * 32  the object's key     60   sealed with the store key: nonce (12), key (32), tag (16)
 * ```
 * What comes before the key, and the name that the object is bound to, are authenticated with it: an object that was
 * moved to another name cannot be opened.
 */
const MAGIC = Buffer.from('BERTHENC')
const VERSION = 1
const SEALED_KEY_AT = 32
export const STORE_KEY_ID_BYTES = 16

/**
 * What an object is bound to. The key of a blob is known only when its upload ends, and ends with the upload's id,
 * which no other object has.
 */
export type Binding = 'upload' | 'key'
const BINDINGS: Readonly<Record<Binding, number>> = { upload: 1, key: 2 }

/** The name that an object must have for each way to bind it. */
export type Names = Readonly<Partial<Record<Binding, string>>>

export interface NewObject {
  readonly header: Buffer<ArrayBuffer>
  readonly cipher: ObjectCipher
}

/** A header for a new object, with a key of its own. */
export function createHeader({ id, key }: StoreKey, binding: Binding, name: string): NewObject {
  const objectKey = randomBytes(KEY_BYTES)
  const fields = Buffer.alloc(SEALED_KEY_AT)
  MAGIC.copy(fields)
  fields[8] = VERSION
  fields[9] = BINDINGS[binding]
  fields.write(id, 16, 'hex')
  const header = Buffer.concat([fields, seal(key, objectKey, Buffer.concat([fields, Buffer.from(name)]))])
  return { header, cipher: new ObjectCipher(objectKey, name) }
}

/** @throws DamagedObjectError; and what `findKey` throws */
export async function openHeader(
  header: Uint8Array,
  names: Names,
  findKey: (id: string) => Promise<StoreKey | undefined>,
): Promise<ObjectCipher> {
  const label = names.key ?? names.upload ?? ''
  if (header.byteLength !== HEADER_BYTES || !MAGIC.equals(header.subarray(0, MAGIC.length)))
    throw new DamagedObjectError(label, 'it does not begin as an encrypted object does')
  const [version = 0, binding] = header.subarray(8, 10)
  if (version > VERSION)
    throw new Error(`${label} was encrypted by a later version of Berth (format ${version}); update this one`)
  const name = binding === BINDINGS.upload ? names.upload : names.key
  const fields = Buffer.from(header.subarray(0, SEALED_KEY_AT))
  const id = fields.toString('hex', 16, 16 + STORE_KEY_ID_BYTES)
  const found = await findKey(id)
  if (found === undefined) throw new DamagedObjectError(label, `there is no store key ${id}`)
  try {
    const about = Buffer.concat([fields, Buffer.from(name ?? '')])
    return new ObjectCipher(unseal(found.key, header.subarray(SEALED_KEY_AT), about), label)
  } catch {
    throw new DamagedObjectError(label, 'its header was changed, or it is another object')
  }
}
