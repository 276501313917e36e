/** Bytes that are being written somewhere, and can be read meanwhile as far as they are there. */
export interface ByteReader {
  /** At most `length` bytes from `start` on; fewer where there are no more yet. */
  read(start: number, length: number): Promise<Uint8Array>
  close(): void
}
