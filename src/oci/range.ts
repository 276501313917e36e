/** Bytes from `start` up to and including `end`, as in HTTP. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** More ranges in one request than any known client asks for: the header is then ignored and the whole is served. */
const MAX_RANGES = 256
const ONE_RANGE = /^(\d{0,16})-(\d{0,16})$/

/**
 * A Range header against a body of `size` bytes (RFC 9110 §14). `undefined`: ignore the header and serve everything;
 * an empty list: nothing of it can be satisfied (416).
 */
export function parseRangeHeader(header: string, size: number): ByteRange[] | undefined {
  if (!header.startsWith('bytes=')) return undefined
  const parts = header.slice('bytes='.length).split(',')
  if (parts.length > MAX_RANGES) return undefined
  const ranges: ByteRange[] = []
  for (const part of parts) {
    const match = ONE_RANGE.exec(part.trim())
    if (match?.[1] === undefined || match[2] === undefined || (match[1] === '' && match[2] === '')) return undefined
    const range = resolveRange(match[1], match[2], size)
    if (range !== undefined) ranges.push(range)
  }
  return ranges
}

function resolveRange(first: string, last: string, size: number): ByteRange | undefined {
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? undefined : { start: size - length, end: size - 1 }
  }
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  return start < size && start <= end ? { start, end } : undefined
}

const CONTENT_RANGE = /^(?:bytes[ =])?(\d{1,16})-(\d{1,16})$/

/**
 * The Content-Range of a chunk: `start-end`, without a unit (distribution-spec, "Pushing a blob in chunks").
 * `undefined` when it is malformed or ends before it starts.
 */
export function parseContentRange(header: string): ByteRange | undefined {
  const match = CONTENT_RANGE.exec(header.trim())
  if (match === null) return undefined
  const range = { start: Number(match[1]), end: Number(match[2]) }
  return range.start <= range.end && Number.isSafeInteger(range.end) ? range : undefined
}

/** The Range header of an upload's answers. With nothing received clients expect `0-0`, as with one byte. */
export function formatUploadRange(sizeBytes: number): string {
  return `0-${Math.max(0, sizeBytes - 1)}`
}
