import {
  findManifestByDigest,
  findManifestByTag,
  type ManifestHead,
  type ReferrerRecord,
} from '../metadata/manifests.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { isRepositoryName } from '../oci/name.ts'
import { findableReference } from '../oci/reference.ts'
import type { FetchedBlob, FetchedManifest, ImageSource, ResolvedManifest } from './image-source.ts'
import { listCatalog, listReferrers, listTags, type Page, type PageRequest } from './lists.ts'
import { readManifest } from './pull-manifest.ts'
import { bringManifest, openOrSupply, pullBlob } from './pull-through.ts'
import type { Registry } from './registry.ts'

/** For people. */
export const LOCAL_LABEL = 'this registry'
const PAGE = 1000

export function localSource(registry: Registry): ImageSource {
  return {
    label: LOCAL_LABEL,
    resolve: async (name, reference) => resolveLocal(registry, name, reference),
    manifest: async (name, reference) => fetchManifest(registry, name, reference),
    blob: async (name, digest, { offset = 0 } = {}) => fetchBlob(registry, name, { digest, offset }),
    tagPage: async (name, page) => {
      if (!isRepositoryName(name)) return undefined
      const found = await unlessUnknown(listTags(registry, name, page))
      return found && { tags: found.items, next: found.next }
    },
    referrers: async (name, subject) => {
      if (!isRepositoryName(name)) return []
      const query = { name, subject, artifactTypes: [] }
      const found: Descriptor[] = []
      for await (const record of paged((page) => listReferrers(registry, { ...query, page })))
        found.push(toDescriptor(record))
      return found
    },
    repositories: () => paged((page) => listCatalog(registry, page, async () => true)),
  }
}

async function headOf(registry: Registry, name: string, text: string): Promise<ManifestHead | undefined> {
  const reference = findableReference(text)
  if (reference === undefined || !isRepositoryName(name)) return undefined
  await registry.database.refresh()
  const { reader } = registry.database
  return 'tag' in reference
    ? findManifestByTag(reader, name, reference.tag)
    : findManifestByDigest(reader, name, reference.digest)
}

export async function resolveLocal(
  registry: Registry,
  name: string,
  reference: string,
): Promise<ResolvedManifest | undefined> {
  const head = await headOf(registry, name, reference)
  return head && { digest: head.digest, mediaType: head.mediaType, sizeBytes: head.sizeBytes }
}

async function fetchManifest(
  registry: Registry,
  name: string,
  reference: string,
): Promise<FetchedManifest | undefined> {
  const head = (await headOf(registry, name, reference)) ?? (await broughtHead(registry, name, reference))
  const content = head && (await unlessUnknown(readManifest(registry, head)))
  return head && content && { digest: head.digest, mediaType: head.mediaType, content }
}

/** Of a cached index: the image of one platform may never have been pulled. */
async function broughtHead(registry: Registry, name: string, text: string): Promise<ManifestHead | undefined> {
  const reference = findableReference(text)
  if (reference === undefined || 'tag' in reference || !isRepositoryName(name)) return undefined
  return (await bringManifest(registry, name, reference.digest)) ? headOf(registry, name, text) : undefined
}

async function fetchBlob(
  registry: Registry,
  name: string,
  { digest, offset }: { readonly digest: Digest; readonly offset: number },
): Promise<FetchedBlob | undefined> {
  if (!isRepositoryName(name)) return undefined
  const blob = await unlessUnknown(pullBlob(registry, name, digest))
  if (blob === undefined) return undefined
  const { sizeBytes } = blob
  if (offset >= sizeBytes && offset > 0) return { sizeBytes, body: new Blob([]).stream() }
  const range = offset === 0 ? undefined : { start: offset, end: sizeBytes - 1 }
  const content = await unlessUnknown(openOrSupply(registry, name, blob, range))
  if (content === undefined) return undefined
  return { sizeBytes, body: content instanceof Uint8Array ? new Blob([content]).stream() : content.stream() }
}

function toDescriptor({ digest, mediaType, sizeBytes, artifactType, annotations }: ReferrerRecord): Descriptor {
  return {
    ...{ mediaType, digest, size: sizeBytes },
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  }
}

async function* paged<T>(pageAfter: (page: PageRequest) => Promise<Page<T>>): AsyncGenerator<T> {
  for (let after: string | undefined = ''; after !== undefined;) {
    const page: Page<T> = await pageAfter({ after, limit: PAGE })
    yield* page.items
    after = page.next
  }
}

const UNKNOWN = ['NAME_UNKNOWN', 'MANIFEST_UNKNOWN', 'BLOB_UNKNOWN']

/** What is not there, or damaged and so as good as missing, is undefined. */
async function unlessUnknown<T>(work: MaybePromise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof OciError && UNKNOWN.includes(error.code)) return undefined
    throw error
  }
}
