import { findLinkedSizes } from '../metadata/blobs.ts'
import type { Executor } from '../metadata/db.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import type { Manifest } from '../oci/manifest.ts'
import { isNonDistributable } from '../oci/media-type.ts'

/** The layers of an image that a registry has, in their order. Clients unpack them whatever their types say. */
export function layersOf({ blobs: [, ...layers] }: Manifest): Digest[] {
  return layers
    .filter(({ mediaType }) => !isNonDistributable(mediaType))
    .flatMap((layer) => (isDigest(layer.digest) ? [layer.digest] : []))
}

/**
 * Whether a repository has the configuration and every layer of an image itself. What is known of them is for nobody who
 * has only a manifest that names them: in a cache, or where incomplete images are allowed, anybody can push such a one.
 */
export async function holdsImage(executor: Executor, repository: RepositoryId, manifest: Manifest): Promise<boolean> {
  const config = manifest.blobs[0]?.digest
  const needed = [...new Set([...layersOf(manifest), ...(config !== undefined && isDigest(config) ? [config] : [])])]
  return (await findLinkedSizes(executor, repository, needed)).size === needed.length
}
