import type { AuditEntry, Recorder } from '../events/recorder.ts'
import type { Clock } from '../lib/clock.ts'
import { Lru } from '../lib/lru.ts'
import { TokenBuckets } from '../lib/token-bucket.ts'

/** Of one asker: so many refusals at once, then one a second; the next row says how many had none of their own. */
const BURST = 60
const PER_SECOND = 1
const ASKERS = 10_000

/** Whoever may do nothing must not be able to fill the disk with being told so. */
export function limitRefusals(recorder: Recorder, clock: Clock): Recorder {
  const buckets = new TokenBuckets(PER_SECOND, BURST, ASKERS)
  const omitted = new Lru<string, number>(ASKERS)
  return {
    record: (tx, entry) => recorder.record(tx, entry),
    seal: () => recorder.seal(),
    note: async (entry) => {
      if (entry.outcome !== 'refused') return recorder.note(entry)
      const asker = askerOf(entry)
      const left = omitted.get(asker) ?? 0
      if (buckets.take(asker, clock.now().getTime()) > 0) {
        omitted.set(asker, left + 1)
        return
      }
      omitted.delete(asker)
      await recorder.note(left === 0 ? entry : { ...entry, detail: { ...entry.detail, omitted: left } })
    },
  }
}

function askerOf({ actor }: AuditEntry): string {
  return actor.id === 'anonymous' ? `address ${actor.address}` : actor.id
}
