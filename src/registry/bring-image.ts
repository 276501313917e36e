import { isDigest } from '../oci/digest.ts'
import type { Manifest } from '../oci/manifest.ts'
import { isNonDistributable } from '../oci/media-type.ts'
import type { RepositoryName } from '../oci/name.ts'
import { isArriving, pullBlob } from './pull-through.ts'
import type { Registry } from './registry.ts'

/** As if somebody had pulled it whole. @throws what keeps some of it from coming */
export async function bringImage(
  registry: Registry,
  name: RepositoryName,
  { blobs }: Pick<Manifest, 'blobs'>,
): Promise<void> {
  for (const { digest, mediaType } of blobs) {
    if (!isDigest(digest) || isNonDistributable(mediaType)) continue
    const pulled = await pullBlob(registry, name, digest)
    if (isArriving(pulled)) await pulled.stored
  }
}
