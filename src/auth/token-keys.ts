import type { JWK } from 'jose'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import { addKey, findNewestKey, findPublicKey, removeKeysMadeBefore } from './token-key-store.ts'
import type { Job } from '../jobs/job.ts'

// jose is imported where it is used: until the first token is asked for, a start need not wait for it.
const ALGORITHM = 'ES256'
const ROTATE_AFTER_MS = 30 * 24 * 60 * 60 * 1000
/** Longer than any token lives, so that tokens of the old key are good until they expire. */
const RETIRE_AFTER_MS = ROTATE_AFTER_MS + 24 * 60 * 60 * 1000

export interface SigningKey {
  readonly id: string
  readonly key: CryptoKey
  readonly madeAt: Date
}

/** The keys that sign and verify tokens. They live in the database, so all processes share them. */
export class TokenKeys {
  readonly #database: Database
  readonly #clock: Clock
  readonly #public = new Map<string, CryptoKey>()
  #signing: SigningKey | undefined

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** The newest key. When there is none, or it is due, a new one is made: by whichever process notices first. */
  async signing(): Promise<SigningKey> {
    if (this.#signing === undefined || this.#isDue(this.#signing))
      this.#signing = (await this.#loadNewest()) ?? (await this.#create())
    return this.#signing
  }

  /** Undefined for a key that we never made: tokens signed with it are nobody's. */
  async verifying(id: string): Promise<CryptoKey | undefined> {
    const known = this.#public.get(id)
    if (known !== undefined) return known
    const publicKey = await findPublicKey(this.#database.reader, id)
    if (publicKey === undefined) return undefined
    const key = await importKey(publicKey)
    this.#public.set(id, key)
    return key
  }

  /** Makes the next key in time, and forgets keys whose tokens have all expired. */
  async rotate(): Promise<void> {
    await this.signing()
    const retired = new Date(this.#clock.now().getTime() - RETIRE_AFTER_MS)
    await this.#database.write((tx) => removeKeysMadeBefore(tx, retired))
  }

  #isDue({ madeAt }: SigningKey): boolean {
    return madeAt.getTime() <= this.#clock.now().getTime() - ROTATE_AFTER_MS
  }

  async #loadNewest(): Promise<SigningKey | undefined> {
    const madeAfter = new Date(this.#clock.now().getTime() - ROTATE_AFTER_MS)
    const row = await findNewestKey(this.#database.reader, madeAfter)
    return row && { id: row.id, key: await importKey(row.private_key), madeAt: new Date(row.created_at) }
  }

  async #create(): Promise<SigningKey> {
    const { calculateJwkThumbprint, exportJWK, generateKeyPair } = await import('jose')
    const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { extractable: true })
    const publicJwk = await exportJWK(publicKey)
    const id = await calculateJwkThumbprint(publicJwk)
    const madeAt = this.#clock.now()
    const row = {
      id,
      private_key: JSON.stringify(await exportJWK(privateKey)),
      public_key: JSON.stringify(publicJwk),
      created_at: madeAt.getTime(),
    }
    await this.#database.write((tx) => addKey(tx, row))
    return { id, key: privateKey, madeAt }
  }
}

async function importKey(json: string): Promise<CryptoKey> {
  const { importJWK } = await import('jose')
  const key = await importJWK(JSON.parse(json) as JWK, ALGORITHM)
  if (key instanceof Uint8Array) throw new Error('a token key in the database is not a key pair')
  return key
}

export function rotateTokenKeysJob(keys: TokenKeys): Job {
  return {
    name: 'rotate-token-keys',
    about: 'Makes new keys for tokens, and forgets old ones.',
    everyMs: 60 * 60 * 1000,
    run: () => keys.rotate(),
  }
}
