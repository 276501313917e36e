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

/**
 * When to look whether anything names a manifest that just lost what did. Not before a lease is over: a pusher may have
 * been told of it while it still had its name, and rely on it.
 */
export function reviewTime({ untaggedMs, leaseMs }: Keeping, now: Date): Date {
  return new Date(now.getTime() + Math.max(leaseMs, Math.min(untaggedMs, REVIEW_EVERY_MS)))
}
