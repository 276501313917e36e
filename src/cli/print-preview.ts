import { formatByteSize } from '../lib/byte-size.ts'
import { print, printable, printTable } from './output.ts'

/** How many of each kind are listed. */
export const LISTED = 1000

interface NamedTag {
  readonly repository: string
  readonly tag: string
  readonly digest: string
}

/** What would go, and why something would not. */
export interface ShownPreview {
  readonly tags: number
  readonly manifests: number
  readonly bytes: number
  readonly keptTags: number
  readonly items: {
    readonly tags: readonly NamedTag[]
    readonly keptTags: readonly (NamedTag & { readonly reason: string })[]
  }
  readonly truncated: boolean
}

export function printPreview({ tags, manifests, bytes, keptTags, items, truncated }: ShownPreview): void {
  printTable(items.tags.map(({ repository, tag, digest }) => [`${repository}:${tag}`, digest]))
  for (const { repository, tag, reason } of items.keptTags) print(printable(`${repository}:${tag} stays: ${reason}`))
  // A whole repository is counted, not listed.
  if (truncated && items.tags.length > 0) print('There are more.')
  if (keptTags > 0) print(`Selected and kept all the same: ${keptTags}.`)
  print(`Would go: tags ${tags}, manifests ${manifests}. Freed: ${formatByteSize(bytes)}.`)
}
