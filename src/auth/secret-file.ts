import { readFileSync } from 'node:fs'

/** A secret that an operator put into a file of its own, without the line's end. @throws Error when there is none */
export function readSecretFile(path: string): string {
  const secret = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  if (secret === '') throw new Error(`${path} is empty; it should hold a secret`)
  return secret
}

/** A certificate or key set that an operator put into a file. @throws Error when it cannot be read */
export function readTextFile(path: string): string {
  return readFileSync(path, 'utf8')
}
