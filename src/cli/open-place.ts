import type { FileImages } from '../image-files/file-images.ts'
import { openImageArchive, openLayoutFolder } from '../image-files/open-images.ts'
import { type WrittenImages, writeImageArchive, writeLayoutFolder } from '../image-files/write-images.ts'
import { OPERATOR } from '../lib/actor.ts'
import { systemClock } from '../lib/clock.ts'
import type { ImageSource, ImageTarget } from '../registry/image-source.ts'
import { localImages } from '../registry/local-images.ts'
import type { Registry } from '../registry/registry.ts'
import type { ImagePlace } from './image-place.ts'
import type { Offline } from './offline.ts'
import { withRegistry } from './offline.ts'
import { openRegistryPlace, type RemoteFlags } from './remote-place.ts'

export type FilePlace = Extract<ImagePlace, { readonly path: string }>

export function localPlace(registry: Registry): ImageSource & ImageTarget {
  return localImages({ registry, actor: OPERATOR, overwriteRefusal: undefined })
}

export async function openFilePlace(place: FilePlace): Promise<FileImages> {
  return place.kind === 'oci' ? openLayoutFolder(place.path) : openImageArchive(place.path)
}

export async function writeFilePlace({ kind, path }: FilePlace, host?: string): Promise<WrittenImages> {
  const options = { clock: systemClock, host }
  if (kind === 'oci') return writeLayoutFolder(path, options)
  return writeImageArchive(path, options, kind === 'docker-archive' ? 'docker' : 'oci')
}

export interface Places {
  readonly source: ImageSource
  readonly target: ImageTarget
}

export interface PlacesRequest {
  readonly from: ImagePlace
  readonly to: ImagePlace
  readonly fromFlags: RemoteFlags
  readonly toFlags: RemoteFlags
  /** Asked only where one of the two is this registry's own data. */
  readonly offline: () => Promise<Offline>
}

/** Opens both for as long as the work takes. A file is there in the end, or nothing of it, if the work says so. */
export async function withPlaces(request: PlacesRequest, work: (places: Places) => Promise<void>): Promise<void> {
  const { from, to } = request
  const local = from.kind === 'local' || to.kind === 'local'
  if (!local) return withRemotePlaces(request, undefined, work)
  await withRegistry(await request.offline(), (registry) => withRemotePlaces(request, localPlace(registry), work))
}

async function withRemotePlaces(
  request: PlacesRequest,
  local: (ImageSource & ImageTarget) | undefined,
  work: (places: Places) => Promise<void>,
): Promise<void> {
  const { from, to, fromFlags, toFlags } = request
  // The same registry with the same login is one place, where blobs can be mounted.
  const isSame = from.kind === 'registry' && to.kind === 'registry' && from.host === to.host
  const shared = isSame && fromFlags.credsFile === toFlags.credsFile
  const source = await openSource(from, fromFlags, local)
  try {
    if (shared) return await work({ source, target: source as ImageSource & ImageTarget })
    if (to.kind === 'local' && local !== undefined) return await work({ source, target: local })
    if (to.kind === 'registry') return await work({ source, target: await openRegistryPlace(to.host, toFlags) })
    await writing(await writeFilePlace(to as FilePlace), (target) => work({ source, target }))
  } finally {
    if ('close' in source) await (source as FileImages).close()
  }
}

async function openSource(place: ImagePlace, flags: RemoteFlags, local: ImageSource | undefined): Promise<ImageSource> {
  if (place.kind === 'registry') return openRegistryPlace(place.host, flags)
  if (place.kind === 'local' && local !== undefined) return local
  return openFilePlace(place as FilePlace)
}

/** What fails leaves no file behind. */
export async function writing(written: WrittenImages, work: (target: ImageTarget) => Promise<void>): Promise<void> {
  try {
    await work(written.target)
    await written.finish()
  } catch (error) {
    await written.abandon()
    throw error
  }
}
