import type { Generated } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import type { Tag } from '../oci/name.ts'

/** Other registries, and what is pulled through from them. Times are milliseconds since 1970. */
export interface RemoteTables {
  /** `options` is a JSON object: whether private addresses are allowed, limits and the like. */
  remotes: {
    id: Generated<number>
    name: string
    url: string
    username: string | null
    /** Encrypted with the key of `secrets.keyFile`; null: none, or it is in a file. */
    password: string | null
    password_file: string | null
    /** Authorities of its certificate, PEM. */
    ca: string | null
    options: string
    created_at: number
    /** Raised with each change, so that connections are made anew. */
    version: number
  }
  /** What each process lately saw of a remote, for those that look at it from elsewhere. */
  remote_states: { remote_id: number; instance: string; state: string; updated_at: number }
  /** Where a project, or (null) the whole registry, gets from what it does not have; tried by `position`. */
  sources: {
    id: Generated<number>
    project_id: number | null
    position: number
    remote_id: number
    /** What stands there before the rest of the name: `library/`. */
    prefix: string
    /** `cache`: the remote decides what a tag names. `fallback`: asked only for what is not here. */
    mode: SourceMode
    /** JSON object: allow list, times, platforms. */
    options: string
    created_at: number
  }
  /** `?ns=docker.io` means that project; `is_default`: names that belong to no project mean it too. */
  namespaces: { name: string; project_id: number; is_default: number }
  /** When a reference was last compared with the source, and what it named there. */
  source_checks: {
    repository_id: number
    reference: Tag | Digest
    source_id: number
    digest: Digest
    checked_at: number
  }
}

export type SourceMode = 'cache' | 'fallback'
