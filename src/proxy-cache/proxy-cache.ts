import type { Digest } from '../oci/digest.ts'
import { parseTagAtMoment } from '../oci/moment.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { ArrivingBlob, ContentSource, Supplied, TagList } from '../registry/content-source.ts'
import { RemoteError } from '../registry/image-source.ts'
import { Arrival } from './arrival.ts'
import type { Cache } from './cache.ts'
import { Checks } from './checks.ts'
import { fetchBlob } from './fetch-blob.ts'
import { fetchByDigest, revalidateTag, stale, type Wanted } from './fetch-manifest.ts'
import { fetchReferrers } from './fetch-referrers.ts'
import { Flights } from './flights.ts'
import { withPatience } from './patience.ts'
import { Prefetch } from './prefetch.ts'
import type { SourceAt } from './source.ts'
import { openUpstream } from './upstreams.ts'

export type ProxyCacheParts = Omit<Cache, 'checks' | 'onStored'>

/** Supplies what upstreams have to repositories that have one. */
export function proxyCache(parts: ProxyCacheParts): Omit<ContentSource, 'name' | 'covers'> {
  const { database, clock } = parts.registry
  const prefetch = new Prefetch(parts.registry, parts.log)
  const cache: Cache = {
    ...parts,
    checks: new Checks(database, clock),
    onStored: (name, place, manifest) => prefetch.consider(name, place, manifest),
  }
  const manifests = new Flights<Supplied>()
  const blobs = new Flights<ArrivingBlob | 'stored' | undefined>()
  const arriving = new Map<string, Arrival>()

  async function wantedAt(name: RepositoryName): Promise<Wanted> {
    return { name, places: await cache.settings.sourcesOf(name) }
  }

  async function supplyBlob(name: RepositoryName, digest: Digest): Promise<ArrivingBlob | 'stored' | undefined> {
    const key = `${name}@${digest}`
    const underWay = arriving.get(key)
    if (underWay !== undefined) return underWay
    return blobs.do(key, async () => {
      const wanted = await wantedAt(name)
      if (wanted.places.length === 0) return undefined
      const arrival = await fetchBlob(cache, wanted, digest)
      if (!(arrival instanceof Arrival)) return arrival
      arriving.set(key, arrival)
      const gone = () => {
        if (arriving.get(key) === arrival) arriving.delete(key)
      }
      arrival.stored.then(gone, gone)
      return arrival
    })
  }

  return {
    supplyManifest: async (name, reference, held) => {
      const wanted = await wantedAt(name)
      if (wanted.places.length === 0) return undefined
      if ('digest' in reference) {
        const { digest } = reference
        return manifests.do(`${name}@${digest}`, () => fetchByDigest(cache, wanted, digest))
      }
      if (held !== undefined && isKnownFresh(cache, wanted, reference.tag, held)) return undefined
      return supplyTag(cache, wanted, { tag: reference.tag, held }, manifests)
    },
    supplyBlob,
    close: async () => {
      const underWay = [...arriving.values()]
      for (const arrival of underWay) arrival.giveUp()
      await Promise.allSettled(underWay.map(({ stored }) => stored))
    },
    supplyTags: async (name, page) => {
      const { places } = await wantedAt(name)
      return (await Promise.all(places.map((place) => tagsAt(cache, place, page)))).flat()
    },
    supplyReferrers: async (name, subject) => {
      const wanted = await wantedAt(name)
      if (wanted.places.length === 0) return undefined
      return manifests.do(`${name}?${subject}`, () => fetchReferrers(cache, wanted, subject))
    },
  }
}

/** What most pulls are: nothing has to be asked, nor read. */
function isKnownFresh({ checks }: Cache, { name, places }: Wanted, tag: Tag, held: Digest): boolean {
  const check = checks.known(name, tag)
  if (check?.digest !== held) return false
  const from = places.find(({ source }) => source.id === check.sourceId)
  return from?.source.mode === 'cache' && checks.isFresh(check, from.source.options.freshMs)
}

async function supplyTag(
  cache: Cache,
  wanted: Wanted,
  { tag, held }: { readonly tag: Tag; readonly held: Digest | undefined },
  flights: Flights<Supplied>,
): Promise<Supplied | undefined> {
  const { name } = wanted
  if (parseTagAtMoment(tag) !== undefined) return undefined
  if (held === undefined) return flights.do(`${name}:${tag}`, () => revalidateTag(cache, wanted, tag, undefined))
  const warning = cache.checks.staleWarning(name, tag)
  if (warning !== undefined) return { warning }
  // The row decides: another process may have compared it, and what somebody pushed is ours.
  const check = await cache.checks.read(name, tag)
  const places = wanted.places.filter(({ source }) => source.mode === 'cache')
  const from = places.find(({ source }) => source.id === check?.sourceId)?.source
  if (check?.digest !== held || from === undefined || cache.checks.isFresh(check, from.options.freshMs))
    return undefined
  const resting = cache.checks.resting(from.remoteId)
  if (resting !== undefined) return stale(cache, { name, tag, held: check }, from.remote, resting)
  return flights.do(`${name}:${tag}`, () => revalidateTag(cache, { name, places }, tag, check))
}

type TagPage = { readonly after: string; readonly limit: number }

async function tagsAt(cache: Cache, place: SourceAt, page: TagPage): Promise<readonly TagList[]> {
  const { remote: label } = place.source
  try {
    const resting = cache.checks.resting(place.source.remoteId)
    if (resting !== undefined) throw resting
    const { remote, remoteName } = await openUpstream(cache.remotes, cache.log, place)
    const found = await withPatience(label, (signal) => remote.tagPage(remoteName, page, signal))
    return found === undefined ? [] : [found]
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error
    if (error.kind === 'refused') return []
    cache.checks.noteRest(place.source.remoteId, error)
    const warning = `${label} could not be asked; its tags that are not stored here are missing`
    const failure = new RemoteError(error.kind, `${label} could not be asked for its tags`, { cause: error })
    return [{ tags: [], next: undefined, warning, failure }]
  }
}
