/**
 * Turns many requests for the same piece of work into few runs of it: a caller is answered by a run that began after
 * it asked, and everyone who asks during a run shares the next one. This is group commit when the work is an fsync.
 */
export function coalesce(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined

  function start(): Promise<void> {
    const run = work().finally(() => {
      if (running === run) running = undefined
    })
    running = run
    return run
  }

  async function startAfter(current: Promise<void>): Promise<void> {
    await current.catch(() => undefined)
    next = undefined
    return start()
  }

  return () => {
    if (running === undefined) return start()
    next ??= startAfter(running)
    return next
  }
}
