import { describe, expect, it } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { beginsLikeFileSystem } from './first-bytes.ts'

/** A header as tar wants it, around any first bytes. */
function tarHeader(name: string): Uint8Array {
  const header = new Uint8Array(512)
  header.set(new TextEncoder().encode(name))
  header.set(new TextEncoder().encode('0000755\0'), 100)
  header.set(new TextEncoder().encode('        '), 148)
  const sum = header.reduce((all, byte) => all + byte, 0)
  header.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
  return header
}

describe('what begins like a file system', () => {
  it('is compressed, or a tar, also one that looks like JSON at first', () => {
    expect(beginsLikeFileSystem(gzipSync(tarHeader('bin/sh')))).toBe(true)
    expect(beginsLikeFileSystem(Bun.zstdCompressSync(tarHeader('bin/sh')))).toBe(true)
    expect(beginsLikeFileSystem(new Uint8Array([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]))).toBe(true)
    expect(beginsLikeFileSystem(tarHeader('bin/sh'))).toBe(true)
    expect(beginsLikeFileSystem(tarHeader('{"payload":1}'))).toBe(true)
  })

  it('is no JSON, however long', () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ critical: { numbers: '0123456'.repeat(200) } }))
    expect(beginsLikeFileSystem(bytes.subarray(0, 512))).toBe(false)
    expect(beginsLikeFileSystem(new TextEncoder().encode('{}'))).toBe(false)
    expect(beginsLikeFileSystem(new Uint8Array())).toBe(false)
  })
})
