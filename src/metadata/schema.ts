import type { Generated } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import type { MediaType } from '../oci/media-type.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'

/** Times are milliseconds since 1970, sizes are bytes. */
export interface Schema {
  repositories: { id: Generated<number>; name: RepositoryName; created_at: number }
  /**
   * Every blob stored, and where. The key is not the digest, so a digest can be stored anew while an old object goes.
   * Without a key the bytes are in `small_blobs`.
   */
  blobs: { digest: Digest; size: number; storage_key: string | null; created_at: number }
  small_blobs: { digest: Digest; content: Uint8Array }
  /** Which repository may serve which blob. */
  repository_blobs: { repository_id: number; digest: Digest; created_at: number }
  manifests: {
    repository_id: number
    digest: Digest
    media_type: MediaType
    artifact_type: string | null
    subject: string | null
    /** JSON object, or null without annotations. */
    annotations: string | null
    size: number
    content: Uint8Array
    created_at: number
  }
  manifest_blobs: { repository_id: number; manifest: Digest; digest: Digest }
  manifest_children: { repository_id: number; parent: Digest; child: Digest }
  tags: { repository_id: number; name: Tag; digest: Digest; updated_at: number }
  uploads: {
    id: string
    repository: RepositoryName
    principal: string
    state: UploadState
    /** The process that writes to it now. */
    writer: string | null
    /** What it is being, or was, finished as. */
    digest: Digest | null
    created_at: number
    updated_at: number
  }
  users: { id: string; name: string; password_hash: string; administrator: number; created_at: number }
  token_keys: { id: string; private_key: string; public_key: string; created_at: number }
}

/** open → finalising → done; a failed finish goes back to open or away. */
export type UploadState = 'open' | 'finalising' | 'done'
