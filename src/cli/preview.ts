import { formatByteSize } from '../lib/byte-size.ts'
import { findManifestSize } from '../metadata/manifests.ts'
import { findRepository } from '../metadata/repositories.ts'
import { isDigest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { parseRepositoryName, parseTag } from '../oci/name.ts'
import type { Registry } from '../registry/registry.ts'
import { unknownRepository } from '../registry/unknown-repository.ts'
import { type Preview, previewDelete, previewRepository } from '../retention/preview.ts'
import { print, printTable } from './output.ts'

/** How many of each kind are listed. */
export const LISTED = 1000

export function printPreview({ tags, manifests, bytes, keptTags, items, truncated }: Preview): void {
  printTable(items.tags.map(({ repository, tag, digest }) => [`${repository}:${tag}`, digest]))
  for (const { repository, tag, reason } of items.keptTags) print(`${repository}:${tag} stays: ${reason}`)
  // A whole repository is counted, not listed.
  if (truncated && items.tags.length > 0) print('There are more.')
  if (keptTags > 0) print(`Selected and kept all the same: ${keptTags}.`)
  print(`Would go: tags ${tags}, manifests ${manifests}. Freed: ${formatByteSize(bytes)}.`)
}

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
