import { Recent } from '../lib/recent.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Reference } from '../oci/reference.ts'
import type { ContentSource, Supplied, TagList } from '../registry/content-source.ts'
import { listTags, type PageRequest } from '../registry/lists.ts'
import type { Registry } from '../registry/registry.ts'
import { holdsBlob } from '../metadata/blob-links.ts'
import { findRepository } from '../metadata/repositories.ts'
import { RemoteError } from '../registry/image-source.ts'
import { BrokenTree } from '../storage/adopted/layout.ts'
import type { Trees } from '../storage/adopted/open-trees.ts'
import { StorageUnavailable } from '../storage/unavailable.ts'
import { adoptRepository } from './adopt-repository.ts'
import { enter, enterBlob, type GatheredTag } from './enter.ts'
import { Gatherer } from './gather.ts'
import { type Place, Places } from './place.ts'
import { type AdoptedPlace, hasRepositories, listPlaces, repositoryRound, writeRound } from './store.ts'

/** How long it is not asked again which places have anything left. */
const LOOK_EVERY_MS = 1000
const REMEMBERED = 20_000

/** A place that was not looked at to its end in this round. */
interface OpenPlace {
  readonly name: string
  readonly round: number
  /** Undefined: nobody has begun to. */
  readonly state: AdoptedPlace['state'] | undefined
}

/** A place where a repository was not looked at yet. */
interface Pending {
  readonly place: Place
  readonly round: number
}

/** A place that cannot be read, and may have a repository that was never read. */
interface Away {
  readonly place: string
  /** It was seen there. */
  readonly isKnown: boolean
}

/**
 * Until a repository of an adopted tree had its turn, what is pulled from it is looked up there; before it is changed, or
 * its tags are listed, it has its turn at once.
 */
export class AdoptedSource implements ContentSource {
  readonly name = 'adopt'
  readonly #registry: Registry
  readonly #places: Places
  /** Rounds in which a repository needs no look at a place any more, by both their names. */
  readonly #settled = new Recent<string, number>(REMEMBERED)
  readonly #running = new Map<string, Promise<unknown>>()
  #open: readonly OpenPlace[] | undefined
  #lookedAt = 0

  constructor(registry: Registry, trees: Trees) {
    this.#registry = registry
    this.#places = new Places(trees)
  }

  covers(name: RepositoryName): boolean | Promise<boolean> {
    if (this.#open !== undefined && performance.now() - this.#lookedAt < LOOK_EVERY_MS) {
      const open = this.#open.filter((pending) => this.#isOpen(pending, name))
      if (open.length === 0) return false
    }
    return this.#look(name).then(({ pending, away }) => pending.length + away.length > 0)
  }

  /** What a tag names here, it names: the tree brings what is missing only. */
  async supplyManifest(
    name: RepositoryName,
    reference: Reference,
    held: Digest | undefined,
  ): Promise<Supplied | undefined> {
    if (held !== undefined) return undefined
    const key = `${name}:${'tag' in reference ? reference.tag : reference.digest}`
    return this.#once(key, async () => {
      const { found, away } = await this.#firstOf(name, (pending) => this.#supplyFrom(pending, name, reference))
      return found ?? (away === undefined ? undefined : { failure: isAway(away) })
    })
  }

  async supplyBlob(name: RepositoryName, digest: Digest): Promise<'stored' | undefined> {
    const { database } = this.#registry
    const { found, away } = await this.#firstOf(name, async ({ place, round }) => {
      const blob = await this.#gatherer(place, name).blob(digest)
      if (blob === undefined) return undefined
      return writeRound(database, round, async (tx) => {
        const repository = await findRepository(tx, name)
        // What is here and is asked for is damaged, and lies there just so.
        if (repository !== undefined && (await holdsBlob(tx, repository, digest))) return 'damaged'
        await enterBlob(this.#registry, tx, name, blob)
        return 'stored'
      })
    })
    if (found === undefined && away !== undefined) throw isAway(away)
    return found === 'stored' ? found : undefined
  }

  /** All of them are here then. */
  async supplyTags(name: RepositoryName, page: PageRequest): Promise<readonly TagList[]> {
    const away = (await this.#adopt(name)).find(({ isKnown }) => isKnown)
    const failure = away && isAway(away.place)
    const lists = failure === undefined ? [] : [{ tags: [], next: undefined, failure, warning: failure.message }]
    if ((await findRepository(this.#registry.database.reader, name)) === undefined) return lists
    const { items, next } = await listTags(this.#registry, name, page)
    return [{ tags: items, next }, ...lists]
  }

  async supplyReferrers(name: RepositoryName): Promise<Supplied | undefined> {
    const away = (await this.#adopt(name)).find(({ isKnown }) => isKnown)
    return away && { warning: isAway(away.place).message }
  }

  /** @throws RemoteError when a place is away that may have the repository: what is done here would not know of it */
  async settle(name: RepositoryName): Promise<void> {
    const [away] = await this.#adopt(name)
    if (away !== undefined)
      throw new RemoteError(
        'unreachable',
        `the adopted place "${away.place}" cannot be read at the moment, and may hold this repository: it takes changes when the place is back, or is taken out of the configuration`,
      )
  }

  /** Has its turn now, where it can. Returns the places where it may be, and that are away. */
  async #adopt(name: RepositoryName): Promise<readonly Away[]> {
    return this.#once(`${name}@`, async () => {
      const { pending, away } = await this.#look(name)
      const missed = [...away]
      for (const { place, round } of pending) {
        const isRead = await unlessAway(() => adoptRepository({ registry: this.#registry, place, name, round }))
        if (isRead === undefined) missed.push({ place: place.name, isKnown: true })
        else this.#settled.set(`${place.name}/${name}`, round)
      }
      return missed
    })
  }

  /** The first place that has it; else `away` is one that is known to have the repository, and cannot be read. */
  async #firstOf<T>(
    name: RepositoryName,
    supply: (pending: Pending) => Promise<T | undefined>,
  ): Promise<{ found?: T | undefined; away?: string | undefined }> {
    const { pending, away } = await this.#look(name)
    let known = away.find(({ isKnown }) => isKnown)?.place
    for (const each of pending) {
      const tried = await unlessAway(async () => ({ found: await supply(each) }))
      if (tried?.found !== undefined) return tried
      if (tried === undefined) known = each.place.name
    }
    return { away: known }
  }

  async #supplyFrom(
    { place, round }: Pending,
    name: RepositoryName,
    reference: Reference,
  ): Promise<Supplied | undefined> {
    try {
      const tags = 'tag' in reference ? await this.#findTag(place, name, reference.tag) : []
      const digest = 'tag' in reference ? tags[0]?.digest : reference.digest
      if (digest === undefined) return undefined
      const manifests = await this.#gatherer(place, name).gather(digest)
      await writeRound(this.#registry.database, round, (tx) => enter(this.#registry, tx, name, { manifests, tags }))
      return {}
    } catch (error) {
      if (!(error instanceof BrokenTree)) throw error
      const message = `the adopted registry "${place.name}" does not have it whole: ${error.message}`
      return 'tag' in reference ? { failure: new OciError('MANIFEST_UNKNOWN', { message }) } : undefined
    }
  }

  async #findTag({ layout }: Place, name: RepositoryName, tag: GatheredTag['tag']): Promise<readonly GatheredTag[]> {
    const found = await layout.tag(name, tag)
    return found === undefined || typeof found === 'string' ? [] : [{ tag, ...found }]
  }

  #gatherer({ name: place, layout }: Place, name: RepositoryName): Gatherer {
    const { maxManifestBytes, allowSparse } = this.#registry.limits
    return new Gatherer({ layout, place, name, maxManifestBytes, allowSparse })
  }

  /** Where the repository is and was not looked at in this round, and where nobody can say. */
  async #look(name: RepositoryName): Promise<{ pending: readonly Pending[]; away: readonly Away[] }> {
    const { reader } = this.#registry.database
    const pending: Pending[] = []
    const away: Away[] = []
    for (const open of await this.#openPlaces()) {
      if (!this.#isOpen(open, name)) continue
      const round = await repositoryRound(reader, { place: open.name, name })
      if (round !== undefined && round >= open.round) {
        this.#settled.set(`${open.name}/${name}`, open.round)
        continue
      }
      const found = await this.#find(open.name, name)
      if (found === 'away' && mayHave(open, round)) away.push({ place: open.name, isKnown: round !== undefined })
      else if (typeof found === 'object') pending.push({ place: found, round: open.round })
    }
    return { pending, away }
  }

  /** Undefined: the repository is not there. */
  async #find(place: string, name: RepositoryName): Promise<Place | 'away' | undefined> {
    const looked = await this.#places
      .find(place)
      .then(
        async (found) => ({ found, has: await found?.layout.hasRepository(name) }),
        () => undefined,
      )
      .catch(() => undefined)
    if (looked === undefined) return 'away'
    if (looked.has) return looked.found
    // Nothing is there, and something was: a file system that is not mounted, and not a registry that is new.
    const isBare = looked.found === undefined && (await hasRepositories(this.#registry.database.reader, place))
    return isBare ? 'away' : undefined
  }

  #isOpen({ name: place, round }: OpenPlace, name: RepositoryName): boolean {
    return (this.#settled.get(`${place}/${name}`) ?? 0) < round
  }

  async #openPlaces(): Promise<readonly OpenPlace[]> {
    const now = performance.now()
    if (this.#open !== undefined && now - this.#lookedAt < LOOK_EVERY_MS) return this.#open
    const known = new Map((await listPlaces(this.#registry.database.reader)).map((row) => [row.name, row]))
    this.#open = this.#places.names.flatMap((name) => {
      const row = known.get(name)
      return row?.state === 'done' ? [] : [{ name, round: row?.round ?? 1, state: row?.state }]
    })
    this.#lookedAt = now
    return this.#open
  }

  /** Those who want the same wait for one. */
  async #once<T>(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key) as Promise<T> | undefined
    if (running !== undefined) return running
    const started = work().finally(() => this.#running.delete(key))
    this.#running.set(key, started)
    return started
  }
}

/** Whether a place that cannot be read may have what is not known here. `round`: when the repository was read there last. */
function mayHave({ round: current, state }: OpenPlace, round: number | undefined): boolean {
  if (round !== undefined) return round === 0
  // In later rounds it has only what came since, which waits.
  return current === 1 && state !== 'reading'
}

function isAway(place: string): RemoteError {
  return new RemoteError(
    'unreachable',
    `the adopted place "${place}", which has this repository, cannot be read at the moment`,
  )
}

/** Undefined: the place went away meanwhile. */
async function unlessAway<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StorageUnavailable) return undefined
    throw error
  }
}
