/** Programs made by hand, of which only the parts that are read are there. */

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1')
const SENTINEL = Buffer.alloc(16, 0x30)

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  return Buffer.from([...bytes, rest])
}

function framed(modules: string): Buffer {
  return Buffer.concat([SENTINEL, Buffer.from(modules), SENTINEL])
}

/** What Go's linker writes since 1.18. */
export function inlineBuildInfo(version: string, modules: string): Buffer {
  const head = Buffer.concat([MAGIC, Buffer.from([8, 2]), Buffer.alloc(16)])
  const text = framed(modules)
  return Buffer.concat([head, varint(Buffer.byteLength(version)), Buffer.from(version), varint(text.length), text])
}

export interface PointedBuildInfo {
  readonly version: string
  readonly modules: string
  readonly bits: 32 | 64
  readonly bigEndian: boolean
  /** Of the first byte when the program runs. */
  readonly address: number
}

/** What it wrote before: pointers to strings, which are pointers themselves. */
export function pointedBuildInfo({ version, modules, bits, bigEndian, address }: PointedBuildInfo): Buffer {
  const bytes = bits / 8
  const texts = [Buffer.from(version), framed(modules)]
  const headersAt = 32
  const textsAt = headersAt + 4 * bytes
  const head = Buffer.concat([MAGIC, Buffer.from([bytes, bigEndian ? 1 : 0])])
  const numbers = [headersAt, headersAt + 2 * bytes].map((at) => address + at)
  const first = Buffer.concat([head, ...numbers.map((one) => word(one, bits, bigEndian))])
  const strings: Buffer[] = []
  let at = textsAt
  for (const text of texts) {
    strings.push(word(address + at, bits, bigEndian), word(text.length, bits, bigEndian))
    at += text.length
  }
  return Buffer.concat([first, Buffer.alloc(headersAt - first.length), ...strings, ...texts])
}

function word(value: number, bits: 32 | 64, bigEndian: boolean): Buffer {
  const bytes = Buffer.alloc(bits / 8)
  if (bits === 32 && bigEndian) bytes.writeUInt32BE(value)
  else if (bits === 32) bytes.writeUInt32LE(value)
  else if (bigEndian) bytes.writeBigUInt64BE(BigInt(value))
  else bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

export interface MadeElf {
  readonly bits: 32 | 64
  readonly bigEndian: boolean
  /** Where the content is when it runs. */
  readonly address: number
  readonly sectionName: string
}

/** An ELF file with one segment and one section, both of the whole content. */
export function elf(content: Uint8Array, { bits, bigEndian, address, sectionName }: MadeElf): Buffer {
  const wide = bits === 64
  const [headerSize, programSize, sectionSize] = wide ? [64, 56, 64] : [52, 32, 40]
  const at = 256
  const names = Buffer.from(`\0${sectionName}\0`)
  const namesAt = at + content.byteLength
  const sectionsAt = namesAt + names.length
  const u16 = (value: number) =>
    bigEndian ? Buffer.from([value >> 8, value & 255]) : Buffer.from([value & 255, value >> 8])
  const u32 = (value: number) => word(value, 32, bigEndian)
  const w = (value: number) => word(value, bits, bigEndian)
  const header = Buffer.concat([
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, bigEndian ? 2 : 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ...[u16(2), u16(62), u32(1), w(address), w(headerSize), w(sectionsAt), u32(0)],
    ...[u16(headerSize), u16(programSize), u16(1), u16(sectionSize), u16(3), u16(2)],
  ])
  const size = content.byteLength
  const segment = wide
    ? [u32(1), u32(6), w(at), w(address), w(address), w(size), w(size), w(16)]
    : [u32(1), w(at), w(address), w(address), w(size), w(size), u32(6), w(16)]
  const section = (name: number, type: number, place: readonly [number, number]) =>
    Buffer.concat([u32(name), u32(type), w(0), w(0), w(place[0]), w(place[1]), u32(0), u32(0), w(0), w(0)])
  const start = Buffer.concat([header, ...segment])
  return Buffer.concat([
    ...[start, Buffer.alloc(at - start.length), content, names],
    ...[section(0, 0, [0, 0]), section(1, 1, [at, size]), section(0, 3, [namesAt, names.length])],
  ])
}
