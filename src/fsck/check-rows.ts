import { findLinkedSize, findStoredBlob } from '../metadata/blobs.ts'
import type { Executor } from '../metadata/db.ts'
import { findManifestSize } from '../metadata/manifests.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import { createHasher } from '../lib/hasher.ts'
import { algorithmOf, isDigest } from '../oci/digest.ts'
import { isNonDistributable } from '../oci/media-type.ts'
import { parseManifest } from '../oci/manifest.ts'
import { allManifests, countTags, danglingTags, type ManifestRow } from './store.ts'

/** Every manifest's bytes hash to its digest and all that it needs is in its repository; every tag names a manifest. */
export async function checkRows(
  executor: Executor,
  report: { damaged(problem: string): void; incomplete(problem: string, fromUpstream: boolean): void },
): Promise<{ manifests: number; tags: number }> {
  let manifests = 0
  for await (const manifest of allManifests(executor)) {
    manifests++
    const at = `manifest ${manifest.repository}@${manifest.digest}`
    const actual = hashOf(manifest)
    if (actual !== manifest.digest)
      report.damaged(`${at}: its bytes have changed, they are ${actual} now; push it again`)
    else
      for (const missing of await missingContent(executor, manifest))
        report.incomplete(`${at}: ${missing} is not in its repository`, manifest.brought === 1)
  }
  for (const tag of await danglingTags(executor))
    report.damaged(`tag ${tag.repository}:${tag.name} names ${tag.digest}, which is not there`)
  return { manifests, tags: await countTags(executor) }
}

function hashOf({ digest, content }: ManifestRow): string {
  const algorithm = algorithmOf(digest)
  const hasher = createHasher(algorithm)
  hasher.update(content)
  return `${algorithm}:${hasher.hex()}`
}

async function missingContent(
  executor: Executor,
  { repository_id, media_type, content, deletion }: ManifestRow,
): Promise<string[]> {
  const { blobs, children } = parseManifest(content, media_type)
  const missing: string[] = []
  if (deletion !== null) {
    for (const { digest, mediaType } of blobs)
      if (!isNonDistributable(mediaType) && isDigest(digest) && (await findStoredBlob(executor, digest)) === undefined)
        missing.push(digest)
    return missing
  }
  for (const { digest, mediaType } of blobs)
    if (!isNonDistributable(mediaType) && !(await hasBlob(executor, repository_id, digest))) missing.push(digest)
  for (const { digest } of children)
    if (!(await hasManifest(executor, repository_id, digest)) && !(await hasBlob(executor, repository_id, digest)))
      missing.push(digest)
  return missing
}

async function hasBlob(executor: Executor, repository: RepositoryId, digest: string): Promise<boolean> {
  return isDigest(digest) && (await findLinkedSize(executor, repository, digest)) !== undefined
}

async function hasManifest(executor: Executor, repository: RepositoryId, digest: string): Promise<boolean> {
  return isDigest(digest) && (await findManifestSize(executor, repository, digest)) !== undefined
}
