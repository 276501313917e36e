import { createHmac, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { KEY_BYTES, seal, unseal } from './aead.ts'
import type { MasterKey } from './master-key.ts'

const ABOUT_WRAPPED = Buffer.from('berth store key')
const OTHERS = 0o007

/** A master key in a file: 32 bytes, base64 or hex. @throws Error with a sentence for people */
export function readKeyFile(path: string): MasterKey {
  const key = parseKey(path, readTextOf(path))
  return {
    id: `file-${createHmac('sha256', key).update('berth master key id').digest('hex').slice(0, 16)}`,
    wrap: async (secret) => seal(key, secret, ABOUT_WRAPPED),
    unwrap: async (wrapped) => unseal(key, wrapped, ABOUT_WRAPPED),
  }
}

/** Makes a file with a new key, for its owner only. @throws Error also when there is a file already */
export function createKeyFile(path: string): void {
  let fd: number
  try {
    fd = openSync(path, 'wx', 0o600)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    throw new Error(`${path} is there already and was not touched: it may be the only copy of a key`)
  }
  try {
    writeSync(fd, `${randomBytes(KEY_BYTES).toString('base64')}\n`)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function readTextOf(path: string): string {
  try {
    if ((statSync(path).mode & OTHERS) !== 0)
      throw new Error(`encryption: everybody on this machine may open the key file ${path}; say: chmod o= ${path}`)
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    throw new Error(
      codeOf(error) === 'ENOENT'
        ? `encryption: the key file ${path} is missing; without it nothing that is stored can be read`
        : `encryption: the key file ${path} cannot be read: ${codeOf(error)}`,
    )
  }
}

function parseKey(path: string, text: string): Buffer {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (/^[A-Za-z0-9+/]{43}=$/.test(text)) return Buffer.from(text, 'base64')
  throw new Error(
    `encryption: ${path} does not hold a key: ${KEY_BYTES} random bytes, base64 or hex ("berth encryption new-key FILE" makes one)`,
  )
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
