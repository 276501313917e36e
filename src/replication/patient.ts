import type { RemoteRegistry } from '../client/remote-registry.ts'
import type { Clock } from '../lib/clock.ts'
import { RemoteError } from '../registry/image-source.ts'

const MOST_TRIES = 4
const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 10_000

/**
 * A remote that is asked again, seconds later, when it answers that it failed: nobody waits for a replication as for a
 * pull, and an image is many requests, of which no attempt may find all to work. All of them may be done twice. What
 * cannot be reached at all is not waited for here.
 */
export function patient(remote: RemoteRegistry, clock: Clock, signal: AbortSignal): RemoteRegistry {
  const again = <P extends readonly unknown[], R>(ask: (...asked: P) => Promise<R>) => {
    return (...asked: P) => repeatedly(() => ask(...asked), clock, signal)
  }
  return {
    label: remote.label,
    repositories: (stop) => remote.repositories(stop),
    ping: (stop) => remote.ping(stop),
    health: () => remote.health(),
    resolve: again(remote.resolve),
    manifest: again(remote.manifest),
    blob: again(remote.blob),
    tagPage: again(remote.tagPage),
    referrers: again(remote.referrers),
    hasBlob: again(remote.hasBlob),
    mountBlob: again(remote.mountBlob),
    putBlob: again(remote.putBlob),
    putManifest: again(remote.putManifest),
    deleteTag: again(remote.deleteTag),
  }
}

async function repeatedly<T>(ask: () => Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      const delayMs = tries < MOST_TRIES && !signal.aborted ? delayAfter(error, tries) : undefined
      if (delayMs === undefined) throw error
      await clock.sleep(delayMs, signal)
      signal.throwIfAborted()
    }
  }
}

/** Undefined: it is not worth it, or not so soon. */
function delayAfter(error: unknown, tries: number): number | undefined {
  if (!(error instanceof RemoteError) || error.kind !== 'failed') return undefined
  const delayMs = Math.max(error.retryAfterMs ?? 0, FIRST_DELAY_MS * 2 ** (tries - 1))
  return delayMs <= LONGEST_DELAY_MS ? delayMs : undefined
}
