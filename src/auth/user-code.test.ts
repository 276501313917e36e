import { expect, it } from 'bun:test'
import { formatUserCode, newUserCode, parseUserCode } from './user-code.ts'

it('a code is eight consonants that look like nothing else', () => {
  const codes = Array.from({ length: 500 }, newUserCode)
  for (const code of codes) expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/)
  expect(new Set(codes).size).toBe(500)
  expect(new Set(codes.join('')).size).toBe(20)
})

it('is read however it is written', () => {
  for (const text of ['WDJB-MJHT', 'wdjbmjht', ' wdjb mjht ', 'W-D-J-B-M-J-H-T'])
    expect(parseUserCode(text)).toBe('WDJBMJHT')
  expect(formatUserCode('WDJBMJHT')).toBe('WDJB-MJHT')
})

it('is nothing else', () => {
  for (const text of ['', 'WDJB-MJH', 'WDJB-MJHTX', 'AEIO-UAEI', '<script>', "WDJB'MJHT", 'x'.repeat(100_000)])
    expect(parseUserCode(text)).toBeUndefined()
})
