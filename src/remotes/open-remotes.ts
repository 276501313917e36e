import { readSecretFile } from '../auth/secret-file.ts'
import { join, resolve } from 'node:path'
import type { RemoteHealth, RemoteOptions, RemoteRegistry } from '../client/remote-registry.ts'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import type { Database } from '../metadata/db.ts'
import { RowCache } from '../metadata/row-cache.ts'
import type { Log } from '../observability/log.ts'
import { createSealedSecrets, type SealedSecrets } from '../storage/sealed-secrets.ts'
import { parsePassword, purposeOf } from './credentials.ts'
import type { Remote, Remotes } from './remotes.ts'
import { formatState, mergeStates, NOTHING_SEEN, type SeenState } from './state.ts'
import { putState, removeStatesOf, statesOf } from './state-store.ts'
import { findRemote, findRemoteById, type StoredRemote } from './store.ts'

export interface RemotesParts {
  readonly database: Database
  readonly clock: Clock
  readonly config: Config
  readonly log: Log
  /** Names this process: what it sees of remotes has a row of its own. */
  readonly instance: string
  /** What registries of our kind call this process when it asks them for somebody; undefined: nobody asks through it. */
  readonly via?: string | undefined
}

/** Remotes of a process, until it closes them. */
export interface OpenRemotes extends Remotes {
  readonly secrets: SealedSecrets
  /** What this process sees now, and others saw lately, of each that was asked at all. */
  seen(remotes: readonly Pick<Remote, 'id'>[]): Promise<ReadonlyMap<number, SeenState>>
  /** Writes down for others what is new. Returns whether anything was. */
  flush(): Promise<boolean>
  close(): Promise<void>
}

interface Connection {
  readonly version: number
  readonly password: string | undefined
  readonly registry: RemoteRegistry
}

const REMEMBERED = 1000
const FLUSH_MS = 5000
/** After so many rounds without news nobody looks any more, until somebody opens a remote again. */
const QUIET_ROUNDS = 12
const FILE_MS = 1000

export function createRemotes(parts: RemotesParts): OpenRemotes {
  return new ProcessRemotes(parts)
}

/** Where the key of passwords is: beside an SQLite database that one machine has alone it is made when it is needed. */
export function secretsOf({ secrets, data, database }: Config): SealedSecrets {
  const keyFile = secrets.keyFile ?? (database === undefined ? join(resolve(data), 'secrets.key') : undefined)
  return createSealedSecrets({
    keyFile,
    create: secrets.keyFile === undefined,
    previousKeyFiles: secrets.previousKeyFiles,
  })
}

class ProcessRemotes implements OpenRemotes {
  readonly secrets: SealedSecrets
  readonly #parts: RemotesParts
  readonly #rows: RowCache<StoredRemote>
  readonly #connections = new Map<number, Connection>()
  /** Why there is no connection: its password cannot be read. */
  readonly #obstacles = new Map<number, NonNullable<RemoteHealth['lastProblem']>>()
  /** What was written of each. */
  readonly #written = new Map<number, string>()
  readonly #files = new Map<string, { readonly password: string; readonly readAt: number }>()
  readonly #closing = new AbortController()
  #watch: Promise<void> | undefined

  constructor(parts: RemotesParts) {
    const { database, config } = parts
    this.#parts = parts
    this.secrets = secretsOf(config)
    const isAway = () => database.away() !== undefined
    this.#rows = new RowCache(() => database.version(), REMEMBERED, { isAway, graceMs: config.outage.serveCached })
  }

  async find(name: string): Promise<StoredRemote | undefined> {
    const { database } = this.#parts
    await database.refresh()
    return this.#rows.find(`name ${name}`, () => findRemote(database.reader, name))
  }

  async findById(id: number): Promise<StoredRemote | undefined> {
    const { database } = this.#parts
    await database.refresh()
    return this.#rows.find(`id ${id}`, () => findRemoteById(database.reader, id))
  }

  async open(id: number): Promise<RemoteRegistry> {
    // Most servers ask nobody, and a start need not wait for what would.
    const client = await import('../client/remote-registry.ts')
    const remote = await this.findById(id)
    if (remote === undefined) {
      for (const known of [this.#connections, this.#obstacles, this.#written]) known.delete(id)
      throw new Problem('not-found', 'this remote was removed')
    }
    const known = this.#connections.get(id)
    this.#watch ??= this.#flushForAWhile().finally(() => {
      this.#watch = undefined
    })
    const password = this.#passwordOf(remote, known)
    if (known?.version === remote.version && known.password === password) return known.registry
    const registry = client.openRemoteRegistry(this.#optionsOf(remote, password))
    this.#connections.set(id, { version: remote.version, password, registry })
    return registry
  }

  async seen(remotes: readonly Pick<Remote, 'id'>[]): Promise<ReadonlyMap<number, SeenState>> {
    const { database, clock, instance } = this.#parts
    const now = clock.now()
    const ids = remotes.map(({ id }) => id)
    const written = await statesOf(database.reader, ids, now)
    const merged = new Map<number, SeenState>()
    for (const id of ids) {
      const others = (written.get(id) ?? []).filter((state) => state.instance !== instance)
      const health = this.#healthOf(id)
      const all = health === undefined ? others : [...others, { health, at: now }]
      const state = mergeStates(all)
      if (state !== undefined) merged.set(id, state)
    }
    return merged
  }

  async flush(): Promise<boolean> {
    const { database, clock, instance } = this.#parts
    const news = [...new Set([...this.#connections.keys(), ...this.#obstacles.keys()])].flatMap((remoteId) => {
      const health = this.#healthOf(remoteId) ?? NOTHING_SEEN
      const text = formatState(health)
      return text === this.#written.get(remoteId) ? [] : [{ remoteId, health, text }]
    })
    if (news.length === 0) return false
    await database.writeQuietly(async (tx) => {
      for (const { remoteId, health } of news) await putState(tx, { remoteId, instance }, health, clock.now())
    })
    for (const { remoteId, text } of news) this.#written.set(remoteId, text)
    return true
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#watch
    const { database, instance } = this.#parts
    if (this.#written.size > 0) await database.writeQuietly((tx) => removeStatesOf(tx, instance)).catch(() => undefined)
  }

  #healthOf(id: number): RemoteHealth | undefined {
    const health = this.#connections.get(id)?.registry.health()
    const lastProblem = this.#obstacles.get(id)
    return lastProblem === undefined ? health : { ...(health ?? NOTHING_SEEN), lastProblem }
  }

  /** @throws Problem, which is part of how the remote is until it can be read again */
  #passwordOf(remote: StoredRemote, known: Connection | undefined): string | undefined {
    try {
      const password = this.#readPassword(remote, known)
      this.#obstacles.delete(remote.id)
      return password
    } catch (error) {
      if (error instanceof Problem)
        this.#obstacles.set(remote.id, { message: error.message, at: this.#parts.clock.now() })
      throw error
    }
  }

  /** What was sealed is opened once for each version; a file is looked at again and again. */
  #readPassword(remote: StoredRemote, known: Connection | undefined): string | undefined {
    if (remote.passwordFile !== undefined) return this.#readFile(remote.passwordFile)
    if (known?.version === remote.version) return known.password
    return remote.sealedPassword && this.secrets.open(remote.sealedPassword, purposeOf(remote))
  }

  #readFile(path: string): string {
    const now = this.#parts.clock.now().getTime()
    const known = this.#files.get(path)
    if (known !== undefined && now >= known.readAt && now - known.readAt < FILE_MS) return known.password
    try {
      const password = parsePassword(readSecretFile(path))
      this.#files.set(path, { password, readAt: now })
      return password
    } catch (error) {
      this.#files.delete(path)
      const why = error instanceof Problem ? error.message : 'it cannot be read'
      throw new Problem('conflict', `the file ${path} should hold the password of a remote: ${why}`)
    }
  }

  #optionsOf(remote: StoredRemote, password: string | undefined): RemoteOptions {
    const { url, username, ca, allowPrivate, insecureHttp, trustedHosts, maxConcurrent, requestsPerMinute } = remote
    const credentials = username === undefined || password === undefined ? undefined : { username, password }
    return {
      ...{ url, credentials, ca, allowPrivate, insecureHttp, trustedHosts, maxConcurrent, requestsPerMinute },
      ...{ clock: this.#parts.clock, via: this.#parts.via },
    }
  }

  async #flushForAWhile(): Promise<void> {
    const { clock, log } = this.#parts
    for (let quiet = 0; quiet < QUIET_ROUNDS && !this.#closing.signal.aborted;) {
      await clock.sleep(FLUSH_MS, this.#closing.signal)
      if (this.#closing.signal.aborted) return
      try {
        quiet = (await this.flush()) ? 0 : quiet + 1
      } catch (error) {
        // The database is away: there is a next time.
        log.debug('what was seen of remotes could not be written', { error })
        quiet += 1
      }
    }
  }
}
