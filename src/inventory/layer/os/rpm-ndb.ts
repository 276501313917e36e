/** rpm's lib/backend/ndb/rpmpkg.c: pages of slots, each naming a blob of 16-byte blocks. Little-endian. */
const FILE_MAGIC = 0x506d7052
const SLOT_MAGIC = 0x746f6c53
const BLOB_MAGIC = 0x53626c42
const PAGE_BYTES = 4096
const BLOCK_BYTES = 16
const HEADER_BYTES = 32

/** The header of each package; `bad` for one that lies outside of the file. @throws Error when it is no such database */
export function* ndbHeaders(file: Uint8Array): Generator<Uint8Array | 'bad'> {
  const view = new DataView(file.buffer, file.byteOffset, file.length)
  if (file.length < HEADER_BYTES || view.getUint32(0, true) !== FILE_MAGIC || view.getUint32(4, true) !== 0)
    throw new Error('it is no ndb database')
  const slotsEnd = view.getUint32(12, true) * PAGE_BYTES
  if (slotsEnd > file.length) throw new Error('its slots lie outside of it')
  // Blobs do not overlap in a good one; a bad one could name the same bytes again and again.
  let left = file.length
  for (let at = HEADER_BYTES; at < slotsEnd; at += BLOCK_BYTES) {
    if (view.getUint32(at, true) !== SLOT_MAGIC) yield 'bad'
    else if (view.getUint32(at + 8, true) !== 0) {
      const blob = blobAt(view, {
        index: view.getUint32(at + 4, true),
        start: view.getUint32(at + 8, true) * BLOCK_BYTES,
      })
      left -= blob === 'bad' ? 0 : blob.length
      if (left < 0) throw new Error('its packages lie upon each other')
      yield blob
    }
  }
}

function blobAt(view: DataView, { index, start }: { index: number; start: number }): Uint8Array | 'bad' {
  if (start + BLOCK_BYTES > view.byteLength) return 'bad'
  if (view.getUint32(start, true) !== BLOB_MAGIC || view.getUint32(start + 4, true) !== index) return 'bad'
  const length = view.getUint32(start + 12, true)
  if (start + BLOCK_BYTES + length > view.byteLength) return 'bad'
  return new Uint8Array(view.buffer, view.byteOffset + start + BLOCK_BYTES, length)
}
