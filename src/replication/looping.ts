import type { TagMemory, Written } from './tag-store.ts'

const WINDOW_MS = 10 * 60_000
const REMEMBERED = 8
/** Writing the same to a tag so often within the window, with something else in between, is no work of people. */
const TIMES = 3

/**
 * Whether a rule writes what it has written again and again: somebody undoes it each time. It then goes by the greater
 * digest, as everybody in such a ring does, and so it ends.
 */
export function isLooping(
  memory: Pick<TagMemory, 'recent'> | undefined,
  digest: string | undefined,
  now: Date,
): boolean {
  const since = now.getTime() - WINDOW_MS
  const same = (memory?.recent ?? []).filter((each) => each.digest === (digest ?? '') && each.at > since)
  return same.length >= TIMES
}

export function noteWritten(
  memory: Pick<TagMemory, 'recent'> | undefined,
  digest: string | undefined,
  now: Date,
): readonly Written[] {
  return [...(memory?.recent ?? []), { digest: digest ?? '', at: now.getTime() }].slice(-REMEMBERED)
}
