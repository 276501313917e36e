import {
  findManifestByDigest,
  findManifestByTag,
  type ManifestHead,
  readManifestContent,
} from '../metadata/manifests.ts'
import { after, type MaybePromise } from '../lib/maybe-promise.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'
import { findableReference, type Reference } from '../oci/reference.ts'
import { findAtMoment } from './as-of.ts'
import type { Registry } from './registry.ts'
import { digestOfBytes } from './running-hashes.ts'

/** Says why there is no such manifest. */
export type WhyNot = (registry: Registry, name: RepositoryName, text: string) => Promise<OciError>

/** end-3, HEAD. @throws OciError MANIFEST_UNKNOWN, also for what is neither a tag nor a digest */
export function findManifest(
  registry: Registry,
  name: RepositoryName,
  text: string,
  whyNot?: WhyNot,
): MaybePromise<ManifestHead> {
  const reference = findableReference(text)
  return after(reference && findVisibleHead(registry, name, reference), (head) =>
    head === undefined ? findThen(registry, name, text, whyNot) : notePull(registry, head, text),
  )
}

/** A pull of what was found by that reference. */
export function notePull(registry: Registry, head: ManifestHead, text: string): ManifestHead {
  registry.pulls.note(head.repositoryId, text)
  if (text !== head.digest) registry.pulls.note(head.repositoryId, head.digest)
  return head
}

/** Perhaps a tag at a moment was meant. The pull counts for the manifest only, not for what the tag names now. */
async function findThen(
  registry: Registry,
  name: RepositoryName,
  text: string,
  whyNot: WhyNot | undefined,
): Promise<ManifestHead> {
  const head = await findAtMoment(registry, name, text)
  if (head === undefined) throw (await whyNot?.(registry, name, text)) ?? unknownManifest(text)
  registry.pulls.note(head.repositoryId, head.digest)
  return head
}

export function unknownManifest(text: string): OciError {
  return new OciError('MANIFEST_UNKNOWN', { detail: { reference: text.slice(0, 300) } })
}

/** What a reference names now, without counting it as a pull. */
export function findVisibleHead(
  registry: Registry,
  name: RepositoryName,
  reference: Reference,
): MaybePromise<ManifestHead | undefined> {
  const text = 'tag' in reference ? reference.tag : reference.digest
  return registry.heads.find(`${name}:${text}`, () => queryHead(registry, name, reference))
}

function queryHead(registry: Registry, name: RepositoryName, reference: Reference): Promise<ManifestHead | undefined> {
  const { reader } = registry.database
  if ('tag' in reference) return findManifestByTag(reader, name, reference.tag)
  return findManifestByDigest(reader, name, reference.digest)
}

/** end-3, GET: the bytes exactly as they were pushed. */
export function readManifest(registry: Registry, head: ManifestHead): MaybePromise<Uint8Array<ArrayBuffer>> {
  return registry.cache.get(head.digest) ?? readStored(registry, head)
}

async function readStored(registry: Registry, head: ManifestHead): Promise<Uint8Array<ArrayBuffer>> {
  const content = await readManifestContent(registry.database.reader, head.repositoryId, head.digest)
  if (content === undefined) throw new OciError('MANIFEST_UNKNOWN', { detail: { digest: head.digest } })
  const copy = new Uint8Array(content)
  if (digestOfBytes(head.digest, copy) !== head.digest) {
    registry.onDamagedManifest(head)
    throw new OciError('MANIFEST_UNKNOWN', {
      message: 'the stored bytes of this manifest are damaged, so they are not served; push it again to repair it',
      detail: { digest: head.digest, reason: 'damaged' },
    })
  }
  registry.cache.set(head.digest, copy)
  return copy
}
