import { fromBothEnds } from './bounded.ts'
import type { SignatureLayer } from './manifest-layers.ts'
import type { Candidate, LookingAt, Opened, VerifiedSignature } from './signature.ts'

/** Worth to be judged, of one manifest; what is refused before takes no place from the others. */
const MAX_CANDIDATES = 8
const MAX_LOOKED_AT = 64

/** Opens layers, one after the other from both ends, until enough of them are worth to be judged. `open` never throws. */
export async function openLayers(
  layers: readonly SignatureLayer[],
  { effort }: LookingAt,
  open: (layer: SignatureLayer) => Promise<VerifiedSignature | Candidate>,
): Promise<Opened> {
  const opened: { readonly index: number; readonly each: VerifiedSignature | Candidate }[] = []
  let candidates = 0
  const order = fromBothEnds([...onlyOnce(layers).entries()])
  for (const [index, layer] of order.slice(0, MAX_LOOKED_AT)) {
    if (candidates === MAX_CANDIDATES) break
    await effort.rest()
    const each = await open(layer)
    if ('judge' in each) candidates++
    opened.push({ index, each })
  }
  const found = opened.sort((one, other) => one.index - other.index).map(({ each }) => each)
  return { found, ...(found.length < order.length && { of: order.length }) }
}

/** Signatures over the same bytes are the rule; the same signature over the same bytes is nothing new. */
function onlyOnce(layers: readonly SignatureLayer[]): readonly SignatureLayer[] {
  const seen = new Map(layers.map((layer) => [JSON.stringify([layer.digest, layer.annotations]), layer]))
  return [...seen.values()]
}
