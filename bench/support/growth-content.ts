import { createHash } from 'node:crypto'

/** What the rows about growth ask for: one repository of many tags, and many repositories. */
export const TAGS_REPOSITORY = 'grow/tags'
export const GROWTH_TYPE = 'application/vnd.oci.image.index.v1+json'
export const DIGITS = 7

export function padded(number: number): string {
  return String(number).padStart(DIGITS, '0')
}

export function tagName(number: number): string {
  return `t${padded(number)}`
}

export function catalogName(number: number): string {
  return `grow/r${padded(number)}`
}

/** Every tag has a manifest of its own, which refers to nothing, so that it needs no blob. */
export function growthManifest(name: string): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: GROWTH_TYPE, manifests: [], annotations: { name } })
}

export function digestOf(text: string): string {
  return `sha256:${hexOf(text)}`
}

export function hexOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** How many referrers the manifests of the first tags have. */
export const REFERRERS: readonly number[] = [1, 10, 1000]

export function subjectOf(count: number): string {
  return digestOf(growthManifest(tagName(REFERRERS.indexOf(count))))
}

export interface Referrer {
  readonly mediaType: string
  readonly artifactType: string
  readonly annotations: Readonly<Record<string, string>>
  readonly text: string
}

/** So many manifests as a signer or a scanner attaches them. */
export function referrersOf(count: number): Referrer[] {
  const artifactType = 'application/vnd.example.scan'
  return Array.from({ length: count }, (_, number) => {
    const annotations = { 'org.opencontainers.image.created': '2026-01-01T00:00:00Z', number: String(number) }
    const subject = { mediaType: GROWTH_TYPE, digest: subjectOf(count), size: growthManifest(tagName(0)).length }
    const manifest = { schemaVersion: 2, mediaType: GROWTH_TYPE, artifactType, manifests: [], subject, annotations }
    return { mediaType: GROWTH_TYPE, artifactType, annotations, text: JSON.stringify(manifest) }
  })
}

/** The tag schema, for registries without the referrers API: an index that clients keep under a tag. */
export function referrersTag(count: number): { readonly tag: string; readonly text: string } {
  const manifests = referrersOf(count).map(({ text, ...described }) => ({
    ...described,
    digest: digestOf(text),
    size: text.length,
  }))
  const text = JSON.stringify({ schemaVersion: 2, mediaType: GROWTH_TYPE, manifests })
  return { tag: subjectOf(count).replace(':', '-'), text }
}
