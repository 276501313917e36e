import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** More than any inventory that the limits of scanning let through. */
const MAX_BYTES = 512 * 1024 * 1024

export function compressText(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(zstdCompressSync(Buffer.from(text)))
}

export function decompressText(bytes: Uint8Array): string {
  return zstdDecompressSync(bytes, { maxOutputLength: MAX_BYTES }).toString()
}
