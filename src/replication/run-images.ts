import { inLanes } from '../lib/lanes.ts'
import type { Turns } from '../lib/turns.ts'
import type { RepositoryName, Tag } from '../oci/name.ts'
import type { Counts } from './execution-store.ts'
import { backOffMs, type Failure, failureOf } from './failure.ts'
import type { ImageLine } from './image-store.ts'
import { pullTag } from './pull-tag.ts'
import { pushTag } from './push-tag.ts'
import { isSelected, nameOrNone } from './selection.ts'
import { type Outcome, outcome, type Work } from './work.ts'

/** A tag that has to be dealt with. */
export interface Wanted {
  readonly repository: string
  readonly tag: Tag
  /** How often it failed. */
  readonly attempts: number
}

export interface Dealt {
  readonly wanted: Wanted
  /** Undefined: it is none of the rule's business, or it failed. */
  readonly outcome: Outcome | undefined
  readonly failure: Failure | undefined
}

/** Deals with several at a time; those of one tag never at once, whatever rule of the same remote wants it. */
export async function dealWith(work: Work, turns: Turns<string>, wanted: readonly Wanted[]): Promise<Dealt[]> {
  const dealt: Dealt[] = []
  await inLanes(streamOf(wanted), work.rule.body.concurrency, async (each) => {
    if (work.signal.aborted) return
    dealt.push(await turns.run(keyOf(work, each), () => dealWithOne(work, each)))
  })
  work.signal.throwIfAborted()
  return dealt
}

async function* streamOf<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

/** By its name here; one that can have none fails in its turn. */
function keyOf({ rule }: Work, { repository, tag }: Wanted): string {
  return `${rule.remoteId} ${rule.direction === 'push' ? repository : (nameOrNone(rule, repository) ?? repository)}:${tag}`
}

async function dealWithOne(work: Work, wanted: Wanted): Promise<Dealt> {
  const { repository, tag } = wanted
  // It was changed since: what it does not select is none of its business any more, neither to look at nor to delete.
  if (!isSelected(work.rule, repository, tag))
    return { wanted, outcome: outcome('skipped', undefined, { reason: NOT_SELECTED }), failure: undefined }
  try {
    const done =
      work.rule.direction === 'push'
        ? await pushTag(work, { repository: repository as RepositoryName, tag })
        : await pullTag(work, repository, tag)
    return { wanted, outcome: done, failure: undefined }
  } catch (error) {
    work.signal.throwIfAborted()
    return { wanted, outcome: undefined, failure: failureOf(error) }
  }
}

const NOT_SELECTED = 'the rule does not select it any more'

/** A full run tries so often, over about twenty minutes. */
export const MAX_ATTEMPTS = 12

/** What the log says of it; undefined: nothing. `mayWait`: it is tried again, where that may help. */
export function lineOf(
  { wanted, outcome, failure }: Dealt,
  { now, mayWait }: { readonly now: Date; readonly mayWait: boolean },
): ImageLine | undefined {
  const attempts = wanted.attempts + 1
  const about = { repository: wanted.repository as RepositoryName, reference: wanted.tag, attempts, at: now }
  if (failure === undefined) {
    if (outcome === undefined) return undefined
    const { state, digest, reason, bytes } = outcome
    return { ...about, state, digest, reason, bytes, nextAt: undefined }
  }
  const waits = mayWait && failure.kind !== 'final' && attempts < MAX_ATTEMPTS
  const nextAt = waits ? new Date(now.getTime() + backOffMs(attempts, failure.retryAfterMs)) : undefined
  return { ...about, state: waits ? 'waiting' : 'failed', digest: undefined, reason: failure.reason, bytes: 0, nextAt }
}

export function countsOf(lines: readonly ImageLine[]): Counts {
  const count = (state: ImageLine['state']) => lines.filter((line) => line.state === state).length
  return {
    ...{ copied: count('copied'), present: count('present'), deleted: count('deleted'), skipped: count('skipped') },
    ...{ failed: count('failed'), conflicts: count('conflict') },
    bytes: lines.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}
