import { randomInt } from 'node:crypto'

/** RFC 8628 §6.1: no vowels, so that no words come out, and nothing that is taken for something else. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'
const LENGTH = 8
const USER_CODE = new RegExp(`^[${LETTERS}]{${LENGTH}}$`)

/** 34 random bits: enough for ten minutes in which guesses are throttled. */
export function newUserCode(): string {
  return Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}

/** As people read it: `WDJB-MJHT`. */
export function formatUserCode(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`
}

/** What somebody typed, however they wrote it; undefined when it cannot be a code. */
export function parseUserCode(text: string): string | undefined {
  const code = text.slice(0, 64).toUpperCase().replaceAll(/[\s-]/g, '')
  return USER_CODE.test(code) ? code : undefined
}
