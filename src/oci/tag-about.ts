import { type Digest, isDigest } from './digest.ts'

const ABOUT = /^(sha256|sha512)-([0-9a-f]{64}|[0-9a-f]{128})(?:\.[A-Za-z0-9._-]+)?$/

/**
 * What a tag such as `sha256-<hex>.sig` is about: cosign's signatures, attestations and SBOMs, and without an ending the
 * list that clients keep where a registry has no referrers API (distribution-spec, "Referrers Tag Schema").
 */
export function digestInTag(tag: string): Digest | undefined {
  const [, algorithm, hex] = ABOUT.exec(tag) ?? []
  const digest = `${algorithm}:${hex}`
  return isDigest(digest) ? digest : undefined
}

export function isTagAbout(tag: string, digest: Digest): boolean {
  return digestInTag(tag) === digest
}
