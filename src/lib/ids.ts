import { randomBytes } from 'node:crypto'

/** 128 random bits in lower-case hex: unguessable, and safe in a path, a URL and a file name. */
export function randomId(): string {
  return randomBytes(16).toString('hex')
}
