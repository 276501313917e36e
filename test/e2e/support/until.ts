/** Asks again and again until the answer is not undefined; fails with what was waited for when the deadline passes. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  deadlineMs = 15_000,
): Promise<T> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const found = await ask()
    if (found !== undefined) return found
    if (performance.now() > end) throw new Error(`after ${deadlineMs} ms still not: ${what}`)
    await Bun.sleep(15)
  }
}

/** The same for a condition. */
export async function untilTrue(
  what: string,
  ask: () => Promise<boolean> | boolean,
  deadlineMs = 15_000,
): Promise<void> {
  await until(what, async () => ((await ask()) ? true : undefined), deadlineMs)
}

/** Fails when the work takes longer: for answers that must come at once. */
export async function within<T>(what: string, ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
