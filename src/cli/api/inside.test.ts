import { expect, it } from 'bun:test'
import { couldSteer, modeText } from './inside.ts'

it.each([
  ['file', 0o644, '-rw-r--r--'],
  ['folder', 0o1777, 'drwxrwxrwt'],
  ['file', 0o4755, '-rwsr-xr-x'],
  ['file', 0o6644, '-rwSr-Sr--'],
  ['link', 0o777, 'lrwxrwxrwx'],
] as const)('a %s with mode %o is %s', (type, mode, expected) => {
  expect(modeText({ type, mode })).toBe(expected)
})

it.each([
  ['plain text\r\n\twith ümläute, 漢字 and 😀', false],
  ['\u001b[31mred', true],
  ['\u009b31mred', true],
  ['a\u0000b', true],
  ['gone\u007f', true],
  ['', false],
])('whether %j could steer a terminal', (text, expected) => {
  expect(couldSteer(new TextEncoder().encode(text))).toBe(expected)
})
