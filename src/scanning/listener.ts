import type { Clock } from '../lib/clock.ts'
import { isImage } from '../oci/runnable.ts'
import type { Listener } from '../registry/operation.ts'
import { enqueue } from './queue-store.ts'

/** Notes images that are pushed, in the push's own transaction: one row, and nothing is read. */
export function scanningListener(clock: Clock): Listener {
  return {
    name: 'scanning',
    heard: async (operation, tx) => {
      if (operation.type !== 'push-manifest' || !isImage(operation.manifest)) return
      await enqueue(tx, operation.digest, clock.now())
    },
  }
}
