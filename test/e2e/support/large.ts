import { createHash } from 'node:crypto'
import type { Content } from '../../conformance/support/content.ts'

/** Megabytes in no time: a counter in each 4 KiB, so that no part can stand for another. */
export function largeContent(sizeBytes: number): Content {
  const bytes = new Uint8Array(sizeBytes)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at + 4 <= sizeBytes; at += 4096) view.setUint32(at, at / 4096 + 1)
  return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` }
}
