import { findManifestSize } from '../metadata/manifests.ts'
import { findRepository } from '../metadata/repositories.ts'
import { isDigest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { parseRepositoryName, parseTag } from '../oci/name.ts'
import type { Registry } from '../registry/registry.ts'
import { unknownRepository } from '../registry/unknown-repository.ts'
import { type Preview, previewDelete, previewRepository } from '../retention/preview.ts'
import { LISTED } from './print-preview.ts'

/** What deleting a repository (no reference), a tag or a manifest would take along and free. @throws Problem, OciError */
export async function previewOf(registry: Registry, name: string, reference: string | undefined): Promise<Preview> {
  const repository = parseRepositoryName(name)
  const { reader } = registry.database
  const repositoryId = await findRepository(reader, repository)
  if (repositoryId === undefined) throw unknownRepository(repository)
  const spot = { repository, repositoryId }
  if (reference === undefined) return previewRepository(registry, spot, {})
  if (!isDigest(reference))
    return previewDelete(registry, spot, { tags: [parseTag(reference)], digests: [] }, { limit: LISTED })
  if ((await findManifestSize(reader, repositoryId, reference)) === undefined)
    throw new OciError('MANIFEST_UNKNOWN', { detail: { reference } })
  return previewDelete(registry, spot, { tags: [], digests: [reference] }, { limit: LISTED })
}
