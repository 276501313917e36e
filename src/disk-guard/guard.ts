import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../observability/log.ts'
import type { Guard } from '../registry/operation.ts'
import type { BlobStore } from '../storage/blob-store.ts'

interface DiskGuardParts {
  readonly config: Config
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly log: Log
}

/** That there is room is believed for this long; that there is none never. */
const REMEMBER_MS = 1000
const WARN_EVERY_MS = 60 * 60 * 1000

/**
 * Refuses bytes when the disk is nearly full, so that what frees it can still work: deletes, collection, the database.
 * @throws Error with the code ENOSPC
 */
export function diskGuard({ config, blobs, clock, log }: DiskGuardParts): Guard {
  const { refuseAt, warnAt } = config.disk
  let roomyUntil = Number.NEGATIVE_INFINITY
  let quietUntil = Number.NEGATIVE_INFINITY

  function warn(usedPercent: number, freeBytes: number, now: number): void {
    if (usedPercent < warnAt || now < quietUntil) return
    quietUntil = now + WARN_EVERY_MS
    log.warn('the disk fills up: delete images, wait for the collector, or give it more room', {
      usedPercent,
      freeBytes,
      ...{ warnAt, refuseAt },
    })
  }

  return {
    name: 'disk-guard',
    check: async () => undefined,
    admitBytes: async () => {
      const now = clock.now().getTime()
      if (now < roomyUntil && now >= roomyUntil - REMEMBER_MS) return
      const room = await blobs.room()
      if (room !== undefined && room.totalBytes > 0) {
        const usedPercent = Math.floor((1 - room.freeBytes / room.totalBytes) * 1000) / 10
        warn(usedPercent, room.freeBytes, now)
        if (usedPercent >= refuseAt) throw new DiskNearlyFull(usedPercent, refuseAt)
      }
      roomyUntil = now + REMEMBER_MS
    },
  }
}

/** Answered like a disk that is full: to a client it is. */
class DiskNearlyFull extends Error {
  readonly code = 'ENOSPC'

  constructor(usedPercent: number, refuseAt: number) {
    super(`ENOSPC: ${usedPercent} % of the disk are in use; uploads are refused from ${refuseAt} % on (disk.refuseAt)`)
    this.name = 'DiskNearlyFull'
  }
}
