import { inLanes } from '../lib/lanes.ts'
import type { Executor } from '../metadata/db.ts'
import type { RepositoryName } from '../oci/name.ts'
import { adoptRepository } from './adopt-repository.ts'
import { type AdoptParts, type Place, Places } from './place.ts'
import {
  type AdoptedPlace,
  addPlace,
  addRepositories,
  countPlace,
  listPlaces,
  pendingRepositories,
  replaceLinks,
  setPlaceState,
} from './store.ts'

const PAGE = 100
/** Repositories at once: while one is written, others are read. */
const LANES = 4
const NAMES_AT_ONCE = 500
/** That are told. */
const MAX_LINKS = 100
const REPORT_EVERY_MS = 10_000
/** So many repositories in a row that cannot be read mean that nothing can. */
const MAX_FAILURES = 10

export interface IndexParts extends AdoptParts {
  readonly signal: AbortSignal | undefined
}

/** Whether anything is left to be looked at in the places of the configuration. */
export async function hasWork({ registry, trees }: Pick<AdoptParts, 'registry' | 'trees'>): Promise<boolean> {
  const known = new Map((await listPlaces(registry.database.reader)).map((place) => [place.name, place]))
  return [...trees.keys()].some((name) => known.get(name)?.state !== 'done')
}

/**
 * Brings the rows of everything that lies in the places of the configuration, one repository after the other. It may be
 * broken off anywhere: the next run goes on with the repositories that were not done.
 */
export async function indexPlaces(parts: IndexParts): Promise<void> {
  const { registry, trees, signal } = parts
  const { database, clock } = registry
  const places = new Places(trees)
  for (const name of places.names) {
    await database.writeQuietly((tx) => addPlace(tx, name, clock.now()))
    const row = (await listPlaces(database.reader)).find((place) => place.name === name)
    if (row === undefined || row.state === 'done' || signal?.aborted) continue
    try {
      await indexPlace(parts, await places.require(name), row)
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      await database.writeQuietly((tx) => setPlaceState(tx, row, { problem }))
      // It is tried again and again.
      if (problem !== row.problem) parts.log.error('a place cannot be adopted at the moment', { place: name, error })
    }
  }
}

async function indexPlace(parts: IndexParts, place: Place, row: AdoptedPlace): Promise<void> {
  const { registry, log, signal } = parts
  const { database, clock } = registry
  if (row.state === 'listing') {
    await listRepositories(parts, place)
    if (signal?.aborted) return
    await database.writeQuietly((tx) => setPlaceState(tx, row, { state: 'reading' }))
    const { repositories } = await countPlace(database.reader, row)
    log.info('repositories were found to adopt', { place: row.name, layout: place.layout.kind, repositories })
  }
  await readRepositories(parts, place, row)
  if (signal?.aborted) return
  const endedAt = clock.now()
  await database.writeRelaxed((tx) => setPlaceState(tx, row, { state: 'done', endedAt }))
  const seconds = (endedAt.getTime() - row.startedAt.getTime()) / 1000
  log.info('a place is adopted', { place: row.name, seconds, ...(await countPlace(database.reader, row)) })
}

async function listRepositories({ registry, signal }: IndexParts, { name: place, layout }: Place): Promise<void> {
  let batch: RepositoryName[] = []
  const flush = async () => {
    const names = batch
    batch = []
    await registry.database.writeQuietly((tx) => addRepositories(tx, place, names))
  }
  const links: string[] = []
  for await (const name of layout.repositories((folder) => links.push(folder))) {
    if (signal?.aborted) return
    batch.push(name)
    if (batch.length >= NAMES_AT_ONCE) await flush()
  }
  await flush()
  await registry.database.writeQuietly((tx) => replaceLinks(tx, place, links.slice(0, MAX_LINKS)))
}

/** @throws Error when some could not be read; they are tried again by the next run */
async function readRepositories(parts: IndexParts, place: Place, row: AdoptedPlace): Promise<void> {
  const { registry, signal } = parts
  const progress = new Progress(parts, row)
  const failures = new Failures()
  await inLanes(allPending(registry.database.reader, row), LANES, async (name) => {
    if (signal?.aborted) return
    failures.count(name, await readOne(parts, { place, name, round: row.round }))
    await progress.report()
  })
  failures.requireNone()
}

async function* allPending(executor: Executor, row: AdoptedPlace): AsyncGenerator<RepositoryName> {
  for (let after = '', more = true; more;) {
    const names = await pendingRepositories(executor, row, { after, limit: PAGE })
    yield* names
    after = names.at(-1) ?? ''
    more = names.length === PAGE
  }
}

class Failures {
  #all = 0
  #inARow = 0
  #last = ''

  count(name: RepositoryName, error: Error | undefined): void {
    this.#inARow = error === undefined ? 0 : this.#inARow + 1
    if (error === undefined) return
    this.#all++
    this.#last = `${name}: ${error.message}`
    if (this.#inARow >= MAX_FAILURES) this.requireNone()
  }

  requireNone(): void {
    if (this.#all > 0) throw new Error(`${this.#all} repositories could not be read, at last ${this.#last}`)
  }
}

interface One {
  readonly place: Place
  readonly name: RepositoryName
  readonly round: number
}

async function readOne({ registry, log, signal }: IndexParts, one: One): Promise<Error | undefined> {
  const { place, name, round } = one
  try {
    await adoptRepository({ registry, place, name, round, signal })
    return undefined
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause))
    log.error('a repository could not be read', { place: place.name, repository: name, error })
    return error
  }
}

class Progress {
  readonly #parts: IndexParts
  readonly #row: AdoptedPlace
  #at: number
  #tags: number | undefined

  constructor(parts: IndexParts, row: AdoptedPlace) {
    this.#parts = parts
    this.#row = row
    this.#at = parts.registry.clock.now().getTime()
  }

  async report(): Promise<void> {
    const { registry, log } = this.#parts
    const now = registry.clock.now().getTime()
    const ms = now - this.#at
    if (ms < REPORT_EVERY_MS) return
    this.#at = now
    const { tags, ...counts } = await countPlace(registry.database.reader, this.#row)
    const tagsPerSecond = Math.round(((tags - (this.#tags ?? 0)) * 1000) / ms)
    log.info('adopting', { place: this.#row.name, ...counts, tags, tagsPerSecond })
    this.#tags = tags
  }
}
