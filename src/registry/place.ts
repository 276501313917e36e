import type { Actor } from '../events/recorder.ts'
import type { RepositoryName } from '../oci/name.ts'

/** Where, and who wants it. */
export interface Place {
  readonly repository: RepositoryName
  readonly actor: Actor
}
