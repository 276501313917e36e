import { describe, expect, it } from 'bun:test'
import { parseBasic } from './basic.ts'

const encode = (text: string) => Buffer.from(text).toString('base64')

describe('parseBasic', () => {
  it.each([
    ['ann:secret', { username: 'ann', password: 'secret' }],
    ['ann:se:cret', { username: 'ann', password: 'se:cret' }],
    [':', { username: '', password: '' }],
    ['jürgen:pässwörd', { username: 'jürgen', password: 'pässwörd' }],
  ])('%s', (text, expected) => {
    expect(parseBasic(encode(text))).toEqual(expected)
  })

  it('a password may be as long as a workload’s token', () => {
    const password = 'x'.repeat(8192)
    expect(parseBasic(encode(`ann:${password}`))).toEqual({ username: 'ann', password })
  })

  it.each([
    ['no colon', encode('ann')],
    ['a NUL', encode('ann:\0')],
    ['not UTF-8', Buffer.from([0x61, 0x3a, 0xff]).toString('base64')],
    ['not base64', 'ann:secret'],
    ['too long', encode(`ann:${'x'.repeat(12 * 1024)}`)],
  ])('%s is nothing', (_, text) => {
    expect(parseBasic(text)).toBeUndefined()
  })
})
