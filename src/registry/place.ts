import type { Actor } from '../lib/actor.ts'
import type { RepositoryName } from '../oci/name.ts'

/** Where, and who wants it. */
export interface Place {
  readonly repository: RepositoryName
  readonly actor: Actor
}
