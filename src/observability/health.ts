import type { Database } from '../metadata/db.ts'
import type { BlobStore } from '../storage/blob-store.ts'

/** Long enough to spare the disk, short enough to notice trouble between two probes. */
const REMEMBER_MS = 5000

export interface Health {
  /** Every reason not to send requests here; empty when all is well. Reasons are for people. */
  problems(): Promise<readonly string[]>
  /** From now on not ready: the process is about to end. */
  drain(): void
  readonly isDraining: boolean
}

/** Readiness by doing what a push does: a durable write to the database, and one to the store. */
export function createHealth(database: Database, blobs: BlobStore): Health {
  let draining = false
  let last: { at: number; problems: Promise<readonly string[]> } | undefined

  async function check(): Promise<readonly string[]> {
    const results = await Promise.allSettled([probeDatabase(database), blobs.probe()])
    return ['database', 'storage'].flatMap((part, index) => {
      const result = results[index]
      return result?.status === 'rejected' ? [`${part}: ${reasonOf(result.reason)}`] : []
    })
  }

  return {
    problems: async () => {
      if (draining) return ['shutting down']
      const now = performance.now()
      if (last === undefined || now - last.at > REMEMBER_MS) last = { at: now, problems: check() }
      return last.problems
    },
    drain: () => {
      draining = true
    },
    get isDraining() {
      return draining
    },
  }
}

/**
 * For as long as requests are answered from memory the server is of use: several that are taken out of service at once,
 * because their database restarts, would leave nobody to ask.
 */
async function probeDatabase(database: Database): Promise<void> {
  await database.refresh()
  if (database.away() === undefined) await database.probe()
}

function reasonOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason)
}
