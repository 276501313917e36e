import type { Clock } from '../lib/clock.ts'
import { randomId } from '../lib/ids.ts'
import type { Database } from '../metadata/db.ts'
import { releaseLease, takeLease } from '../metadata/leases.ts'
import { orMoved } from '../metadata/move-state.ts'

/** While the snapshot is written nothing can be renewed, because this process stands still. */
const SNAPSHOT_MS = 1_200_000
const TTL_MS = 120_000
const RENEW_EVERY_MS = 20_000

export interface Hold {
  /** From now on it is renewed, and ends soon after this process does. */
  startRenewing(): Promise<void>
  /** @throws Error when it was not renewed in time, so that objects may have been removed */
  check(): void
}

/** While the work lasts the collector removes no object from the store. */
export async function whileHeld<T>(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  work: (hold: Hold) => Promise<T>,
): Promise<T> {
  const holder = randomId()
  const name = `backup:${holder}`
  const take = async (ttlMs: number) => {
    const now = clock.now()
    await database.write((tx) => takeLease(tx, { name, holder, now, ttlMs }))
    return now.getTime() + ttlMs
  }
  const ended = new AbortController()
  let heldUntil = await take(SNAPSHOT_MS)
  let failure: unknown
  let renewing: Promise<void> | undefined

  const renew = async () => {
    for (;;) {
      await clock.sleep(RENEW_EVERY_MS, ended.signal)
      if (ended.signal.aborted) return
      if (clock.now().getTime() > heldUntil) throw new Error('the hold on the stored objects ran out')
      heldUntil = await take(TTL_MS)
    }
  }
  try {
    return await work({
      startRenewing: async () => {
        heldUntil = await take(TTL_MS)
        renewing = renew().catch((error: unknown) => {
          failure = error
        })
      },
      check: () => {
        if (failure !== undefined || clock.now().getTime() > heldUntil)
          throw new Error('the copy was held up for too long, and may lack objects; run it again', { cause: failure })
      },
    })
  } finally {
    ended.abort()
    await renewing
    await orMoved(database.write((tx) => releaseLease(tx, name, holder)))
  }
}
