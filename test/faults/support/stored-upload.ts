import { statSync } from 'node:fs'
import { HEADER_BYTES, SEALED_SEGMENT_BYTES, sizeOfUpload } from '../../../src/storage/encrypted/layout.ts'

/** Whether the servers of this suite encrypt: they inherit the variable. */
export function isEncrypted(): boolean {
  return process.env.BERTH_ENCRYPTION__KEY_FILE !== undefined
}

/** The most that an upload can hold by the files that there are. */
export function storedBytesOf(path: string): number {
  if (!isEncrypted()) return statSync(path).size
  const stored = statSync(`${path}.enc`).size
  const aside = statSync(`${path}.enc.tail`, { throwIfNoEntry: false })?.size ?? 0
  if (aside === 0 || stored < HEADER_BYTES) return sizeOfUpload(stored)
  const wholeSegments = Math.floor((stored - HEADER_BYTES) / SEALED_SEGMENT_BYTES)
  return Math.max(sizeOfUpload(stored), sizeOfUpload(HEADER_BYTES + wholeSegments * SEALED_SEGMENT_BYTES + aside))
}
