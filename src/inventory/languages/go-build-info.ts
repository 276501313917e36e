import { BinaryView } from './binary-view.ts'
import { bytesAt, type Executable } from './executable.ts'

/** What Go's linker wrote into a program. */
export interface GoBuildInfo {
  /** `go1.21.5` */
  readonly goVersion: string
  /** Lines of `path`, `mod`, `dep`, `=>`, `build`; empty for programs that were built without modules. */
  readonly modules: string
}

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1')
const ALIGNMENT = 16
const HEADER_BYTES = 32
const INLINE = 2
const BIG_ENDIAN = 1
const MAX_MODULES_BYTES = 8 * 1024 * 1024
const MAX_VERSION_BYTES = 256
/** Programs that look for it in others hold its beginning too. */
const MAX_PLACES = 1000

/** As debug/buildinfo of Go finds it: https://go.dev/src/debug/buildinfo/buildinfo.go */
export function findGoBuildInfo(content: Uint8Array, program: Executable | undefined): GoBuildInfo | undefined {
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  let at = buffer.indexOf(MAGIC)
  for (let places = 0; at >= 0 && places < MAX_PLACES; places++) {
    const found = at % ALIGNMENT === 0 ? readAt(buffer, at, program) : undefined
    if (found !== undefined) return found
    at = buffer.indexOf(MAGIC, at + 1)
  }
  return undefined
}

function readAt(buffer: Buffer, at: number, program: Executable | undefined): GoBuildInfo | undefined {
  if (at + HEADER_BYTES > buffer.byteLength) return undefined
  const flags = buffer[at + 15] ?? 0
  const texts = (flags & INLINE) !== 0 ? inlineTexts(buffer, at + HEADER_BYTES) : pointedTexts(buffer, at, program)
  if (texts === undefined || !/^(?:go\d|devel)/.test(texts.version)) return undefined
  return { goVersion: texts.version, modules: withoutSentinels(texts.modules) }
}

interface Texts {
  readonly version: string
  readonly modules: Buffer
}

/** Since Go 1.18: a length and as many bytes, twice. */
function inlineTexts(buffer: Buffer, at: number): Texts | undefined {
  const version = inlineText(buffer, at, MAX_VERSION_BYTES)
  if (version === undefined) return undefined
  const modules = inlineText(buffer, version.end, MAX_MODULES_BYTES)
  return { version: version.bytes.toString('utf8'), modules: modules?.bytes ?? Buffer.alloc(0) }
}

function inlineText(buffer: Buffer, at: number, maxBytes: number): { bytes: Buffer; end: number } | undefined {
  let length = 0
  let next = at
  for (let shift = 1; ; shift *= 128) {
    const byte = buffer[next++]
    if (byte === undefined || shift > 2 ** 28) return undefined
    length += (byte & 0x7f) * shift
    if ((byte & 0x80) === 0) break
  }
  const end = next + length
  return length > maxBytes || end > buffer.byteLength ? undefined : { bytes: buffer.subarray(next, end), end }
}

/** Until Go 1.17: pointers to two texts, each itself a pointer and a length. */
function pointedTexts(buffer: Buffer, at: number, program: Executable | undefined): Texts | undefined {
  const bytes = buffer[at + 14]
  if (program === undefined || (bytes !== 4 && bytes !== 8)) return undefined
  const pointers = { program, buffer, bytes, bigEndian: ((buffer[at + 15] ?? 0) & BIG_ENDIAN) !== 0 } as const
  const header = new BinaryView(buffer.subarray(at, at + HEADER_BYTES), pointers.bigEndian)
  const version = pointedText(pointers, header.word(16, bytes), MAX_VERSION_BYTES)
  const modules = pointedText(pointers, header.word(16 + bytes, bytes), MAX_MODULES_BYTES)
  return version === undefined ? undefined : { version: version.toString('utf8'), modules: modules ?? Buffer.alloc(0) }
}

interface Pointers {
  readonly program: Executable
  readonly buffer: Buffer
  readonly bytes: 4 | 8
  readonly bigEndian: boolean
}

function pointedText(pointers: Pointers, address: number, maxBytes: number): Buffer | undefined {
  const { program, buffer, bytes, bigEndian } = pointers
  const place = bytesAt(buffer, program, address)
  if (place === undefined || place.byteLength < 2 * bytes) return undefined
  const view = new BinaryView(place, bigEndian)
  const length = view.word(bytes, bytes)
  const text = bytesAt(buffer, program, view.word(0, bytes))
  if (text === undefined || length > maxBytes || length > text.byteLength) return undefined
  return Buffer.from(text.buffer, text.byteOffset, length)
}

/** The text lies between two marks of 16 bytes each. */
function withoutSentinels(modules: Buffer): string {
  const framed = modules.byteLength >= 33 && modules[modules.byteLength - 17] === 0x0a
  return framed ? modules.toString('utf8', 16, modules.byteLength - 16) : ''
}
