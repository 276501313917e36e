import type { Authorizer } from '../access/authorizer.ts'
import type { Principal } from '../auth/principal.ts'
import type { Database } from '../metadata/db.ts'
import { IS_WITHIN, listAllRepositories, type RepositoryRow, type Within } from './store.ts'

/** What somebody may know of. */
export interface Sight {
  readonly repositories: readonly RepositoryRow[]
  readonly within: Within
}

interface Remembered<T> {
  readonly state: string | undefined
  readonly value: T
}

/** Whoever searched last: each letter that is typed is a search. */
const MAX_ASKERS = 100

/**
 * Which repositories whoever asks may pull from. Found out before anything is looked for, so that what he may not see is
 * never met and never counted.
 */
export class Sights {
  readonly #database: Database
  readonly #authorizer: Authorizer
  readonly #askers = new Map<string, Remembered<Sight>>()
  #repositories: Remembered<readonly RepositoryRow[]> | undefined

  constructor(database: Database, authorizer: Authorizer) {
    this.#database = database
    this.#authorizer = authorizer
  }

  async of(principal: Principal): Promise<Sight> {
    const state = this.#state()
    const asker = JSON.stringify([principal.kind, principal.id, principal.key?.id])
    const known = this.#askers.get(asker)
    if (known !== undefined && state !== undefined && known.state === state) return known.value
    const value = await this.#look(principal, state)
    this.#askers.delete(asker)
    this.#askers.set(asker, { state, value })
    const [oldest] = this.#askers.keys()
    if (this.#askers.size > MAX_ASKERS && oldest !== undefined) this.#askers.delete(oldest)
    return value
  }

  async #look(principal: Principal, state: string | undefined): Promise<Sight> {
    const all = await this.#all(state)
    if ((await this.#authorizer.allows(principal, 'inspect', 'registry')).allowed)
      return { repositories: all, within: 'all' }
    const names = all.map(({ name }) => name)
    const allowed = await this.#authorizer.allowedIn(principal, 'pull', names)
    const repositories = all.filter(({ name }) => allowed.has(name))
    return { repositories, within: marksOf(repositories) }
  }

  async #all(state: string | undefined): Promise<readonly RepositoryRow[]> {
    const known = this.#repositories
    if (known !== undefined && state !== undefined && known.state === state) return known.value
    const value = await listAllRepositories(this.#database.reader)
    this.#repositories = { state, value }
    return value
  }

  /** Stays the same as long as nothing was committed; undefined: that cannot be known. */
  #state(): string | undefined {
    const [rows, access] = [this.#database.version(), this.#database.accessVersion()]
    return rows === undefined || access === undefined ? undefined : `${rows} ${access}`
  }
}

function marksOf(repositories: readonly RepositoryRow[]): Uint8Array {
  const marks = new Uint8Array(1 + repositories.reduce((most, { id }) => Math.max(most, id), 0))
  for (const { id } of repositories) marks[id] = IS_WITHIN
  return marks
}
