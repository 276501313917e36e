import { decimal, textOf } from './tar-fields.ts'

export type PaxRecords = ReadonlyMap<string, string>

const SPARSE_OFFSET = 'GNU.sparse.offset'
const SPARSE_BYTES = 'GNU.sparse.numbytes'
export const SPARSE_MAP = 'GNU.sparse.map'
const KEPT = /^(?:path|linkpath|size|uid|gid|mtime|GNU\.sparse\.[a-z]+)$/

/** POSIX `pax`: `<length> <key>=<value>\n`, length and all. Undefined: it is not of that form. */
export function parsePax(bytes: Uint8Array): PaxRecords | undefined {
  const records = new Map<string, string>()
  const oldMap: string[] = []
  let at = 0
  while (at < bytes.length && bytes[at] !== 0) {
    const record = recordAt(bytes, at)
    if (record === undefined) return undefined
    at = record.end
    const { key, value } = record
    // The oldest form of sparse files: the same two keys again and again.
    if (key === SPARSE_OFFSET || key === SPARSE_BYTES) oldMap.push(value)
    else if (KEPT.test(key)) records.set(key, value)
  }
  if (oldMap.length > 0) records.set(SPARSE_MAP, oldMap.join(','))
  return records
}

function recordAt(bytes: Uint8Array, start: number) {
  const space = bytes.indexOf(0x20, start)
  if (space === -1 || space - start > 8) return undefined
  const length = decimal(textOf(bytes.subarray(start, space)))
  if (length === undefined) return undefined
  const end = start + length
  if (end > bytes.length || end <= space + 2 || bytes[end - 1] !== 0x0a) return undefined
  const equals = bytes.indexOf(0x3d, space)
  if (equals === -1 || equals >= end) return undefined
  return { key: textOf(bytes.subarray(space + 1, equals)), value: textOf(bytes.subarray(equals + 1, end - 1)), end }
}
