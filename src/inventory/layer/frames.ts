import type { LayerLimits } from '../layer-reader.ts'
import type { ByteSource } from './byte-source.ts'

const LENGTH_BYTES = 4

/** Bytes with their length before them, in two pieces. */
export function frame(bytes: Uint8Array): [Uint8Array, Uint8Array] {
  const length = new Uint8Array(LENGTH_BYTES)
  new DataView(length.buffer).setUint32(0, bytes.length)
  return [length, bytes]
}

/** Undefined: nothing comes any more. @throws Error when it is longer than a file of a layer may be */
export async function readFrame(
  source: ByteSource,
  { fileBytes }: Pick<LayerLimits, 'fileBytes'>,
): Promise<Uint8Array | undefined> {
  // Copies: pieces are parts of larger ones.
  const head = new Uint8Array(await source.take(LENGTH_BYTES))
  if (head.length < LENGTH_BYTES) return undefined
  const length = new DataView(head.buffer).getUint32(0)
  if (length > 2 * fileBytes) throw new Error(`a message of ${length} bytes is too long`)
  const bytes = new Uint8Array(await source.take(length))
  return bytes.length < length ? undefined : bytes
}
