import { type Deleted, findDeletedManifest, findDeletedTag } from '../metadata/what-was-deleted.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'
import { findableReference } from '../oci/reference.ts'
import { unknownManifest } from './pull-manifest.ts'
import type { Registry } from './registry.ts'

/** Why a reference is not there, for somebody who may pull: when it was deleted, and how it comes back. */
export async function whyUnknown(registry: Registry, name: RepositoryName, text: string): Promise<OciError> {
  const reference = findableReference(text)
  if (reference === undefined) return unknownManifest(text)
  const { reader } = registry.database
  const now = registry.clock.now()
  const deleted =
    'tag' in reference
      ? await findDeletedTag(reader, name, reference.tag)
      : await findDeletedManifest(reader, name, reference.digest)
  if (deleted === undefined) return unknownManifest(text)
  const message =
    'tag' in reference
      ? `the tag "${reference.tag}" was deleted at ${deleted.at.toISOString()}${tagFate(deleted, `${name}:${reference.tag}`, now)}`
      : `this manifest was deleted at ${deleted.at.toISOString()}${manifestFate(deleted, now)}`
  return new OciError('MANIFEST_UNKNOWN', { message, detail: { reference: text, reason: 'deleted' } })
}

function tagFate(deleted: Deleted, image: string, now: Date): string {
  if (deleted.manifest === 'there') return ` and can be restored ("berth bin restore ${image}")`
  if (!isRestorable(deleted, now)) return '; what it named is gone for good'
  return ` and can be restored until ${deleted.restorableUntil?.toISOString()} ("berth bin restore ${image}")`
}

function manifestFate(deleted: Deleted, now: Date): string {
  if (!isRestorable(deleted, now)) return ' and is gone for good'
  const { restorableUntil, deletion } = deleted
  return ` and can be restored until ${restorableUntil?.toISOString()} ("berth bin restore ${deletion}")`
}

function isRestorable({ restorableUntil }: Deleted, now: Date): boolean {
  return restorableUntil !== undefined && restorableUntil > now
}
