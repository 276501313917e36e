import { Problem } from '../lib/problem.ts'

const MAX_PATTERN = 255
const PATTERN = /^[a-z0-9._/*-]+$/

/**
 * A pattern of repository names: `*` stands for any characters but a slash, `**` for any.
 * @throws Problem
 */
export function parsePattern(text: string): string {
  if (text.length <= MAX_PATTERN && PATTERN.test(text)) return text
  throw new Problem(
    'invalid',
    `the pattern "${text.slice(0, 50)}" may have lower-case letters, digits, ".", "_", "-", "/", "*" and "**", at most ${MAX_PATTERN} of them`,
  )
}
