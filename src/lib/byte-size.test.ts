import { describe, expect, it } from 'bun:test'
import { formatByteSize, parseByteSize } from './byte-size.ts'

describe('sizes in bytes', () => {
  it.each([
    ['0', 0],
    ['1024', 1024],
    ['10GiB', 10 * 2 ** 30],
    ['500MB', 500_000_000],
    ['1.5 TiB', 1.5 * 2 ** 40],
    ['7kb', 7000],
    ['3 B', 3],
  ])('%s is %d', (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes)
  })

  it.each(['', 'GiB', '-1', '1e9', '10 XB', '10GiBs', '1.', '99999PiB', '٣'])('"%s" is none', (text) => {
    expect(parseByteSize(text)).toBeUndefined()
  })

  it.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [2 ** 30 - 1, '1023.99 MiB'],
    [10 * 2 ** 30, '10 GiB'],
  ])('%d is shown as %s', (bytes, text) => {
    expect(formatByteSize(bytes)).toBe(text)
  })
})
