import { createHmac, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { KEY_BYTES, seal, unseal } from './aead.ts'
import type { MasterKey } from './master-key.ts'

const ABOUT_WRAPPED = Buffer.from('berth store key')
const OTHERS = 0o007

/** What a key is for, as sentences about its file say it. */
export interface KeyPurpose {
  /** The configuration's word. */
  readonly topic: string
  /** What cannot be done when the key is lost. */
  readonly lost: string
}

const ENCRYPTION: KeyPurpose = { topic: 'encryption', lost: 'nothing that is stored can be read' }

/** A master key in a file: 32 bytes, base64 or hex. @throws Error with a sentence for people */
export function readKeyFile(path: string): MasterKey {
  const key = readKey(path, ENCRYPTION)
  return {
    id: `file-${idOfKey(key, 'berth master key id')}`,
    wrap: async (secret) => seal(key, secret, ABOUT_WRAPPED),
    unwrap: async (wrapped) => unseal(key, wrapped, ABOUT_WRAPPED),
  }
}

/** @throws Error with a sentence for people */
export function readKey(path: string, purpose: KeyPurpose): Buffer {
  return parseKey(path, readTextOf(path, purpose), purpose)
}

/** Tells keys apart without giving them away. */
export function idOfKey(key: Uint8Array, about: string): string {
  return createHmac('sha256', key).update(about).digest('hex').slice(0, 16)
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

/** The same where one that is there is as good; it is there whole or not at all, whoever else does so at the same moment. */
export function ensureKeyFile(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  createKeyFile(temporary)
  try {
    linkSync(temporary, path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(temporary)
  }
  syncPath(dirname(path))
}

function syncPath(path: string): void {
  const fd = openSync(path, 'r')
  fsyncSync(fd)
  closeSync(fd)
}

function readTextOf(path: string, { topic, lost }: KeyPurpose): string {
  try {
    if ((statSync(path).mode & OTHERS) !== 0)
      throw new Error(`${topic}: everybody on this machine may open the key file ${path}; say: chmod o= ${path}`)
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    throw new Error(
      codeOf(error) === 'ENOENT'
        ? `${topic}: the key file ${path} is missing; without it ${lost}`
        : `${topic}: the key file ${path} cannot be read: ${codeOf(error)}`,
    )
  }
}

function parseKey(path: string, text: string, { topic }: KeyPurpose): Buffer {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (/^[A-Za-z0-9+/]{43}=$/.test(text)) return Buffer.from(text, 'base64')
  throw new Error(
    `${topic}: ${path} does not hold a key: ${KEY_BYTES} random bytes, base64 or hex ("berth encryption new-key FILE" makes one)`,
  )
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
