import { MAX_CONTENT_BYTES, type SignatureLayer } from './manifest-layers.ts'
import type { ReadContent } from './signature.ts'
import { Rejection } from './verdict.ts'

/** @throws Rejection */
export async function readLayer(read: ReadContent, layer: SignatureLayer): Promise<Uint8Array> {
  if (layer.sizeBytes > MAX_CONTENT_BYTES)
    throw new Rejection('form', `it is larger than ${MAX_CONTENT_BYTES} bytes: not looked at`)
  const content = await read(layer.digest)
  if (content === undefined) throw new Rejection('form', `its content ${layer.digest} is not there`)
  return content
}
