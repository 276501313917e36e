import type { Actor } from '../lib/actor.ts'
import type { ManifestHead } from '../metadata/manifests.ts'
import type { RepositoryName } from '../oci/name.ts'

/** A manifest about to be handed out. */
export interface Pull {
  readonly repository: RepositoryName
  readonly head: ManifestHead
  /** Who asks. Where from is looked up only when somebody wants to know. */
  readonly actor: () => Actor
  /**
   * Of a HEAD: whether the caller may push there. Clients look at a tag before they move it, and a refusal would keep
   * what is mended from taking the place of what is refused; the content comes with a GET only.
   */
  readonly mayPush?: () => Promise<boolean>
}

/** Refuses pulls by rules of content: policy. Reads one row at most where nothing changed. */
export interface PullGate {
  readonly name: string
  /** Texts for the client to show. Undefined: nothing to say, known at once. @throws OciError DENIED with the rule */
  check(pull: Pull): Promise<readonly string[]> | undefined
}
