import type { ImageAt } from '../http/api/image-call.ts'
import { Problem } from '../lib/problem.ts'
import { findManifestByDigest, findManifestByTag } from '../metadata/manifests.ts'
import type { Digest } from '../oci/digest.ts'
import { parseRepositoryName } from '../oci/name.ts'
import { findableReference } from '../oci/reference.ts'
import { parseImageReference } from '../registry/image-reference.ts'
import type { Registry } from '../registry/registry.ts'
import { chooseImage } from '../inventory/choose-image.ts'

/** An image of this registry, as people write it: REPOSITORY:TAG or REPOSITORY@DIGEST. @throws Problem */
export async function localImage({ database }: Registry, text: string): Promise<ImageAt> {
  const { name, reference } = parseImageReference(text)
  const repository = parseRepositoryName(name)
  const found = findableReference(reference)
  const { reader } = database
  const head =
    found &&
    ('tag' in found
      ? await findManifestByTag(reader, repository, found.tag)
      : await findManifestByDigest(reader, repository, found.digest))
  if (head === undefined) throw new Problem('not-found', `there is no image "${text}"`)
  return { spot: { repository, repositoryId: head.repositoryId }, head }
}

/** The same, and of an index the image of one platform. @throws Problem */
export async function localPlatform(
  registry: Registry,
  text: string,
  platform: string | undefined,
): Promise<ImageAt & { readonly digest: Digest }> {
  const at = await localImage(registry, text)
  return { ...at, digest: await chooseImage(registry.database.reader, at, platform) }
}
