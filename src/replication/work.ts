import type { Recent } from '../lib/recent.ts'
import type { Turns } from '../lib/turns.ts'
import type { ReplicatedState } from '../metadata/schema-replication.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { ImageSource, ImageTarget } from '../registry/image-source.ts'
import type { Registry } from '../registry/registry.ts'
import type { Rule, StoredRule } from './rule.ts'

/** What it takes to work on a rule. */
export interface Work {
  readonly registry: Registry
  readonly rule: Rule
  /** All there are: who else works with the same remote. */
  readonly rules: readonly StoredRule[]
  /** Those that bring images of the same remote the other way. */
  readonly opposites: readonly Rule[]
  readonly source: ImageSource
  /** Names there that the rule selects, in order; for rules that pull. */
  readonly sourceNames: () => Promise<readonly string[]>
  readonly target: ImageTarget
  /** What the target has. */
  readonly held: ImageSource
  readonly signal: AbortSignal
  /** One image to one place at a time. */
  readonly copying: Turns<string>
  /** When images were brought here last, with what is about them; milliseconds. */
  readonly fetched: Recent<string, number>
}

export interface TagPlace {
  /** Here. */
  readonly repository: RepositoryName
  readonly tag: Tag
}

/** What became of one image. */
export interface Outcome {
  readonly state: Exclude<ReplicatedState, 'failed' | 'waiting'>
  readonly digest: Digest | undefined
  /** For people; empty where the state says it all. */
  readonly reason: string
  readonly bytes: number
  /** It may end otherwise when it is looked at later, without anything changing here. */
  readonly openEnded?: boolean
}

export function outcome(
  state: Outcome['state'],
  digest: Digest | undefined,
  about: { readonly reason?: string; readonly bytes?: number; readonly openEnded?: boolean } = {},
): Outcome {
  const { reason = '', bytes = 0, openEnded = false } = about
  return { state, digest, reason, bytes, openEnded }
}
