import type { Package } from '../../../packages/package.ts'
import { textOf } from '../tar-fields.ts'

const ENTRY_BYTES = 16
/** rpm's own bounds are 64 Ki entries and 256 MiB. */
const MAX_ENTRIES = 65_536
const INT32 = 4
const STRING_TYPES = [6, 8, 9]

/** rpmtag.h */
const TAGS: Readonly<
  Record<number, 'name' | 'version' | 'release' | 'epoch' | 'license' | 'arch' | 'sourcerpm' | 'modularity'>
> = {
  1000: 'name',
  1001: 'version',
  1002: 'release',
  1003: 'epoch',
  1014: 'license',
  1022: 'arch',
  1044: 'sourcerpm',
  5096: 'modularity',
}
type Fields = Partial<Record<(typeof TAGS)[number], string>>

/** Public keys lie among the packages. */
const KEYS = 'gpg-pubkey'

/**
 * A package from its header, as a database of rpm holds it: how many entries, how many bytes of data, the entries (tag,
 * type, offset, count; all big-endian) and the data. `key`: it is none. Undefined: it makes no sense.
 */
export function packageOfHeader(header: Uint8Array): Package | 'key' | undefined {
  const fields = fieldsOf(header)
  const { name, version, release, epoch = '0', arch, license, modularity } = fields ?? {}
  if (name === KEYS) return 'key'
  if (name === undefined || version === undefined || release === undefined) return undefined
  const source = sourceOf(fields?.sourcerpm, epoch)
  return {
    type: 'rpm',
    name,
    version: withEpoch(epoch, `${version}-${release}`),
    ...(source === undefined ? {} : { source }),
    ...(arch === undefined ? {} : { arch }),
    ...(license === undefined || license === '' ? {} : { licenses: [license] }),
    ...(modularity === undefined || modularity === '' ? {} : { qualifiers: { modularitylabel: modularity } }),
  }
}

function fieldsOf(header: Uint8Array): Fields | undefined {
  if (header.length < 8) return undefined
  const view = new DataView(header.buffer, header.byteOffset, header.length)
  const count = view.getUint32(0)
  const dataBytes = view.getUint32(4)
  const dataStart = 8 + count * ENTRY_BYTES
  if (count > MAX_ENTRIES || dataStart + dataBytes > header.length) return undefined
  const data = header.subarray(dataStart, dataStart + dataBytes)
  const fields: Fields = {}
  for (let at = 8; at < dataStart; at += ENTRY_BYTES) {
    const field = TAGS[view.getUint32(at)]
    if (field === undefined || fields[field] !== undefined) continue
    const value = readValue(data, view.getUint32(at + 4), view.getUint32(at + 8))
    if (value !== undefined) fields[field] = value
  }
  return fields
}

function readValue(data: Uint8Array, type: number, offset: number): string | undefined {
  if (type === INT32) {
    if (offset + 4 > data.length) return undefined
    return String(new DataView(data.buffer, data.byteOffset + offset, 4).getUint32(0))
  }
  const end = data.indexOf(0, offset)
  return STRING_TYPES.includes(type) && end !== -1 ? textOf(data.subarray(offset, end)) : undefined
}

function withEpoch(epoch: string, version: string): string {
  return epoch === '0' ? version : `${epoch}:${version}`
}

/** `bash-5.1.8-6.el9.src.rpm`. Its epoch is not in that name; packages have that of their source, nearly always. */
function sourceOf(sourcerpm: string | undefined, epoch: string) {
  const [, name, version] = /^(.{1,512})-([^-]{1,256}-[^-]{1,256})\.(?:no)?src\.rpm$/.exec(sourcerpm ?? '') ?? []
  return name === undefined || version === undefined ? undefined : { name, version: withEpoch(epoch, version) }
}
