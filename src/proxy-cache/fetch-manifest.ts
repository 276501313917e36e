import { jobActor } from '../lib/actor.ts'
import { causesOf } from '../lib/causes.ts'
import { Problem } from '../lib/problem.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { Reference } from '../oci/reference.ts'
import type { Supplied } from '../registry/content-source.ts'
import { deleteManifest } from '../registry/delete-content.ts'
import { type FetchedManifest, RemoteError } from '../registry/image-source.ts'
import { pushManifest } from '../registry/push-manifest.ts'
import type { Cache } from './cache.ts'
import { withPatience } from './patience.ts'
import { refusedBy, staleWarning, upstreamFailure } from './sentences.ts'
import type { SourceAt } from './source.ts'
import { type Check, noteCheck } from './store.ts'
import { openUpstream, type Search, searchPlaces } from './upstreams.ts'

const NOTHING_TO_SAY: Supplied = {}

export interface Wanted {
  readonly name: RepositoryName
  readonly places: readonly SourceAt[]
}

/** A manifest that is named by its digest, which cannot have changed. */
export async function fetchByDigest(cache: Cache, { name, places }: Wanted, digest: Digest): Promise<Supplied> {
  const search = await searchPlaces(cache.remotes, places, async (place) => {
    const key = absenceKey(name, digest, place)
    if (cache.checks.isAbsent(key)) return undefined
    const { remote, remoteName } = await openUpstream(cache.remotes, cache.log, place)
    const manifest = await remote.manifest(remoteName, digest)
    if (manifest === undefined) cache.checks.noteAbsent(key, place.source.options.negativeMs)
    return manifest
  })
  if (!('found' in search)) return unavailable(search, digest)
  return store(cache, { name, place: search.place, manifest: search.found, reference: { digest } })
}

/** What a tag names at the first of the places that has it. `held`: what it names here, brought by the same places before. */
export async function revalidateTag(
  cache: Cache,
  { name, places }: Wanted,
  tag: Tag,
  held: Check | undefined,
): Promise<Supplied> {
  const search = await searchPlaces(
    cache.remotes,
    places,
    (place) => askForTag(cache, { name, place }, tag, held),
    held?.sourceId,
  )
  if ('found' in search) {
    const { found, place } = search
    if (found === 'unchanged') return NOTHING_TO_SAY
    return store(cache, { name, place, manifest: found, reference: { tag }, held })
  }
  if (held === undefined) return unavailable(search, tag)
  if ('failed' in search) {
    const { source } = search.place
    cache.checks.noteRest(source.remoteId, search.failed)
    return stale(cache, { name, tag, held }, source.remote, search.failed)
  }
  const [refusing] = search.refusedBy
  if (refusing !== undefined)
    return stale(cache, { name, tag, held }, refusing, new RemoteError('refused', `${refusing} refuses us`))
  return withdraw(cache, name, tag)
}

/** A repository here, and where it comes from. */
export interface Place {
  readonly name: RepositoryName
  readonly place: SourceAt
}

async function askForTag(
  cache: Cache,
  { name, place }: Place,
  tag: Tag,
  held: Check | undefined,
): Promise<FetchedManifest | 'unchanged' | undefined> {
  const key = absenceKey(name, tag, place)
  if (cache.checks.isAbsent(key)) return undefined
  const { remote, remoteName, source } = await openUpstream(cache.remotes, cache.log, place)
  const label = source.remote
  const fetch = (reference: string) =>
    held === undefined
      ? remote.manifest(remoteName, reference)
      : withPatience(label, (signal) => remote.manifest(remoteName, reference, signal))
  // A HEAD is not counted by those who limit pulls.
  const resolved = held && (await withPatience(label, (signal) => remote.resolve(remoteName, tag, signal)))
  if (cache.checks.isWellAgain(label)) cache.log.info('an upstream is of use again', { remote: label })
  if (resolved !== undefined && resolved.digest === held?.digest) {
    const checkedAt = cache.registry.clock.now().getTime()
    await cache.checks.confirm(name, tag, { sourceId: source.id, digest: resolved.digest, checkedAt })
    return 'unchanged'
  }
  // That a tag is gone takes it away here, so it is not believed of a HEAD alone.
  const manifest = (resolved && (await fetch(resolved.digest))) ?? (await fetch(tag))
  if (manifest === undefined && resolved !== undefined)
    throw new RemoteError('invalid', `${label} has the tag "${tag}" and has not what it names`)
  if (manifest === undefined) cache.checks.noteAbsent(key, source.options.negativeMs)
  return manifest
}

interface Brought extends Place {
  readonly manifest: FetchedManifest
  readonly reference: Reference
  readonly held?: Check | undefined
}

/** Keeps a manifest, whose blobs come when somebody pulls them. What a guard refuses leaves here what there was. */
async function store(cache: Cache, { name, place, manifest, reference, held }: Brought): Promise<Supplied> {
  const { source } = place
  const key = 'tag' in reference ? reference.tag : manifest.digest
  const check: Check = {
    sourceId: source.id,
    digest: manifest.digest,
    checkedAt: cache.registry.clock.now().getTime(),
  }
  try {
    await pushManifest(cache.registry, {
      repository: name,
      reference: isSha256(manifest.digest) ? reference : { digest: manifest.digest },
      tags: 'tag' in reference && !isSha256(manifest.digest) ? [reference.tag] : [],
      contentType: manifest.mediaType,
      content: manifest.content,
      actor: jobActor(`upstream:${source.remote}`),
      overwriteRefusal: undefined,
      isIncomplete: true,
      // By its digest too: that the image came from there, whatever its tag names later.
      alongside: async (tx, repositoryId) => {
        for (const each of new Set([key, manifest.digest]))
          await noteCheck(tx, { ...check, repositoryId, reference: each })
      },
    })
  } catch (error) {
    if (!(error instanceof OciError)) throw error
    if (error.code !== 'DENIED') return unusable(cache, place, key, error)
    cache.log.warn('what an upstream has was not taken over', {
      repository: name,
      reference: key,
      reason: error.message,
    })
    return held === undefined
      ? { failure: error }
      : {
          warning: `${source.remote} has another image under this tag by now, which is not taken over: ${error.message}`,
        }
  }
  if (held !== undefined && held.sourceId !== source.id)
    cache.log.warn('a tag comes from another upstream from now on', {
      repository: name,
      tag: key,
      remote: source.remote,
    })
  cache.checks.remember(name, key, check)
  cache.metrics.add('berth_proxy_manifests_total')
  cache.onStored(name, place, manifest)
  return NOTHING_TO_SAY
}

/** It is not the puller's fault what an upstream holds. */
function unusable(cache: Cache, { source }: SourceAt, reference: string, error: OciError): Supplied {
  cache.log.warn('an upstream has a manifest that is not taken here', {
    remote: source.remote,
    reference,
    reason: error.message,
  })
  const message = `${source.remote} has something here that this registry does not take: ${error.message}`
  return { failure: new RemoteError('invalid', message, { cause: error }) }
}

/** A push by tag is named with SHA-256; by any other digest it has to be said. */
function isSha256(digest: Digest): boolean {
  return digest.startsWith('sha256:')
}

export interface HeldTag {
  readonly name: RepositoryName
  readonly tag: Tag
  readonly held: Check
}

/** What is here, with a word about why it may be old. */
export function stale(cache: Cache, { name, tag, held }: HeldTag, remote: string, error: RemoteError): Supplied {
  const warning = staleWarning(remote, error.kind, cache.registry.clock.now().getTime() - held.checkedAt)
  cache.checks.noteStale(name, tag, warning)
  cache.metrics.add('berth_proxy_stale_total')
  const reason = causesOf(error)
  if (cache.checks.isNews(remote, reason))
    cache.log.warn('an upstream is of no use; what is stored is served', { remote, reason, repository: name, tag })
  return { warning }
}

/** The upstream has taken the tag away: so do we. The image stays pullable by its digest, and the tag can be restored. */
async function withdraw(cache: Cache, name: RepositoryName, tag: Tag): Promise<Supplied> {
  try {
    await deleteManifest(cache.registry, { repository: name, actor: jobActor('upstream') }, tag)
    cache.log.warn('a tag is gone at its upstream, and so it is here; it can be restored', { repository: name, tag })
    return NOTHING_TO_SAY
  } catch (error) {
    if (error instanceof OciError && error.code === 'MANIFEST_UNKNOWN') return NOTHING_TO_SAY
    if (error instanceof OciError || error instanceof Problem)
      return { warning: `the upstream does not have this tag any more; it is kept here: ${error.message}` }
    throw error
  }
}

function unavailable(search: Exclude<Search<unknown>, { found: unknown }>, reference: string): Supplied {
  if ('failed' in search) return { failure: upstreamFailure(search.place.source.remote, search.failed) }
  return search.refusedBy.length === 0 ? NOTHING_TO_SAY : { failure: refusedBy(search.refusedBy, reference) }
}

function absenceKey(name: RepositoryName, reference: string, { source }: SourceAt): string {
  return `${source.id}:${name}:${reference}`
}
