import type { Actor } from '../lib/actor.ts'
import type { ManifestHead } from '../metadata/manifests.ts'
import type { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'

/** A manifest about to be handed out. */
export interface Pull {
  readonly repository: RepositoryName
  readonly head: ManifestHead
  /** Who asks. Where from is looked up only when somebody wants to know. */
  readonly actor: () => Actor
  /** It is a HEAD: the content does not go out. */
  readonly isLook?: boolean | undefined
  /**
   * Whether the caller's account may push there, whatever the token at hand was issued for: some clients ask for one
   * that only pulls, and sign all the same. Absent: whoever asks is to be judged as somebody who only pulls.
   */
  readonly mayPush?: () => Promise<boolean>
  /** Of a caller who did not sign in: the refusal that tells a client to do so. */
  readonly signIn?: ((refused: OciError) => OciError) | undefined
}

/** Refuses pulls by rules of content: policy. Reads one row at most where nothing changed. */
export interface PullGate {
  readonly name: string
  /** Texts for the client to show. Undefined: nothing to say, known at once. @throws OciError DENIED with the rule */
  check(pull: Pull): Promise<readonly string[]> | undefined
}
