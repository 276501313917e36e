import { findManifestByDigest } from '../metadata/manifests.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import type { Supplied } from '../registry/content-source.ts'
import { RemoteError } from '../registry/image-source.ts'
import type { Cache } from './cache.ts'
import { fetchByDigest, type Wanted } from './fetch-manifest.ts'
import { withPatience } from './patience.ts'
import { openUpstream } from './upstreams.ts'

/** Of one image: nobody signs more often, and each costs a request. */
const MAX_REFERRERS = 500
const AT_ONCE = 4

/** Brings what refers to an image from every place that has something; one that fails does not hide what others have. */
export async function fetchReferrers(cache: Cache, { name, places }: Wanted, subject: Digest): Promise<Supplied> {
  let warning: string | undefined
  for (const place of places) {
    const key = `${place.source.id}:${name}:referrers:${subject}`
    if (cache.checks.isAbsent(key)) continue
    try {
      const resting = cache.checks.resting(place.source.remoteId)
      if (resting !== undefined) throw resting
      const { remote, remoteName } = await openUpstream(cache.remotes, cache.log, place)
      const ask = (signal: AbortSignal) => remote.referrers(remoteName, subject, signal)
      const descriptors = await withPatience(place.source.remote, ask)
      await bring(cache, { name, places: [place] }, descriptors.slice(0, MAX_REFERRERS))
      cache.checks.noteAbsent(key, place.source.options.freshMs)
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error
      if (error.kind !== 'refused') cache.checks.noteRest(place.source.remoteId, error)
      warning = `${place.source.remote} could not be asked for signatures and the like; there may be more of them`
    }
  }
  return { warning }
}

async function bring(cache: Cache, wanted: Wanted, descriptors: readonly Descriptor[]): Promise<void> {
  const waiting = descriptors.flatMap(({ digest }) => (isDigest(digest) ? [digest] : []))
  const work = async () => {
    for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
      const held = await findManifestByDigest(cache.registry.database.reader, wanted.name, digest)
      if (held === undefined) await fetchByDigest(cache, wanted, digest)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}
