/** The tags that cosign gives to what is about an image, and the one of the referrers' fallback (distribution-spec). */
const COMPANION = /^(sha256|sha512)-([0-9a-f]{64}|[0-9a-f]{128})(\.[a-z]+)?$/

/** What a tag of that kind is about; undefined: it is a tag as any other. Such tags follow their images. */
export function subjectOfTag(tag: string): string | undefined {
  const [, algorithm, hex] = COMPANION.exec(tag) ?? []
  return algorithm === undefined ? undefined : `${algorithm}:${hex}`
}
