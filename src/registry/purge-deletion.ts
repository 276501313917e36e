import type { Actor } from '../lib/actor.ts'
import { Problem } from '../lib/problem.ts'
import { countManifestsIn, findBinEntry } from '../metadata/bin-list.ts'
import { setPurgeAt } from '../metadata/bin-content.ts'
import type { Registry } from './registry.ts'

/**
 * Empties the recycle bin of one deletion: from now on it cannot be restored, and the next run of the collector removes
 * it for good. @throws Problem
 */
export async function purgeDeletion(registry: Registry, actor: Actor, deletion: number): Promise<void> {
  await registry.database.write(async (tx) => {
    const entry = await findBinEntry(tx, deletion)
    if (entry === undefined)
      throw new Problem('not-found', `there is nothing of the deletion ${deletion} in the recycle bin any more`)
    const now = registry.clock.now()
    if (entry.purgeAt <= now) return
    await setPurgeAt(tx, deletion, now)
    await registry.recorder.record(tx, {
      actor,
      action: 'deletion.purged',
      target: `repository:${entry.repository}`,
      outcome: 'done',
      detail: { deletion, kind: entry.kind, manifests: await countManifestsIn(tx, entry) },
    })
  })
}
