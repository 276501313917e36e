import { jobActor } from '../lib/actor.ts'
import { causesOf } from '../lib/causes.ts'
import { randomId } from '../lib/ids.ts'
import { findRepository } from '../metadata/repositories.ts'
import { findBlobUser, readManifestNaming } from '../metadata/manifests.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { parseManifest } from '../oci/manifest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { ArrivingBlob } from '../registry/content-source.ts'
import { type BlobRequest, type FetchedBlob, RemoteError } from '../registry/image-source.ts'
import { mountBlob } from '../registry/mount-blob.ts'
import { admitBytes, settleBytes } from '../registry/operation.ts'
import { Arrival } from './arrival.ts'
import type { Cache } from './cache.ts'
import type { Place, Wanted } from './fetch-manifest.ts'
import { withPatience } from './patience.ts'
import { upstreamFailure } from './sentences.ts'
import type { SourceAt } from './source.ts'
import { findCheck } from './store.ts'
import { openUpstream, searchPlaces } from './upstreams.ts'

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
  const uploadId = randomId()
  // A client that is told no now knows why; one whose download breaks off does not.
  const incoming = { uploadId, repository: name, totalBytes: expectedBytes ?? 0, flowing: false }
  await admitBytes(cache.registry.guards, incoming)
  const abort = new AbortController()
  const request = { sizeBytes: expectedBytes, signal: abort.signal }
  const search = await searchPlaces(cache.remotes, places, (place) => openAt(cache, { name, place }, digest, request))
  if (!('found' in search)) {
    await settleBytes(cache.registry.guards, uploadId, async () => 0)
    if ('failed' in search) throw upstreamFailure(search.place.source.remote, search.failed)
    const [refusing] = search.refusedBy
    if (refusing === undefined || expectedBytes === undefined) return undefined
    throw new RemoteError('refused', `${refusing} has named this blob and does not let us have it`)
  }
  const { found, place } = search
  const sizeBytes = expectedBytes ?? found.first.sizeBytes
  requireSize(place, found.first, sizeBytes)
  return arrivalOf(cache, { name, digest, sizeBytes, place, uploadId, abandon: () => abort.abort(), ...found })
}

async function openAt(
  cache: Cache,
  { name, place }: Place,
  digest: Digest,
  request: BlobRequest,
): Promise<Opened | undefined> {
  const key = `${place.source.id}:${name}@${digest}`
  if (cache.checks.isAbsent(key)) return undefined
  const { remote, remoteName } = await openUpstream(cache.remotes, cache.log, place)
  const first = await remote.blob(remoteName, digest, request)
  if (first === undefined) cache.checks.noteAbsent(key, place.source.options.negativeMs)
  return first && { first, reopen: (offset) => remote.blob(remoteName, digest, { ...request, offset }) }
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
  readonly uploadId: string
  readonly abandon: () => void
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
      const isWrong = error instanceof OciError && error.code === 'DIGEST_INVALID'
      metrics.add(isWrong ? 'berth_proxy_rejected_total' : 'berth_proxy_broken_total')
      log.warn(isWrong ? 'an upstream sent a wrong blob, which was not kept' : 'a blob of an upstream did not come', {
        ...{ remote, repository: beginning.name, digest: beginning.digest, reason: causesOf(error) },
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
 * What the same upstream gave to another repository here need not be brought twice, when it says that it has it in this
 * one as well. From no other repository: whoever can make an upstream name a digest would read what is private here.
 */
async function linkFromSameRemote(cache: Cache, wanted: Wanted, digest: Digest): Promise<boolean> {
  const { registry, settings } = cache
  const { reader } = registry.database
  const has = new Map<number, Promise<boolean>>()
  const hasToo = ({ source }: SourceAt) => {
    const asked = has.get(source.remoteId) ?? isThere(cache, wanted, source.remoteId, digest)
    has.set(source.remoteId, asked)
    return asked
  }
  return mountBlob(registry, {
    digest,
    to: wanted.name,
    from: undefined,
    actor: jobActor('upstream'),
    mayPull: async (holder) => {
      if (holder === wanted.name) return false
      const repository = await findRepository(reader, holder)
      const user = repository === undefined ? undefined : await findBlobUser(reader, repository, digest)
      // What was pushed beside it is not the upstream's to give away.
      if (user === undefined || (await findCheck(reader, holder, user)) === undefined) return false
      for (const place of await settings.sourcesOf(holder)) if (await hasToo(place)) return true
      return false
    },
  })
}

/** Whether that remote has the blob in the repository that is wanted, as far as it can be asked now. */
async function isThere(cache: Cache, { places }: Wanted, remoteId: number, digest: Digest): Promise<boolean> {
  for (const place of places.filter(({ source }) => source.remoteId === remoteId)) {
    const { remote, remoteName } = await openUpstream(cache.remotes, cache.log, place)
    const ask = (signal: AbortSignal) => remote.hasBlob(remoteName, digest, signal)
    if (await withPatience(place.source.remote, ask).catch(() => false)) return true
  }
  return false
}
