import { Problem } from '../lib/problem.ts'
import { seal, unseal } from './encrypted/aead.ts'
import { ensureKeyFile, idOfKey, type KeyPurpose, readKey } from './encrypted/key-file.ts'

/** Secrets that have to be shown to others again, sealed so that the database alone gives none away. */
export interface SealedSecrets {
  /** Reads the key, or makes it. @throws Problem when there is none */
  sealer(): Sealer
  /** @throws Problem when the key is missing or another one, or when it is about something else */
  open(sealed: string, about: string): string
}

export interface Sealer {
  /** `about` says whose it is and where it may go: it opens for the very same only. */
  seal(secret: string, about: string): string
  /** Whether this key sealed it. */
  hasSealed(sealed: string): boolean
}

export interface SecretKeys {
  /** Undefined: there is no place for one. */
  readonly keyFile: string | undefined
  /** Makes the file when it is not there. */
  readonly create: boolean
  readonly previousKeyFiles: readonly string[]
}

const PURPOSE: KeyPurpose = { topic: 'secrets', lost: 'the passwords of remotes cannot be read' }
const FORMAT = '1'
const NO_KEY =
  'there is no key to encrypt passwords with: set secrets.keyFile to the same file on every replica ("berth encryption new-key FILE" makes one), or name a file that holds the password on each of them'

/** The files are read at each use: that is rare, and a key that was replaced counts at once. */
export function createSealedSecrets(keys: SecretKeys): SealedSecrets {
  return {
    sealer: () => {
      const { id, key } = currentKey(keys)
      const prefix = `${FORMAT}.${id}.`
      return {
        seal: (secret, about) => prefix + seal(key, Buffer.from(secret), Buffer.from(about)).toString('base64url'),
        hasSealed: (sealed) => sealed.startsWith(prefix),
      }
    },
    open: (sealed, about) => {
      const [format, id = '', bytes = ''] = sealed.split('.')
      const key = format === FORMAT ? findKey(keys, id) : undefined
      if (key === undefined) throw new Problem('conflict', missing(keys))
      try {
        return unseal(key, Buffer.from(bytes, 'base64url'), Buffer.from(about)).toString()
      } catch {
        throw new Problem(
          'conflict',
          'a stored password was sealed for something else, or its row is damaged: set it again',
        )
      }
    },
  }
}

function currentKey({ keyFile, create }: SecretKeys): Key {
  if (keyFile === undefined) throw new Problem('conflict', NO_KEY)
  if (create) orProblem(() => ensureKeyFile(keyFile))
  return read(keyFile)
}

function findKey({ keyFile, previousKeyFiles }: SecretKeys, id: string): Buffer | undefined {
  for (const path of [...(keyFile === undefined ? [] : [keyFile]), ...previousKeyFiles]) {
    const found = read(path)
    if (found.id === id) return found.key
  }
  return undefined
}

interface Key {
  readonly id: string
  readonly key: Buffer
}

function read(path: string): Key {
  const key = orProblem(() => readKey(path, PURPOSE))
  return { id: idOfKey(key, 'berth secrets key id'), key }
}

function missing({ keyFile }: SecretKeys): string {
  return keyFile === undefined
    ? `a stored password cannot be read: ${NO_KEY}`
    : `a stored password was encrypted with another key than that of ${keyFile}: name its file in secrets.previousKeyFiles, or set the password again`
}

/** What is wrong with a key file is for whoever may set a password to know. */
function orProblem<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new Problem('conflict', error instanceof Error ? error.message : String(error))
  }
}
