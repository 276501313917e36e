/** What a path below `/v2` names, before any part of it was judged. */
export type OciPath =
  | { readonly kind: 'base' | 'catalog' | 'discover' }
  | { readonly kind: 'tags' | 'uploads' | 'repository-discover'; readonly name: string }
  | { readonly kind: 'blob' | 'upload' | 'manifest' | 'referrers'; readonly name: string; readonly reference: string }

/**
 * Reads the path from its right end, because a repository name may hold slashes and even the words `blobs`,
 * `manifests` or `tags`. Undefined when no endpoint has that form.
 */
export function parseOciPath(path: string): OciPath | undefined {
  if (path === '/v2' || path === '/v2/') return { kind: 'base' }
  if (!path.startsWith('/v2/')) return undefined
  const rest = path.slice('/v2/'.length)
  if (rest === '_catalog') return { kind: 'catalog' }
  if (rest === '_oci/ext/discover') return { kind: 'discover' }
  return parseWithoutReference(rest) ?? parseWithReference(rest)
}

function parseWithoutReference(rest: string): OciPath | undefined {
  for (const ending of ['/blobs/uploads/', '/blobs/uploads'])
    if (rest.endsWith(ending)) return { kind: 'uploads', name: rest.slice(0, -ending.length) }
  if (rest.endsWith('/tags/list')) return { kind: 'tags', name: rest.slice(0, -'/tags/list'.length) }
  const discover = '/_oci/ext/discover'
  if (rest.endsWith(discover)) return { kind: 'repository-discover', name: rest.slice(0, -discover.length) }
  return undefined
}

function parseWithReference(rest: string): OciPath | undefined {
  const last = rest.lastIndexOf('/')
  if (last < 0) return undefined
  const reference = decodeColons(rest.slice(last + 1))
  const before = rest.slice(0, last)
  if (before.endsWith('/blobs/uploads'))
    return { kind: 'upload', name: before.slice(0, -'/blobs/uploads'.length), reference }
  if (before.endsWith('/manifests')) return { kind: 'manifest', name: before.slice(0, -'/manifests'.length), reference }
  if (before.endsWith('/blobs')) return { kind: 'blob', name: before.slice(0, -'/blobs'.length), reference }
  if (before.endsWith('/referrers'))
    return { kind: 'referrers', name: before.slice(0, -'/referrers'.length), reference }
  return undefined
}

/** The colon of a digest is the one character that clients escape; anything else escaped stays, and is refused later. */
function decodeColons(text: string): string {
  return text.includes('%') ? text.replaceAll(/%3a/gi, ':') : text
}

/** As the specification writes them, for people. */
export const OCI_ROUTES: Readonly<Record<OciPath['kind'], string>> = {
  base: '/v2/',
  catalog: '/v2/_catalog',
  discover: '/v2/_oci/ext/discover',
  tags: '/v2/{name}/tags/list',
  uploads: '/v2/{name}/blobs/uploads/',
  'repository-discover': '/v2/{name}/_oci/ext/discover',
  blob: '/v2/{name}/blobs/{digest}',
  upload: '/v2/{name}/blobs/uploads/{reference}',
  manifest: '/v2/{name}/manifests/{reference}',
  referrers: '/v2/{name}/referrers/{digest}',
}
