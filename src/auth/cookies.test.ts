import { describe, expect, it } from 'bun:test'
import { cookieName, formatCookie, readCookie } from './cookies.ts'

describe('the name of a cookie', () => {
  it.each([
    ['https://berth.test', '__Host-berth'],
    ['https://127.0.0.1:5000', '__Host-berth'],
    ['http://127.0.0.1:5000', 'berth'],
    ['http://localhost:5000', 'berth'],
    ['http://[::1]:5000', 'berth'],
    ['http://a.localhost', 'berth'],
    ['http://berth.test', undefined],
    ['http://10.0.0.1:5000', undefined],
    ['http://localhost.evil.test', undefined],
    ['http://localhost:99999', undefined],
  ])('at %s is %p', (origin, name) => {
    expect(cookieName('berth', origin)).toBe(name)
  })
})

describe('reading a cookie', () => {
  it.each([
    ['berth=a', 'a'],
    ['x=1; berth=a; y=2', 'a'],
    ['berth=a=b', 'a=b'],
    ['xberth=a', undefined],
    ['berth', undefined],
    ['', undefined],
    // Somebody else set one of them.
    ['berth=a; berth=b', undefined],
  ])('%p has %p', (header, value) => {
    expect(readCookie(header, 'berth')).toBe(value)
  })

  it('finds nothing without a header or a name', () => {
    expect([readCookie(null, 'berth'), readCookie('berth=a', undefined)]).toEqual([undefined, undefined])
  })
})

it('a cookie is for this host, over https, and for no script', () => {
  expect(formatCookie('__Host-berth', 'x', 60)).toBe(
    '__Host-berth=x; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax',
  )
  expect(formatCookie('berth', 'x', 60)).toBe('berth=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax')
})
