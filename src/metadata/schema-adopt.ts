import type { RepositoryName } from '../oci/name.ts'

/** Trees of other registries that are served where they lie. Times are milliseconds since 1970. */
export interface AdoptTables {
  adopted_places: {
    name: string
    /** Raised each time all of it is to be looked at: what was looked at in an earlier round is not done. */
    round: number
    state: AdoptionState
    started_at: number
    ended_at: number | null
    /** Why it cannot be read; null: it can. */
    problem: string | null
  }
  /** `round`: the last one in which it was done; 0: never. */
  adopted_repositories: {
    place: string
    name: RepositoryName
    round: number
    manifests: number
    tags: number
    problems: number
  }
  /** What of a repository could not be adopted: `subject` is a tag or a digest. */
  adopted_problems: { place: string; repository: RepositoryName; subject: string; problem: string }
}

/** Its repositories are being listed; are being looked at, one after the other; all are known. */
export type AdoptionState = 'listing' | 'reading' | 'done'
