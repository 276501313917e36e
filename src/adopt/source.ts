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
import { BrokenTree } from '../storage/adopted/layout.ts'
import type { Trees } from '../storage/adopted/open-trees.ts'
import { adoptRepository } from './adopt-repository.ts'
import { enter, enterBlob, type GatheredTag } from './enter.ts'
import { Gatherer } from './gather.ts'
import { type Place, Places } from './place.ts'
import { listPlaces, repositoryRound, writeRound } from './store.ts'

/** How long it is not asked again which places have anything left. */
const LOOK_EVERY_MS = 1000
const REMEMBERED = 20_000

/** A place where a repository was not looked at yet. */
interface Pending {
  readonly place: string
  readonly round: number
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
  #open: readonly Pending[] | undefined
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
    return this.#pending(name).then((pending) => pending.length > 0)
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
      for (const pending of await this.#pending(name)) {
        const supplied = await this.#supplyFrom(pending, name, reference)
        if (supplied !== undefined) return supplied
      }
      return undefined
    })
  }

  async supplyBlob(name: RepositoryName, digest: Digest): Promise<'stored' | undefined> {
    const { database } = this.#registry
    for (const { place, round } of await this.#pending(name)) {
      const blob = await this.#gatherer(await this.#places.find(place), name).blob(digest)
      if (blob === undefined) continue
      return writeRound(database, round, async (tx) => {
        const repository = await findRepository(tx, name)
        // What is here and is asked for is damaged, and lies there just so.
        if (repository !== undefined && (await holdsBlob(tx, repository, digest))) return undefined
        await enterBlob(this.#registry, tx, name, blob)
        return 'stored'
      })
    }
    return undefined
  }

  /** All of them are here then. */
  async supplyTags(name: RepositoryName, page: PageRequest): Promise<readonly TagList[]> {
    await this.settle(name)
    if ((await findRepository(this.#registry.database.reader, name)) === undefined) return []
    const { items, next } = await listTags(this.#registry, name, page)
    return [{ tags: items, next }]
  }

  async supplyReferrers(name: RepositoryName): Promise<undefined> {
    await this.settle(name)
  }

  async settle(name: RepositoryName): Promise<void> {
    await this.#once(`${name}@`, async () => {
      for (const { place, round } of await this.#pending(name)) {
        await adoptRepository({ registry: this.#registry, place: await this.#places.find(place), name, round })
        this.#settled.set(`${place}/${name}`, round)
      }
    })
  }

  async #supplyFrom(
    { place, round }: Pending,
    name: RepositoryName,
    reference: Reference,
  ): Promise<Supplied | undefined> {
    const found = await this.#places.find(place)
    try {
      const tags = 'tag' in reference ? await this.#findTag(found, name, reference.tag) : []
      const digest = 'tag' in reference ? tags[0]?.digest : reference.digest
      if (digest === undefined) return undefined
      const manifests = await this.#gatherer(found, name).gather(digest)
      await writeRound(this.#registry.database, round, (tx) => enter(this.#registry, tx, name, { manifests, tags }))
      return {}
    } catch (error) {
      if (!(error instanceof BrokenTree)) throw error
      const message = `the adopted registry "${place}" does not have it whole: ${error.message}`
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

  /** Where the repository is, and was not looked at in this round. */
  async #pending(name: RepositoryName): Promise<readonly Pending[]> {
    const { reader } = this.#registry.database
    const pending: Pending[] = []
    for (const each of await this.#openPlaces()) {
      const { place, round } = each
      if (!this.#isOpen(each, name)) continue
      const isDone = (await repositoryRound(reader, { place, name })) >= round
      if (!isDone && (await (await this.#places.find(place)).layout.hasRepository(name))) pending.push(each)
      else if (isDone) this.#settled.set(`${place}/${name}`, round)
    }
    return pending
  }

  #isOpen({ place, round }: Pending, name: RepositoryName): boolean {
    return (this.#settled.get(`${place}/${name}`) ?? 0) < round
  }

  async #openPlaces(): Promise<readonly Pending[]> {
    const now = performance.now()
    if (this.#open !== undefined && now - this.#lookedAt < LOOK_EVERY_MS) return this.#open
    const known = new Map((await listPlaces(this.#registry.database.reader)).map((row) => [row.name, row]))
    this.#open = this.#places.names.flatMap((place) => {
      const row = known.get(place)
      return row?.state === 'done' ? [] : [{ place, round: row?.round ?? 1 }]
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
