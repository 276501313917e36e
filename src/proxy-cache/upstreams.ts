import type { Log } from '../observability/log.ts'
import type { RemoteRegistry } from '../client/remote-registry.ts'
import type { Remotes } from '../remotes/remotes.ts'
import { RemoteError } from '../registry/image-source.ts'
import type { SourceAt } from './source.ts'

/** A repository at an upstream. */
export interface Upstream extends SourceAt {
  readonly remote: RemoteRegistry
}

/** @throws RemoteError also when its password cannot be read: then it is not asked */
export async function openUpstream(remotes: Remotes, log: Log, place: SourceAt): Promise<Upstream> {
  try {
    return { ...place, remote: await remotes.open(place.source.remoteId) }
  } catch (error) {
    log.error('an upstream cannot be used', { remote: place.source.remote, error })
    throw new RemoteError('unreachable', `${place.source.remote} cannot be used`, { cause: error })
  }
}

/** What came of asking places in their order. */
export type Search<T> =
  | { readonly found: T; readonly place: SourceAt }
  /** It has to be asked again later: whoever comes after it must not take its names over while it is down. */
  | { readonly failed: RemoteError; readonly place: SourceAt }
  | { readonly refusedBy: readonly string[] }

/**
 * Asks one place after the other. One that does not have it, or does not let us see it, leaves it to the next; one that
 * fails ends the search. So does one that does not let us in at all, and the `owner`, a source from which it came before,
 * when it does not let us see it any more: with credentials that ran out, its names are nobody else's.
 */
export async function searchPlaces<T>(
  remotes: Remotes,
  places: readonly SourceAt[],
  ask: (place: SourceAt) => Promise<T | undefined>,
  owner?: number,
): Promise<Search<T>> {
  const refusedBy: string[] = []
  for (const place of places) {
    try {
      const found = await ask(place)
      if (found !== undefined) return { found, place }
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error
      if (error.kind !== 'refused' || place.source.id === owner || (await isShutOut(remotes, place)))
        return { failed: error, place }
      refusedBy.push(place.source.remote)
    }
  }
  return { refusedBy }
}

/** Whether our password is not taken there: then "refused" says nothing of what is there. */
async function isShutOut(remotes: Remotes, { source }: SourceAt): Promise<boolean> {
  return (await remotes.open(source.remoteId)).health().signedIn === false
}
