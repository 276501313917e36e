/**
 * An encrypted object:
 * ```
 * header     92 bytes, see header.ts
 * segments   64 KiB of content each: nonce (12), ciphertext, tag (16)
 * the last   shorter than the others, empty if need be: where an object ends is part of what is sealed
 * ```
 * An unfinished upload is the same, and may end with a whole segment.
 */
export const HEADER_BYTES = 92
export const SEGMENT_BYTES = 64 * 1024
export const NONCE_BYTES = 12
export const TAG_BYTES = 16
const OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES
export const SEALED_SEGMENT_BYTES = SEGMENT_BYTES + OVERHEAD_BYTES

/** What marks the name of an object or upload as encrypted. Nothing in its bytes could say so as reliably. */
export const SUFFIX = '.enc'

/** Where a segment begins in the stored bytes. */
export function storedOffset(index: number): number {
  return HEADER_BYTES + index * SEALED_SEGMENT_BYTES
}

/** How many bytes are stored for an object of this size. */
export function storedSizeOf(sizeBytes: number): number {
  const whole = Math.floor(sizeBytes / SEGMENT_BYTES)
  return storedOffset(whole) + (sizeBytes % SEGMENT_BYTES) + OVERHEAD_BYTES
}

/**
 * The size of an object's content. One that was cut off so that it has no last segment gets a size that it cannot have
 * had, so that whoever knows its size sees that it is damaged.
 */
export function sizeOfObject(storedBytes: number): number {
  const { whole, rest } = segmentsIn(storedBytes)
  return rest < OVERHEAD_BYTES ? Math.max(0, whole * SEGMENT_BYTES - 1) : sizeOf(whole, rest)
}

/** The content that an upload holds as far as its size tells; its last segment may be torn. */
export function sizeOfUpload(storedBytes: number): number {
  const { whole, rest } = segmentsIn(storedBytes)
  return rest < OVERHEAD_BYTES ? whole * SEGMENT_BYTES : sizeOf(whole, rest)
}

function segmentsIn(storedBytes: number): { readonly whole: number; readonly rest: number } {
  const sealed = Math.max(0, storedBytes - HEADER_BYTES)
  return { whole: Math.floor(sealed / SEALED_SEGMENT_BYTES), rest: sealed % SEALED_SEGMENT_BYTES }
}

function sizeOf(whole: number, rest: number): number {
  return whole * SEGMENT_BYTES + rest - OVERHEAD_BYTES
}

/** Whether an object of so many stored bytes ends as it should. */
export function hasEnd(storedBytes: number): boolean {
  return storedSizeOf(sizeOfObject(storedBytes)) === storedBytes
}
