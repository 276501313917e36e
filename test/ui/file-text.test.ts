import { expect, it } from 'bun:test'
import { hexOf, lineNumbers, modeText, textIn } from '../../ui/image/files/text.ts'
import { visibleName, visibleText } from '../../ui/kit/format.ts'
import { webAddress } from '../../ui/kit/web-address.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

it('text is told from bytes, and a letter that was cut is left away', () => {
  expect(textIn(bytes('a\tb\r\nü'), false)).toBe('a\tb\r\nü')
  expect(textIn(bytes('aü').slice(0, 2), true)).toBe('a')
  expect(textIn(bytes('aü').slice(0, 2), false)).toBeUndefined()
  expect(textIn(bytes('a\0b'), false)).toBeUndefined()
  expect(textIn(new Uint8Array([0xff, 0xfe, 0x41]), false)).toBeUndefined()
})

it('every line has a number, and the end of the last one begins none', () => {
  expect([lineNumbers('a'), lineNumbers('a\n'), lineNumbers('a\n\n'), lineNumbers('')]).toEqual(['1', '1', '1\n2', '1'])
})

it('bytes stand in rows of sixteen', () => {
  expect(hexOf(bytes('0123456789abcdefX'))).toBe(
    [
      '00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef',
      `00000010  58${' '.repeat(48)}X`,
    ].join('\n'),
  )
})

it('modes read as ls has them', () => {
  expect([0o644, 0o755, 0o4755, 0o2644, 0o1777, 0o1776].map(modeText)).toEqual([
    ...['rw-r--r--', 'rwxr-xr-x', 'rwsr-xr-x', 'rw-r-Sr--', 'rwxrwxrwt', 'rwxrwxrwT'],
  ])
})

it('what hides in a text is seen', () => {
  expect(visibleText('a\u202eb\0c\nd\u200b')).toBe('a\\u{202e}b\\u{0}c\nd\\u{200b}')
  expect(visibleName('a\nb\u{e0041}')).toBe('a\\u{a}b\\u{e0041}')
  expect(visibleText('👩‍🚀 für')).toBe('👩‍🚀 für')
})

it('only whole web addresses are links', () => {
  expect(webAddress('https://example.com/a?b#c')).toBe('https://example.com/a?b#c')
  for (const text of [
    ...['javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', 'vbscript:x', '//evil.example', '/path'],
    ...['https://good.example@evil.example/', 'HTTPS', 'ftp://example.com/', 'file:///etc/passwd', 'example.com', ''],
  ])
    expect(webAddress(text), text).toBeUndefined()
})
