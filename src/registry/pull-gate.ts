import type { ManifestHead } from '../metadata/manifests.ts'
import type { RepositoryName } from '../oci/name.ts'

/** A manifest about to be handed out. */
export interface Pull {
  readonly repository: RepositoryName
  readonly head: ManifestHead
  /** Who asks: the id in the audit, and the name. */
  readonly actor: { readonly id: string; readonly name: string }
}

/** Refuses pulls by rules of content: policy. Reads one row at most where nothing changed. */
export interface PullGate {
  readonly name: string
  /** Texts for the client to show. Undefined: nothing to say, known at once. @throws OciError DENIED with the rule */
  check(pull: Pull): Promise<readonly string[]> | undefined
}
