/** So much of a layer's beginning has to be seen. */
export const BEGINNING_BYTES = 512

const MAGIC: readonly (readonly number[])[] = [
  [0x1f, 0x8b],
  [0x42, 0x5a, 0x68],
  [0xfd, 0x37, 0x7a, 0x58, 0x5a],
  [0x28, 0xb5, 0x2f, 0xfd],
  // LZ4, and squashfs in both orders.
  [0x04, 0x22, 0x4d, 0x18],
  [0x68, 0x73, 0x71, 0x73],
  [0x73, 0x71, 0x73, 0x68],
  // WebAssembly, and ELF.
  [0x00, 0x61, 0x73, 0x6d],
  [0x7f, 0x45, 0x4c, 0x46],
]

/**
 * Whether these first bytes are of something that a client would unpack: compressed, or a tar by the sum of its first
 * header, without which nothing reads it.
 */
export function beginsLikeFileSystem(bytes: Uint8Array): boolean {
  return MAGIC.some((magic) => magic.every((byte, at) => bytes[at] === byte)) || isSkippableFrame(bytes) || isTar(bytes)
}

/** zstd's frames of other content, after which the real one may come. */
function isSkippableFrame(bytes: Uint8Array): boolean {
  const [first = 0, second, third, fourth] = bytes
  return (first & 0xf0) === 0x50 && second === 0x2a && third === 0x4d && fourth === 0x18
}

const SUM_AT = 148
const SUM_END = 156

function isTar(bytes: Uint8Array): boolean {
  if (bytes.byteLength < BEGINNING_BYTES) return false
  const text = new TextDecoder('latin1').decode(bytes.subarray(SUM_AT, SUM_END))
  const [digits] = /[0-7]+/.exec(text) ?? []
  if (digits === undefined) return false
  const wanted = Number.parseInt(digits, 8)
  let unsigned = 0
  let signed = 0
  for (let at = 0; at < BEGINNING_BYTES; at++) {
    const byte = at >= SUM_AT && at < SUM_END ? 0x20 : (bytes[at] ?? 0)
    unsigned += byte
    signed += byte > 127 ? byte - 256 : byte
  }
  return wanted === unsigned || wanted === signed
}
