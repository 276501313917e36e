import { type Digest, parseDigest } from './digest.ts'
import { isTag, parseTag, type Tag } from './name.ts'

/** A tag or a digest: how a manifest is named within its repository. */
export type Reference = { readonly tag: Tag } | { readonly digest: Digest }

/** For reading: what cannot be a tag does not exist, so it is simply not found. @throws OciError for a bad digest */
export function findableReference(text: string): Reference | undefined {
  if (text.includes(':')) return { digest: parseDigest(text) }
  return isTag(text) ? { tag: text } : undefined
}

/** For writing. A colon is never part of a tag, so a text with one was meant as a digest. @throws OciError */
export function parseReference(text: string): Reference {
  return text.includes(':') ? { digest: parseDigest(text) } : { tag: parseTag(text) }
}
