/** Tars made byte by byte, so that they can be wrong in every way. */
const BLOCK = 512

export interface EntryToMake {
  readonly path?: string | Uint8Array
  /** `0` file (the default), `1` hard link, `2` symbolic link, `5` folder, `x` pax, `L` long name … */
  readonly type?: string
  readonly link?: string
  readonly mode?: number
  readonly content?: string | Uint8Array
  /** What the header claims; else the content's. */
  readonly sizeBytes?: number
  readonly prefix?: string
  /** `ustar` (the default), or what GNU writes. */
  readonly gnu?: boolean
  /** Written over the header before it is summed. */
  readonly patch?: (header: Buffer) => void
  readonly badChecksum?: boolean
}

/** A whole tar, with its end. */
export function makeTar(...entries: readonly EntryToMake[]): Buffer {
  return Buffer.concat([...entries.map(makeEntry), Buffer.alloc(2 * BLOCK)])
}

export function makeEntry(entry: EntryToMake): Buffer {
  const content = bytesOf(entry.content ?? '')
  return Buffer.concat([makeHeader(entry), content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)])
}

export function makeHeader(entry: EntryToMake): Buffer {
  const header = Buffer.alloc(BLOCK)
  header.set(bytesOf(entry.path ?? '').subarray(0, 100), 0)
  header.write(octal(entry.mode ?? 0o644, 7), 100)
  header.write(octal(0, 7), 108)
  header.write(octal(0, 7), 116)
  writeSize(header, entry.sizeBytes ?? bytesOf(entry.content ?? '').length)
  header.write(octal(0, 11), 136)
  header.write(entry.type ?? '0', 156, 'latin1')
  header.write(entry.link ?? '', 157, 100, 'utf8')
  header.write(entry.gnu === true ? 'ustar  \0' : 'ustar\x0000', 257, 'latin1')
  header.write(entry.prefix ?? '', 345, 155, 'utf8')
  entry.patch?.(header)
  header.fill(0x20, 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum + (entry.badChecksum === true ? 1 : 0), 6)}\0 `, 148, 'latin1')
  return header
}

function writeSize(header: Buffer, sizeBytes: number): void {
  if (sizeBytes < 8 ** 11) return void header.write(octal(sizeBytes, 11), 124)
  header[124] = 0x80
  header.writeBigUInt64BE(BigInt(sizeBytes), 128)
}

/** Records of POSIX pax for the next entry. */
export function paxEntry(records: readonly (readonly [string, string])[], type = 'x'): EntryToMake {
  return { path: 'PaxHeaders/x', type, content: records.map(([key, value]) => paxRecord(key, value)).join('') }
}

function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest + String(rest).length
  if (rest + String(length).length !== length) length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : content
}
