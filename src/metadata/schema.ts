import type { Generated } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import type { MediaType } from '../oci/media-type.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { AdoptTables } from './schema-adopt.ts'
import type { ContentsTables } from './schema-contents.ts'
import type { RemoteTables } from './schema-remotes.ts'
import type { WebhookTables } from './schema-webhooks.ts'
import type { ReplicationTables } from './schema-replication.ts'
import type { SearchTables } from './schema-search.ts'

/** Times are milliseconds since 1970, sizes are bytes. */
export interface Schema
  extends RemoteTables, ReplicationTables, AdoptTables, ContentsTables, WebhookTables, SearchTables {
  repositories: {
    id: Generated<number>
    name: RepositoryName
    created_at: number
    /** When it was deleted as a whole: its name then ends with `@` and the deletion, so that no request can mean it. */
    deleted_at: Generated<number | null>
    /** Of the blobs that it holds, each counted once. */
    bytes: Generated<number>
    /** Of those that no other repository holds. */
    unique_bytes: Generated<number>
  }
  /**
   * Every blob stored, and where. The key is not the digest, so a digest can be stored anew while an old object goes.
   * Without a key the bytes are in `small_blobs`.
   */
  blobs: {
    digest: Digest
    size: number
    storage_key: string | null
    created_at: number
    /** Repositories that hold it. */
    holders: number
    /** When the collector looks whether anything needs it; null: not before something changes. */
    review_at: number | null
    /** When its stored bytes were found to be wrong: it is not served until somebody pushes it again. */
    damaged_at: Generated<number | null>
  }
  small_blobs: { digest: Digest; content: Uint8Array }
  /** Which repository may serve which blob. */
  repository_blobs: {
    repository_id: number
    digest: Digest
    /** When it was last pushed, mounted or found by a pusher: for `gc.lease` from then on it stays without a manifest. */
    touched_at: number
    review_at: number | null
  }
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
    /** In the recycle bin since that deletion: invisible, and what it refers to is kept. Null: visible. */
    deletion: number | null
    /** When it last lost a tag, an index or a subject; null: never. */
    released_at: number | null
    review_at: number | null
  }
  /** One act of deleting, whose manifests and tags come back together. */
  deletions: {
    id: Generated<number>
    repository_id: number
    kind: DeletionKind
    /** For people: which rule or command. */
    reason: string
    actor: string
    actor_name: string
    deleted_at: number
    purge_at: number
  }
  /** Every move of a tag. `at` is the key, so it is raised where two would be the same. */
  tag_events: {
    repository_id: number
    tag: Tag
    at: number
    /** Null: the tag was deleted. */
    digest: Digest | null
    previous: Digest | null
    actor: string
    actor_name: string
    reason: string
    /** The deletion that took the tag along. */
    deletion: number | null
  }
  /** When a tag or digest was last pulled, to within a minute. */
  pulls: { repository_id: number; reference: string; pulled_at: number }
  /** Objects that no blob refers to any more, until nobody can be reading them. */
  trash: { storage_key: string; size: number; delete_after: number }
  /** Whoever says that images of a project are in use; what it says ends when it does not renew it. */
  protection_holders: {
    id: Generated<number>
    project_id: number
    name: string
    created_by: string
    expires_at: number
  }
  protections: { repository_id: number; digest: Digest; holder_id: number }
  retention_rules: RuleRow
  immutability_rules: RuleRow
  /** `source` is `label` or `user`. */
  tag_expiry: { repository_id: number; tag: Tag; expires_at: number; source: string }
  /** Limits (null: none) and what is used. */
  quotas: {
    project_id: number
    max_bytes: number | null
    max_repositories: number | null
    max_tags: number | null
    bytes: number
    repositories: number
    tags: number
    warned_at: number | null
  }
  /** Each blob of a project with a quota, and how many of its repositories hold it, deleted ones too. */
  quota_blobs: { project_id: number; digest: Digest; repositories: number }
  /** Bytes set aside for uploads; those of an upload that is gone count no more. */
  quota_reservations: { upload_id: string; project_id: number; bytes: number }
  /** What a project held on a day (`2026-01-31`, UTC): blobs each once, manifests too. */
  usage_samples: { project_id: number; day: string; bytes: number; repositories: number; tags: number }
  /** What the whole registry held on a day: blobs each once, and as if none was shared. */
  registry_samples: { day: string; stored_bytes: number; logical_bytes: number; repositories: number; tags: number }
  /** What jobs remember between runs, as JSON. */
  job_state: { name: string; state: string; updated_at: number }
  /** What one process holds for itself until it expires. */
  leases: { name: string; holder: string; expires_at: number }
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
    /** The process that wrote to it before: others know nothing of it that is worth remembering. */
    last_writer: string | null
    /** What it is being, or was, finished as. */
    digest: Digest | null
    created_at: number
    updated_at: number
  }
  /** Servers on this database that are, or were a moment ago. */
  replicas: {
    id: string
    host: string
    version: string
    started_at: number
    /** When it last said that it lives, by the database's clock. */
    seen_at: number
    /** The newest change of rights that it knew then. */
    access_version: number
  }
  /** Rows of the audit that have no place in the chain yet; `draft` is JSON. */
  audit_inbox: { id: Generated<number>; at: number; draft: string }
  /** Has no rows: on PostgreSQL a transaction locks it that must not lose against others once more. */
  write_turn: { id: number }
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

/** Why manifests are in the recycle bin. */
export type DeletionKind = 'manifest' | 'repository' | 'retention' | 'expired' | 'untagged'

interface RuleRow {
  id: Generated<number>
  project_id: number
  /** Pattern of names below the project; empty: all. */
  repositories: string
  /** A tag selector (registry/tag-selector.ts). */
  tags: string
  /** JSON object. */
  body: string
  created_by: string
  created_at: number
}
