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
  users: {
    id: string
    name: string
    /** Null for people who sign in elsewhere only. */
    password_hash: string | null
    /** Lower case, and only when somebody vouches for it. */
    email: string | null
    system_role: SystemRole
    disabled: number
    /** Every token, session and refresh token made before this moment is void. */
    revoked_before: number
    created_at: number
  }
  /** Where else a user signs in: the provider's name, and what it calls the person for ever. */
  identities: { provider: string; subject: string; user_id: string; created_at: number }
  /** A provider's group is `provider:name`; ours have no colon. */
  groups: { id: Generated<number>; name: string; created_at: number }
  /** `source` is `local`, or the provider whose sign-in replaces all its rows of that user. */
  group_members: { group_id: number; user_id: string; source: string }
  /** Ids are never used again, so what is bound to one dies with it. */
  projects: { id: Generated<number>; name: string; public: number; created_by: string | null; created_at: number }
  /** `subject` is `user:ID`, `robot:ID` or `group:ID`; `allows` a role, or actions with commas between them. */
  grants: {
    id: Generated<number>
    project_id: number
    /** Of repository names; empty: the whole project. */
    pattern: string
    subject: string
    allows: string
    created_at: number
  }
  /** One row: raised with every change of what is above, of robots and of keys. */
  access_state: { id: number; version: number }
  robots: {
    id: string
    name: string
    /** Null: of the whole registry. */
    project_id: number | null
    /** The principal who made it, and whose rights bound it; null: the operator. */
    maker: string | null
    /** SHA-256; null: it is known by workload tokens only. */
    secret_hash: string | null
    expires_at: number | null
    disabled: number
    revoked_before: number
    created_at: number
  }
  /** A workload whose token has these claims (JSON: name → pattern) is that robot. */
  trust_rules: { id: Generated<number>; robot_id: string; issuer: string; claims: string; created_at: number }
  api_keys: {
    id: string
    user_id: string
    name: string
    secret_hash: string
    /** JSON list of { pattern, actions }; null: whatever its owner may do. */
    scopes: string | null
    expires_at: number
    created_at: number
  }
  /** When a robot or key was last used: apart, because it changes no right. */
  secret_uses: { id: string; used_at: number }
  refresh_tokens: {
    id: string
    secret_hash: string
    principal: string
    api_key: string | null
    client: string
    created_at: number
    used_at: number
    expires_at: number
  }
  web_sessions: { secret_hash: string; user_id: string; csrf: string; created_at: number; expires_at: number }
  /** Sign-ins that went to a provider and have not come back. Used once. */
  oidc_attempts: {
    state_hash: string
    /** Of the cookie of the browser that began it. */
    browser_hash: string
    provider: string
    nonce: string
    verifier: string
    next: string
    expires_at: number
  }
  /** RFC 8628. */
  device_codes: {
    device_hash: string
    user_code: string
    client: string
    address: string
    user_id: string | null
    refused: number
    polled_at: number
    expires_at: number
  }
  audit: {
    id: number
    at: number
    actor: string
    actor_name: string
    address: string
    action: string
    target: string
    outcome: string
    /** JSON object. */
    detail: string
    /** Hex SHA-256 of the row before and this one. */
    hash: string
  }
  /** One row. The chain begins after the anchor; what was exported ends at `exported_id`. */
  audit_state: { id: number; anchor_id: number; anchor_hash: string; exported_id: number }
  token_keys: { id: string; private_key: string; public_key: string; created_at: number }
}

/** open → finalising → done; a failed finish goes back to open or away. */
export type UploadState = 'open' | 'finalising' | 'done'

/** What a person may do everywhere: everything, read everything, or nothing of the kind. */
export type SystemRole = 'administrator' | 'auditor' | 'none'
