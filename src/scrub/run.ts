import type { Actor } from '../lib/actor.ts'
import type { Registry } from '../registry/registry.ts'
import { scrubBlobs, type Step } from './pass.ts'
import { readScrubState, type ScrubState, writeScrubState } from './state.ts'

/** A whole pass at once, as fast as the disk is. Tells of what it finds on the way. */
export async function scrubNow(
  registry: Registry,
  actor: Actor,
  found: (step: Exclude<Step, { type: 'read' }>) => void | Promise<void>,
): Promise<NonNullable<ScrubState['lastPass']> & { readonly away: number }> {
  const { clock, database } = registry
  const startedAt = clock.now().getTime()
  let [blobs, bytes, damaged, away] = [0, 0, 0, 0]
  for await (const step of scrubBlobs(registry, actor, '')) {
    if (step.type === 'read') continue
    await found(step)
    if (step.type === 'away') {
      away++
      continue
    }
    blobs++
    bytes += step.blob.sizeBytes
    if (step.type === 'damaged') damaged++
  }
  const lastPass = { blobs, bytes, damaged, startedAt, endedAt: clock.now().getTime() }
  const { pass } = await readScrubState(database.reader)
  await database.write((tx) => writeScrubState(tx, { pass, lastPass }, clock.now()))
  return { ...lastPass, away }
}
