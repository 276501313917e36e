import { type Digest, isDigest } from '../oci/digest.ts'
import { isRepositoryName, isTag, type RepositoryName, type Tag } from '../oci/name.ts'

/** An image as whoever runs it names it, without the registry's host. */
export interface NamedImage {
  readonly text: string
  readonly repository: RepositoryName
  readonly reference: { readonly digest: Digest } | { readonly tag: Tag }
}

/** `team/app@sha256:…`, `team/app:v1`, `team/app:v1@sha256:…` (the digest counts), `team/app` (the tag `latest`). */
export function parseImageName(text: string): NamedImage | undefined {
  const [name = '', digest, ...more] = text.split('@')
  if (more.length > 0) return undefined
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1)
  const repository = colon < 0 ? name : name.slice(0, colon)
  const tag = colon < 0 ? 'latest' : name.slice(colon + 1)
  if (!isRepositoryName(repository) || !isTag(tag)) return undefined
  if (digest === undefined) return { text, repository, reference: { tag } }
  return isDigest(digest) ? { text, repository, reference: { digest } } : undefined
}
