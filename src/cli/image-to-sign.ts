import { Problem } from '../lib/problem.ts'
import type { ImageSource, ImageTarget } from '../registry/image-source.ts'
import type { Subject } from '../trust/signature.ts'
import { type Flags, offlineOf } from './flags.ts'
import type { ImagePlace } from './image-place.ts'
import { withRegistry } from './offline.ts'
import { localPlace } from './open-place.ts'
import { openRegistryPlace } from './remote-place.ts'

export interface PlaceFlags extends Flags {
  readonly credsFile?: string
}

export const IMAGE_TO_SIGN =
  'HOST/NAME[:TAG], or local:NAME[:TAG] for an image of this registry; @DIGEST in place of a tag'

export type Place = ImageSource & ImageTarget

/** @throws Problem: signatures are kept beside images, which files have no place for */
export async function withPlace(
  place: ImagePlace,
  flags: PlaceFlags,
  work: (at: Place) => Promise<void>,
): Promise<void> {
  if (place.kind === 'local')
    return withRegistry(await offlineOf(flags), async (registry) => work(localPlace(registry)))
  if (place.kind !== 'registry') throw new Problem('invalid', `an image to sign or to verify is ${IMAGE_TO_SIGN}`)
  const { credsFile, insecureHttp = false } = flags
  return work(await openRegistryPlace(place.host, { credsFile, insecureHttp, maxConcurrent: 4 }))
}

export async function findSubject(at: Place, { name, reference = 'latest' }: ImagePlace): Promise<Subject> {
  const manifest = name === '' ? undefined : await at.manifest(name, reference)
  if (manifest === undefined) throw new Problem('not-found', `there is no image ${name}:${reference} at ${at.label}`)
  return { digest: manifest.digest, mediaType: manifest.mediaType, sizeBytes: manifest.content.byteLength }
}
