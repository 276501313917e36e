import type { AuditEntry, Recorder } from '../events/recorder.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import { RegistryMoved } from '../metadata/move-state.ts'
import type { Log } from '../observability/log.ts'
import { serialiseDraft, toDraft } from './draft.ts'
import { addWaiting } from './inbox-store.ts'
import { Notes } from './notes.ts'
import { createSealer } from './sealer.ts'

export interface RecorderOptions {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  /** For tests: a detail with a secret's key is an error, instead of a line in the log and a key less. */
  readonly strict?: boolean
}

/**
 * Keeps what happened. In the transaction of a change a row is only laid down: what it follows is found out afterwards
 * (`seal`), so that writers beside each other have no point at which they all must meet.
 */
export function createRecorder({ database, clock, log, strict = false }: RecorderOptions): Recorder {
  const onSecret = (action: string) => (key: string) => {
    if (strict) throw new Error(`the detail of ${action} has a key ${key}: the audit keeps no secrets`)
    log.error('a key that looks like a secret was left out of the audit; please report this', { action, key })
  }
  const draftOf = (entry: AuditEntry) => toDraft(entry, onSecret(entry.action))
  const notes = new Notes(database, clock)
  return {
    record: (tx, entry) => addWaiting(tx, { at: clock.now().getTime(), draft: serialiseDraft(draftOf(entry)) }),
    note: async (entry) => {
      const draft = draftOf(entry)
      await notes.add(draft).catch((error: unknown) => {
        // Whoever has not heard of the move may pull for a while still, which takes signing in.
        if (!(error instanceof RegistryMoved)) throw error
        log.info('the registry has moved, and its audit with it', { ...draft })
      })
    },
    seal: createSealer(database),
  }
}
