import { BLOCK, numberField, textField } from './tar-fields.ts'

export interface TarHeader {
  /** The letter that says what it is; `0` for files of old tars too. */
  readonly type: string
  readonly path: string
  readonly link: string
  readonly mode: number
  readonly uid: number | undefined
  readonly gid: number | undefined
  /** Seconds since 1970. */
  readonly modified: number | undefined
  readonly sizeBytes: number
  readonly block: Uint8Array
}

const CHECKSUM_START = 148
const CHECKSUM_END = 156
const MAGIC_START = 257
/** POSIX; GNU writes `ustar  \0`, and other things where POSIX has the prefix. */
const USTAR = [0x75, 0x73, 0x74, 0x61, 0x72, 0]
/** Links, devices, folders and pipes have no content, whatever size they claim: as Go, which the runtimes read by. */
const WITHOUT_CONTENT = '123456'

export function isZeroBlock(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0)
}

/** Undefined: it is none, its checksum is wrong, or its numbers are. */
export function parseTarHeader(block: Uint8Array): TarHeader | undefined {
  const letter = String.fromCharCode(block[156] ?? 0)
  const mode = numberField(block, 100, 108)
  const claimed = numberField(block, 124, 136)
  if (claimed === undefined || !hasGoodChecksum(block)) return undefined
  const type = letter === '\0' || letter === '7' ? '0' : letter
  return {
    type,
    path: pathIn(block),
    link: textField(block, 157, 257),
    mode: (mode ?? 0) & 0o7777,
    ...{ uid: numberField(block, 108, 116), gid: numberField(block, 116, 124), modified: numberField(block, 136, 148) },
    sizeBytes: WITHOUT_CONTENT.includes(type) ? 0 : claimed,
    block,
  }
}

function pathIn(block: Uint8Array): string {
  const name = textField(block, 0, 100)
  if (!USTAR.every((byte, index) => block[MAGIC_START + index] === byte)) return name
  const prefix = textField(block, 345, 500)
  return prefix === '' ? name : `${prefix}/${name}`
}

/** Some old tars summed signed bytes. */
function hasGoodChecksum(block: Uint8Array): boolean {
  const expected = numberField(block, CHECKSUM_START, CHECKSUM_END)
  let unsigned = 0
  let signed = 0
  for (let at = 0; at < BLOCK; at++) {
    const byte = at >= CHECKSUM_START && at < CHECKSUM_END ? 0x20 : (block[at] ?? 0)
    unsigned += byte
    signed += byte < 128 ? byte : byte - 256
  }
  return expected === unsigned || expected === signed
}
