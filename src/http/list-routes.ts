import type { Authorizer } from '../access/authorizer.ts'
import type { ReferrerRecord } from '../metadata/manifests.ts'
import { parseDigest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { nextPageLink } from '../oci/link-header.ts'
import { OCI_INDEX } from '../oci/media-type.ts'
import { listCatalog, listReferrers, type PageRequest } from '../registry/lists.ts'
import { pullTags, supplyReferrers } from '../registry/pull-lists.ts'
import type { Registry } from '../registry/registry.ts'
import type { Call, ReferenceCall, RepositoryCall } from './call.ts'
import { json, type Reply, warningHeader } from './reply.ts'

const MAX_PAGE = 1000
/** Clients refuse a referrers answer above 4 MiB; the rest is on the next page. */
const MAX_REFERRERS_BYTES = 4 * 1024 * 1024 - 1024

/** end-8a and end-8b. */
export async function getTags(registry: Registry, call: RepositoryCall): Promise<Reply> {
  const page = pageOf(call)
  const { items, next, warning } = await pullTags(registry, call.name, page)
  return json({ name: call.name, tags: items }, { ...linkTo(call, next, page), ...warningHeader(warning) })
}

export async function getCatalog(registry: Registry, authorizer: Authorizer, call: Call): Promise<Reply> {
  const page = pageOf(call)
  // A token for the catalog names no repositories: what it lists is what its owner may pull.
  const { tokenAccess: _, ...owner } = call.principal
  const maySee = async (repository: PageName) => (await authorizer.allows(owner, 'pull', { repository })).allowed
  const { items, next } = await listCatalog(registry, page, maySee)
  return json({ repositories: items }, linkTo(call, next, page))
}

type PageName = RepositoryCall['name']

/** end-12a and end-12b. */
export async function getReferrers(registry: Registry, call: ReferenceCall): Promise<Reply> {
  const page = pageOf(call)
  const artifactTypes = call.query.getAll('artifactType').filter((type) => type !== '')
  const subject = parseDigest(call.reference)
  const warning = await supplyReferrers(registry, call.name, subject)
  const found = await listReferrers(registry, { name: call.name, subject, artifactTypes, page })
  const { descriptors, cutAt } = fitInto(found.items, MAX_REFERRERS_BYTES)
  const headers: Record<string, string> = {
    'content-type': OCI_INDEX,
    ...linkTo(call, cutAt ?? found.next, page),
    ...warningHeader(warning),
  }
  if (artifactTypes.length > 0) headers['oci-filters-applied'] = 'artifactType'
  return json({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: descriptors }, headers)
}

/** As many as fit, but one at least; `cutAt` is the last of them when some did not fit. */
function fitInto(
  records: readonly ReferrerRecord[],
  maxBytes: number,
): { descriptors: object[]; cutAt: string | undefined } {
  const descriptors: object[] = []
  let bytes = 0
  for (const [index, record] of records.entries()) {
    const descriptor = toDescriptor(record)
    bytes += JSON.stringify(descriptor).length + 1
    if (bytes > maxBytes && index > 0) return { descriptors, cutAt: records[index - 1]?.digest }
    descriptors.push(descriptor)
  }
  return { descriptors, cutAt: undefined }
}

function toDescriptor({ mediaType, digest, sizeBytes, artifactType, annotations }: ReferrerRecord): object {
  return { mediaType, digest, size: sizeBytes, artifactType, annotations }
}

function pageOf({ query }: Call): PageRequest {
  const text = query.get('n')
  const after = query.get('last') ?? ''
  if (text === null) return { after, limit: MAX_PAGE }
  if (!/^\d{1,20}$/.test(text))
    throw new OciError('UNSUPPORTED', {
      status: 400,
      message: 'n must be a whole number, 0 or more',
      detail: { n: text.slice(0, 50) },
    })
  return { after, limit: Math.min(Number(text), MAX_PAGE) }
}

function linkTo(call: Call, next: string | undefined, page: PageRequest): Record<string, string> {
  if (next === undefined) return {}
  const filters = ['artifactType', 'ns'].flatMap((key) => call.query.getAll(key).map((value) => [key, value] as const))
  return { link: nextPageLink(call.path, [['n', String(page.limit)], ['last', next], ...filters]) }
}
