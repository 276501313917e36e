import { refuse } from './refusal.ts'

/** More than any signature has; a decoder makes an object of each. */
const MAX_ITEMS = 1000

const BYTES = 2
const TEXT = 3

/** Goes over CBOR without making anything of it. @throws Refusal when it has too many items */
export function checkItemCount(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  for (let items = 0; at < bytes.length; items++) {
    if (items === MAX_ITEMS) refuse(`the envelope has more than ${MAX_ITEMS} items`)
    const head = view.getUint8(at)
    const lengthBytes = sizeOfArgument(head & 0x1f)
    if (at + 1 + lengthBytes > bytes.length) refuse('the envelope ends in the middle')
    const kind = head >> 5
    const contentBytes = kind === BYTES || kind === TEXT ? argumentOf(view, at) : 0
    at += 1 + lengthBytes + contentBytes
  }
}

function sizeOfArgument(short: number): number {
  if (short < 24) return 0
  if (short > 27) return refuse('the envelope has items of no known length')
  return 2 ** (short - 24)
}

function argumentOf(view: DataView, at: number): number {
  const short = view.getUint8(at) & 0x1f
  if (short < 24) return short
  if (short === 24) return view.getUint8(at + 1)
  if (short === 25) return view.getUint16(at + 1)
  return short === 26 ? view.getUint32(at + 1) : Number(view.getBigUint64(at + 1))
}
