import { jobActor } from '../lib/actor.ts'
import { findRepository } from '../metadata/repositories.ts'
import { findBlobUser, readManifestNaming } from '../metadata/manifests.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { parseManifest } from '../oci/manifest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { ArrivingBlob } from '../registry/content-source.ts'
import { type FetchedBlob, RemoteError } from '../registry/image-source.ts'
import { mountBlob } from '../registry/mount-blob.ts'
import { Arrival } from './arrival.ts'
import type { Cache } from './cache.ts'
import type { Wanted } from './fetch-manifest.ts'
import { upstreamFailure } from './sentences.ts'
import type { SourceAt } from './source.ts'
import { findCheck } from './store.ts'
import { openUpstream, searchPlaces } from './upstreams.ts'

interface Place {
  readonly name: RepositoryName
  readonly place: SourceAt
}

interface Opened {
  readonly first: FetchedBlob
  readonly reopen: (offset: number) => Promise<FetchedBlob | undefined>
}

/**
 * Begins to bring a blob. Once the upstream has begun to answer, everybody who asks is given what comes.
 * @throws RemoteError, OciError
 */
export async function fetchBlob(
  cache: Cache,
  wanted: Wanted,
  digest: Digest,
): Promise<ArrivingBlob | 'stored' | undefined> {
  const { name, places } = wanted
  const expectedBytes = await sizeInManifest(cache, name, digest)
  if (expectedBytes !== undefined && (await linkFromSameRemote(cache, wanted, digest))) return 'stored'
  const search = await searchPlaces(cache.remotes, places, (place) => openAt(cache, { name, place }, digest))
  if ('failed' in search) throw upstreamFailure(search.place.source.remote, search.failed)
  if (!('found' in search)) return undefined
  const { found, place } = search
  const sizeBytes = expectedBytes ?? found.first.sizeBytes
  requireSize(place, found.first, sizeBytes)
  return arrivalOf(cache, { name, digest, sizeBytes, place, ...found })
}

async function openAt(cache: Cache, { name, place }: Place, digest: Digest): Promise<Opened | undefined> {
  const key = `${place.source.id}:${name}@${digest}`
  if (cache.checks.isAbsent(key)) return undefined
  const { remote, remoteName } = await openUpstream(cache.remotes, cache.log, place)
  const first = await remote.blob(remoteName, digest)
  if (first === undefined) cache.checks.noteAbsent(key, place.source.options.negativeMs)
  return first && { first, reopen: (offset) => remote.blob(remoteName, digest, { offset }) }
}

/** A size that nobody knows could not be answered with, nor limited. */
function requireSize(
  { source }: SourceAt,
  { body, sizeBytes: saidBytes }: FetchedBlob,
  sizeBytes: number | undefined,
): asserts sizeBytes is number {
  if (sizeBytes !== undefined && (saidBytes === undefined || saidBytes === sizeBytes)) return
  void body.cancel().catch(() => undefined)
  throw new RemoteError(
    'invalid',
    `${source.remote} does not say how long a blob is, or something else than its manifest`,
  )
}

interface Beginning extends Opened {
  readonly name: RepositoryName
  readonly digest: Digest
  readonly sizeBytes: number
  readonly place: SourceAt
}

function arrivalOf(cache: Cache, { place, ...beginning }: Beginning): Arrival {
  const { registry, metrics, log, openSpool } = cache
  const { remote } = place.source
  const arrival = new Arrival({
    ...{ registry, openSpool, ...beginning },
    actor: jobActor(`upstream:${remote}`),
    label: remote,
  })
  arrival.stored.then(
    () => {
      metrics.add('berth_proxy_blobs_total')
      metrics.add('berth_proxy_bytes_total', arrival.sizeBytes)
    },
    (error: unknown) => {
      metrics.add('berth_proxy_rejected_total')
      log.warn('a blob of an upstream was not kept', {
        ...{ remote, repository: beginning.name, digest: beginning.digest },
        reason: error instanceof Error ? error.message : String(error),
        isWrongContent: error instanceof OciError && error.code === 'DIGEST_INVALID',
      })
    },
  )
  return arrival
}

async function sizeInManifest({ registry }: Cache, name: RepositoryName, digest: Digest): Promise<number | undefined> {
  const content = await readManifestNaming(registry.database.reader, name, digest)
  return content && parseManifest(content, undefined).blobs.find((blob) => blob.digest === digest)?.size
}

/**
 * What the same upstream gave to another repository here need not be brought twice. From no other repository: whoever
 * can make an upstream name a digest would read what is private here.
 */
async function linkFromSameRemote({ registry, settings }: Cache, wanted: Wanted, digest: Digest): Promise<boolean> {
  const remotes = new Set(wanted.places.map(({ source }) => source.remoteId))
  const { reader } = registry.database
  return mountBlob(registry, {
    digest,
    to: wanted.name,
    from: undefined,
    actor: jobActor('upstream'),
    mayPull: async (holder) => {
      const places = await settings.sourcesOf(holder)
      if (holder === wanted.name || !places.some(({ source }) => remotes.has(source.remoteId))) return false
      const repository = await findRepository(reader, holder)
      const user = repository === undefined ? undefined : await findBlobUser(reader, repository, digest)
      // What was pushed beside it is not the upstream's to give away.
      return user !== undefined && (await findCheck(reader, holder, user)) !== undefined
    },
  })
}
