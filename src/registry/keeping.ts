/** How long things stay that nothing names. */
export interface Keeping {
  /** A blob, or a manifest that was just pushed, without anything that names it. */
  readonly leaseMs: number
  /** A manifest without a name that nobody pulls; Infinity: for ever. */
  readonly untaggedMs: number
  /** What was deleted, in the recycle bin. */
  readonly binMs: number
  /** An object that no blob refers to any more. */
  readonly trashDelayMs: number
}

/** What waits is looked at this often at least: rules may have become stricter meanwhile. */
const REVIEW_EVERY_MS = 60 * 60 * 1000

/** When to look whether anything names a manifest that just lost what did. */
export function reviewTime({ untaggedMs }: Keeping, now: Date): Date {
  return new Date(now.getTime() + Math.min(untaggedMs, REVIEW_EVERY_MS))
}
