import { Lru } from '../lib/lru.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import { findRepository } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { RemoteError } from '../registry/image-source.ts'
import { type Check, findCheck, noteCheck } from './store.ts'

const REMEMBERED = 50_000
/** For so long after a failure what is here is served without asking again. */
const REST_MS = 5000
/** In a log one line a minute says it as well as a thousand. */
const QUIET_MS = 60_000

interface Absent {
  readonly until: number
}

interface Resting {
  readonly until: number
  readonly error: RemoteError
}

interface Told {
  readonly until: number
  readonly what: string
}

/** A warning that is given without asking again. */
interface Stale {
  readonly until: number
  readonly warning: string
}

/** When tags were last compared with where they come from, what is not there, and who did not answer. */
export class Checks {
  readonly #database: Database
  readonly #clock: Clock
  readonly #known = new Lru<string, Check>(REMEMBERED)
  readonly #absent = new Lru<string, Absent>(REMEMBERED)
  readonly #stale = new Lru<string, Stale>(REMEMBERED)
  readonly #told = new Lru<string, Told>(REMEMBERED)
  readonly #resting = new Lru<number, Resting>(REMEMBERED)

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  known(name: RepositoryName, tag: Tag): Check | undefined {
    return this.#known.get(`${name}:${tag}`)
  }

  async read(name: RepositoryName, tag: Tag): Promise<Check | undefined> {
    const found = await findCheck(this.#database.reader, name, tag)
    if (found === undefined) this.#known.delete(`${name}:${tag}`)
    else this.#known.set(`${name}:${tag}`, found)
    return found
  }

  remember(name: RepositoryName, reference: Tag | Digest, check: Check): void {
    this.#known.set(`${name}:${reference}`, check)
    this.#stale.delete(`${name}:${reference}`)
  }

  /** It names the same as before. The row is a note for other processes and for later. */
  async confirm(name: RepositoryName, tag: Tag, check: Check): Promise<void> {
    this.remember(name, tag, check)
    await this.#database.writeQuietly(async (tx) => {
      const repositoryId = await findRepository(tx, name)
      if (repositoryId !== undefined) await noteCheck(tx, { ...check, repositoryId, reference: tag })
    })
  }

  isFresh(check: Check, freshMs: number): boolean {
    const age = this.#now() - check.checkedAt
    return age >= 0 && age < freshMs
  }

  noteAbsent(key: string, forMs: number): void {
    this.#absent.set(key, { until: this.#now() + forMs })
  }

  isAbsent(key: string): boolean {
    return (this.#absent.get(key)?.until ?? 0) > this.#now()
  }

  noteStale(name: RepositoryName, tag: Tag, warning: string): void {
    this.#stale.set(`${name}:${tag}`, { until: this.#now() + REST_MS, warning })
  }

  /** It was of no use just now: with something to serve nobody asks it again at once. */
  noteRest(remoteId: number, error: RemoteError): void {
    this.#resting.set(remoteId, { until: this.#now() + REST_MS, error })
  }

  resting(remoteId: number): RemoteError | undefined {
    const rest = this.#resting.get(remoteId)
    return rest !== undefined && rest.until > this.#now() ? rest.error : undefined
  }

  /** Whether it is time to say again that a remote fails in that way. */
  isNews(remote: string, what: string): boolean {
    const told = this.#told.get(remote)
    const isNews = told === undefined || told.what !== what || told.until <= this.#now()
    if (isNews) this.#told.set(remote, { until: this.#now() + QUIET_MS, what })
    return isNews
  }

  /** Whether it was said that a remote fails, and not yet that it does not any more. */
  isWellAgain(remote: string): boolean {
    if (this.#told.get(remote) === undefined) return false
    this.#told.delete(remote)
    return true
  }

  staleWarning(name: RepositoryName, tag: Tag): string | undefined {
    const stale = this.#stale.get(`${name}:${tag}`)
    return stale !== undefined && stale.until > this.#now() ? stale.warning : undefined
  }

  #now(): number {
    return this.#clock.now().getTime()
  }
}
