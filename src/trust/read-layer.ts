import type { SignatureLayer } from './manifest-layers.ts'
import type { LookingAt } from './signature.ts'
import { Rejection } from './rejection.ts'

/** A bundle, an envelope, or a payload. Statements about whole images (SBOMs) may be longer, and are not looked at then. */
export const MAX_LAYER_BYTES = 256 * 1024

/** @throws Rejection */
export async function readLayer({ read, effort }: LookingAt, layer: SignatureLayer): Promise<Uint8Array> {
  if (layer.sizeBytes > MAX_LAYER_BYTES)
    throw new Rejection('form', `it is larger than ${MAX_LAYER_BYTES} bytes: not looked at`)
  const content = await read(layer.digest, MAX_LAYER_BYTES)
  if (content === undefined)
    throw new Rejection('form', `its content ${layer.digest} is not there, or larger than it may be`)
  await effort.rest()
  effort.parse(content.byteLength)
  return content
}
