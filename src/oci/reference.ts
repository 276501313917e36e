import { type Digest, isDigest, parseDigest } from './digest.ts'
import { isTag, parseTag, type Tag } from './name.ts'

/** A tag or a digest: how a manifest is named within its repository. */
export type Reference = { readonly tag: Tag } | { readonly digest: Digest }

/** For reading: what is neither tag nor digest cannot exist, so it is simply not found. */
export function findableReference(text: string): Reference | undefined {
  if (isDigest(text)) return { digest: text }
  return isTag(text) ? { tag: text } : undefined
}

/** For writing. A colon is never part of a tag, so a text with one was meant as a digest. @throws OciError */
export function parseReference(text: string): Reference {
  return text.includes(':') ? { digest: parseDigest(text) } : { tag: parseTag(text) }
}
