import type { Actor } from '../lib/actor.ts'
import type { Transaction } from '../metadata/db.ts'

/** One thing that happened, or was refused. Holds no secret, ever. */
export interface AuditEntry {
  readonly actor: Actor
  /** What, in the past tense: `user.created`, `manifest.pushed`, `sign-in`. */
  readonly action: string
  /** What it was done to: `user:alice`, `project:team`, `repository:team/app`. */
  readonly target: string
  readonly outcome: 'done' | 'refused'
  /** For programs and people: what changed, or which rule refused. */
  readonly detail?: Readonly<Record<string, unknown>>
}

/** Keeps what happened. */
export interface Recorder {
  /** A change: the row is there exactly when the change is. */
  record(tx: Transaction, entry: AuditEntry): Promise<void>
  /** A sign-in or a refusal: nothing else changed. Returns when the row survives the death of the process. */
  note(entry: AuditEntry): Promise<void>
  /** Whoever reads the audit afterwards finds all that was committed before, in its place of the chain. */
  seal(): Promise<void>
}
