import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { coalesce } from '../../lib/coalesce.ts'
import { KEY_BYTES } from './aead.ts'
import { STORE_KEY_ID_BYTES } from './header.ts'
import type { KeyObjects } from './key-objects.ts'
import { idInName, nameOf, parseRecord, unwrapKey, wrapKey } from './key-record.ts'
import type { MasterKeys } from './master-key.ts'

/** Wraps the keys of objects. Lies in the store itself, wrapped by a master key. */
export interface StoreKey {
  /** Hex. */
  readonly id: string
  /** New objects take the key of the highest. */
  readonly generation: number
  readonly createdAt: Date
  readonly key: Uint8Array
  /** The id of the master key that wraps it. */
  readonly wrappedBy: string
}

/** A key that another process made is used by this one after at most so long. */
const LOOK_AGAIN_MS = 60_000

/** The store keys, as far as this process knows them. */
export class Keyring {
  readonly #objects: KeyObjects
  readonly #masters: MasterKeys
  readonly #clock: Clock
  readonly #keys = new Map<string, StoreKey>()
  readonly #load = coalesce(() => this.#loadOnce())
  /** Why keys that lie in the store are not among them, by id. */
  #problems: ReadonlyMap<string, Error> = new Map()
  #lookedAt = Number.NEGATIVE_INFINITY

  private constructor(objects: KeyObjects, masters: MasterKeys, clock: Clock) {
    this.#objects = objects
    this.#masters = masters
    this.#clock = clock
  }

  /** Makes a first key where there is none. @throws Error with a sentence for people when one cannot be unwrapped */
  static async open(objects: KeyObjects, masters: MasterKeys, clock: Clock = systemClock): Promise<Keyring> {
    const keyring = await Keyring.look(objects, masters, clock)
    if (keyring.#keys.size === 0) await keyring.#addKey()
    return keyring
  }

  /** Makes no key. @throws Error with a sentence for people when one cannot be unwrapped */
  static async look(objects: KeyObjects, masters: MasterKeys, clock: Clock = systemClock): Promise<Keyring> {
    const keyring = new Keyring(objects, masters, clock)
    await keyring.#loadAll()
    return keyring
  }

  /** Newest first. */
  all(): readonly StoreKey[] {
    return [...this.#keys.values()].sort((a, b) => b.generation - a.generation || (a.id < b.id ? -1 : 1))
  }

  /** The key for new objects. */
  async current(): Promise<StoreKey> {
    // One that this process cannot unwrap, or a KMS that does not answer, is no reason to stop: what it has is good.
    if (this.#age() > LOOK_AGAIN_MS) await this.#load().catch(() => undefined)
    const [newest] = this.all()
    if (newest === undefined) throw new Error('encryption: there is no store key')
    return newest
  }

  /** Undefined: there is none in the store. @throws Error when it cannot be unwrapped */
  async find(id: string): Promise<StoreKey | undefined> {
    const known = this.#keys.get(id)
    if (known !== undefined) return known
    await this.#load()
    // It may have been wrapped anew just now, and have another name.
    if (this.#problems.has(id)) await this.#load()
    const found = this.#keys.get(id)
    const problem = this.#problems.get(id)
    if (found === undefined && problem !== undefined) throw problem
    return found
  }

  /**
   * Wraps every store key with the master key in force, and makes a new one for new objects. No object is written.
   * At every moment each key lies in the store, wrapped by one master key or the other.
   */
  async rotate(): Promise<StoreKey> {
    await this.#loadAll()
    const names = await this.#objects.names()
    for (const key of this.all()) {
      await this.#store(key)
      for (const name of names) if (idInName(name) === key.id) await this.#objects.remove(name)
    }
    return this.#addKey()
  }

  async #addKey(): Promise<StoreKey> {
    const key: StoreKey = {
      id: randomBytes(STORE_KEY_ID_BYTES).toString('hex'),
      generation: (this.all()[0]?.generation ?? 0) + 1,
      createdAt: this.#clock.now(),
      key: randomBytes(KEY_BYTES),
      wrappedBy: this.#masters.current.id,
    }
    return this.#store(key)
  }

  async #store(key: StoreKey): Promise<StoreKey> {
    await this.#objects.add(nameOf(key), await wrapKey(key, this.#masters.current))
    const stored = { ...key, wrappedBy: this.#masters.current.id }
    this.#keys.set(key.id, stored)
    return stored
  }

  /** Reads the keys that are not known yet. */
  async #loadOnce(): Promise<void> {
    this.#lookedAt = this.#clock.now().getTime()
    const problems = new Map<string, Error>()
    for (const name of await this.#objects.names()) {
      const id = idInName(name)
      if (id === undefined || this.#keys.has(id)) continue
      try {
        const text = await this.#objects.read(name)
        // Wrapped anew just now, under another name.
        if (text === undefined) throw new Error(`encryption: the store key ${id} went away while it was read`)
        this.#keys.set(id, await unwrapKey(parseRecord(text), this.#masters))
      } catch (error) {
        problems.set(id, error instanceof Error ? error : new Error(String(error)))
      }
    }
    for (const id of this.#keys.keys()) problems.delete(id)
    this.#problems = problems
  }

  async #loadAll(): Promise<void> {
    await this.#load()
    // One that was wrapped anew meanwhile has another name now.
    if (this.#problems.size > 0) await this.#load()
    for (const problem of this.#problems.values()) throw problem
  }

  /** Since the keys were looked for; a clock that was set back counts as well. */
  #age(): number {
    return Math.abs(this.#clock.now().getTime() - this.#lookedAt)
  }
}
