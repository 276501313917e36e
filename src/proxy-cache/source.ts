import { z } from 'zod'
import { matchesPattern } from '../lib/name-pattern.ts'
import type { SourceMode } from '../metadata/schema-remotes.ts'

/** How long a tag is taken for fresh, when nothing is said. */
export const FRESH_MS = 60_000
/** How long it is believed that the upstream does not have something. */
export const NEGATIVE_MS = 60_000

/** What is kept of a source besides where it leads. */
export const sourceOptions = z.strictObject({
  /** Patterns of names at the upstream; empty: all. */
  allow: z.array(z.string()).default([]),
  freshMs: z.int().nonnegative().default(FRESH_MS),
  negativeMs: z.int().nonnegative().default(NEGATIVE_MS),
  /** `linux/arm64`: of an index that is pulled these come along by themselves. */
  platforms: z.array(z.string()).default([]),
})
export type SourceOptions = z.output<typeof sourceOptions>

/** Where a project, or the whole registry, gets from what it does not have. */
export interface Source {
  readonly id: number
  /** Undefined: of the whole registry. */
  readonly project: string | undefined
  readonly projectId: number | undefined
  readonly position: number
  readonly remoteId: number
  readonly remote: string
  readonly remoteUrl: string
  /** Put before the rest of a repository's name, for the name there. */
  readonly prefix: string
  /** `cache`: the remote decides what a tag names. `fallback`: asked only for what is not here. */
  readonly mode: SourceMode
  readonly options: SourceOptions
  readonly createdAt: Date
}

/** A source for one repository, and the repository's name there. */
export interface SourceAt {
  readonly source: Source
  readonly remoteName: string
}

/** What a repository is called at a source; undefined: nothing of it comes from there. */
export function placeAt(source: Source, repository: string): SourceAt | undefined {
  const rest = restOf(source, repository)
  if (rest === undefined) return undefined
  const remoteName = `${source.prefix}${isOfficialImage(source, rest) ? 'library/' : ''}${rest}`
  const { allow } = source.options
  if (allow.length > 0 && !allow.some((pattern) => matchesPattern(pattern, remoteName))) return undefined
  return { source, remoteName }
}

function restOf({ project }: Source, repository: string): string | undefined {
  if (project === undefined) return repository
  return repository.startsWith(`${project}/`) ? repository.slice(project.length + 1) : undefined
}

/** Docker Hub's own images have a short name that only docker itself makes the long one of. */
function isOfficialImage({ remoteUrl, prefix }: Source, rest: string): boolean {
  if (prefix !== '' || rest.includes('/') || !URL.canParse(remoteUrl)) return false
  const { hostname } = new URL(remoteUrl)
  return hostname === 'docker.io' || hostname.endsWith('.docker.io')
}
