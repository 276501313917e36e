import type { Generated } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'

/** Rules that bring images to and from other registries, and what became of each run. Times are milliseconds since 1970. */
export interface ReplicationTables {
  /** `body` is a JSON object: filters, renaming, triggers, limits. */
  replication_rules: {
    id: Generated<number>
    name: string
    remote_id: number
    direction: ReplicationDirection
    body: string
    enabled: number
    created_by: string
    created_at: number
    /** When its schedule is due; null: it has none, or is not enabled. */
    next_run_at: number | null
  }
  replication_executions: {
    id: Generated<number>
    rule_id: number
    trigger: ReplicationTrigger
    actor: string
    state: ExecutionState
    created_at: number
    started_at: number | null
    ended_at: number | null
    /** JSON: how far it came, so that another process can go on there; null: not begun. */
    progress: string | null
    /** 1: somebody wants it to end. */
    stopping: Generated<number>
    copied: Generated<number>
    present: Generated<number>
    deleted: Generated<number>
    skipped: Generated<number>
    failed: Generated<number>
    conflicts: Generated<number>
    bytes: Generated<number>
    /** Why it failed as a whole, for people. */
    error: string | null
  }
  /** The log of an execution, a row an image. */
  replication_images: {
    execution_id: number
    /** As it is called here. */
    repository: RepositoryName
    /** A tag, a digest, or `*` for the whole repository. */
    reference: string
    digest: Digest | null
    state: ReplicatedState
    reason: string
    attempts: number
    bytes: number
    at: number
    /** Of one that waits: when it is tried again. */
    next_at: number | null
  }
  /** What changed here and has to be looked at, written in the change's own transaction. One row however often it changes. */
  replication_queue: {
    rule_id: number
    repository: RepositoryName
    reference: string
    /** Raised by each change, so that whoever worked on the one before leaves the row. */
    seq: number
    attempts: number
    next_at: number
  }
  /** What a rule knows of a tag since it last looked. */
  replication_tags: {
    rule_id: number
    repository: RepositoryName
    tag: Tag
    /** The repository's name at the remote. */
    there: string
    /** What the tag names at the remote, as far as this rule knows; null: nothing. */
    digest: Digest | null
    /** 1: this rule brought what is there, so it may delete it too. */
    brought: number
    /** Everything that happened to the tag here until then is settled with the remote. */
    settled_at: number
    /** A hash of the digests of what was about the image when it was last brought along; null: nothing. */
    referrers: string | null
    referrers_at: number
    /** What is being written to the remote; null: nothing. Empty: a deletion. */
    writing: string | null
    /** JSON: what it wrote lately, to notice when two places undo each other's work. */
    recent: string
  }
}

export type ReplicationDirection = 'push' | 'pull'
export type ReplicationTrigger = 'manual' | 'schedule' | 'event' | 'retry'
export type ExecutionState = 'waiting' | 'running' | 'done' | 'failed' | 'stopped'
/** `waiting`: it failed, and is tried again. */
export type ReplicatedState = 'copied' | 'present' | 'deleted' | 'skipped' | 'conflict' | 'failed' | 'waiting'
