import type { Digest } from '../oci/digest.ts'
import { isGreater } from './decide.ts'
import { hashOfReferrers, lookAt, moveHere, remember } from './memory.ts'
import { cameFrom } from './origin.ts'
import type { LocalTag, TagMemory } from './tag-store.ts'
import { type PlaceThere, writeThere } from './transfer.ts'
import { type Outcome, outcome, type Work } from './work.ts'

export interface Written {
  readonly memory: TagMemory
  /** Undefined: a deletion. */
  readonly wrote: Digest | undefined
  /** What was here when it was decided; undefined: that was before a crash, or it failed, and nobody knows whether it was written. */
  readonly before?: LocalTag
  /** A hash of what was brought along. */
  readonly referrers?: string | undefined
  readonly bytes?: number
  readonly isConflict?: boolean
}

/**
 * After a tag was written to the remote: had the remote written here at the same time, both would now have what the other
 * one had. Whichever write ends last finds this: it lies between that write's own look and its end. The greater digest
 * then is what both get.
 */
export async function settleWrite(
  work: Work,
  at: PlaceThere,
  written: Written,
): Promise<Outcome | 'again' | undefined> {
  const { memory, wrote, before } = written
  const { local } = await lookAt(work, at)
  if (before !== undefined && local.movedAt === before.movedAt && local.digest === before.digest)
    return finish(work, at, written, local)
  if (local.mover === undefined || !cameFrom(work.rule, work.rules, local.mover)) {
    // Changed here meanwhile, by somebody else: that is looked at next.
    const known = await whatIsKnown(work, at, written)
    const now = await remember(work, at, memory, { ...known, writing: undefined })
    const isLeftThere = local.digest === undefined && now.brought && !work.rule.body.deletes
    return isLeftThere ? outcome('copied', wrote, { reason: GONE_HERE, bytes: written.bytes ?? 0 }) : 'again'
  }
  const there = (await work.target.resolve(at.there, at.tag, work.signal))?.digest
  if (there === wrote && there !== local.digest) return uncross(work, at, written, local)
  const known = { digest: there, brought: false, settledAt: local.movedAt, writing: undefined }
  await remember(work, at, memory, known)
  return outcome('present', local.digest, { reason: 'the remote has changed it since' })
}

const GONE_HERE = 'it was deleted here meanwhile'

/** Of what is there now. */
async function whatIsKnown(
  work: Work,
  at: PlaceThere,
  { wrote, before }: Written,
): Promise<Partial<Pick<TagMemory, 'digest' | 'brought' | 'settledAt'>>> {
  const known = { digest: wrote, brought: wrote !== undefined }
  if (before !== undefined) return { ...known, settledAt: before.movedAt }
  if (wrote === undefined) return {}
  return (await work.target.resolve(at.there, at.tag, work.signal))?.digest === wrote ? known : {}
}

async function finish(work: Work, at: PlaceThere, written: Written, local: LocalTag): Promise<Outcome> {
  const { memory, wrote, referrers, bytes = 0, isConflict = false } = written
  const brought = wrote !== undefined
  const known = { digest: wrote, brought, settledAt: local.movedAt, writing: undefined }
  await remember(work, at, memory, { ...known, referrers })
  if (isConflict) return outcome('conflict', wrote, { reason: WON, bytes })
  return outcome(wrote === undefined ? 'deleted' : 'copied', wrote, { bytes })
}

const WON = 'the tag was changed on both sides; what is here was brought there, the other is in the history of that tag'

/** The other side has what was written, and this side has what the other one had. */
async function uncross(work: Work, at: PlaceThere, written: Written, local: LocalTag): Promise<Outcome | 'again'> {
  const { memory, wrote } = written
  if (isGreater(wrote, local.digest)) {
    const movedAt = await moveHere(work, at, { from: local.digest, to: wrote })
    if (movedAt === undefined) return 'again'
    const referrers = await hashOfReferrers(work, { ...local, digest: wrote })
    const known = { digest: wrote, brought: true, settledAt: movedAt, writing: undefined }
    await remember(work, at, memory, { ...known, referrers })
    return outcome('conflict', wrote, { reason: CROSSED })
  }
  // What came from there is what both get: there it has been overwritten.
  const begun = await remember(work, at, memory, { writing: local.digest ?? null })
  await writeThere(work, at, local.digest)
  const again = await settleWrite(work, at, { ...written, memory: begun, wrote: local.digest, before: local })
  if (again === 'again' || again === undefined) return 'again'
  return outcome('conflict', local.digest, { reason: CROSSED })
}

const CROSSED = 'the tag was changed on both sides at once; both have the greater digest now'
