import { afterEach, expect, it } from 'bun:test'
import { configureFailpoints, failpoint } from './failpoint.ts'

afterEach(() => configureFailpoints(''))

function codeAt(name: string): unknown {
  try {
    failpoint(name)
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

it('does nothing where none is armed', () => {
  expect(codeAt('a.b')).toBeUndefined()
})

it('has its effect at the n-th time, once', () => {
  configureFailpoints('a.b=enospc@3,c=eio')
  expect([1, 2, 3, 4].map(() => codeAt('a.b'))).toEqual([undefined, undefined, 'ENOSPC', undefined])
  expect([1, 2].map(() => codeAt('c'))).toEqual(['EIO', undefined])
})

it('has its effect every time where that is asked for', () => {
  configureFailpoints('a.b=conflict@each')
  expect([1, 2, 3].map(() => codeAt('a.b'))).toEqual(['40001', '40001', '40001'])
})

it('refuses what it does not understand', () => {
  for (const text of ['a', 'a=', 'a=explode', 'a=kill@', 'A=kill'])
    expect(() => configureFailpoints(text)).toThrow('failpoint not understood')
})
