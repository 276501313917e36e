/** Everything that stands by, or works for nobody who waits. */
export const standing = new Set<{ end(): void }>()

/** For whoever has nothing more to ask, and is to end: a process that stands idle would keep it. */
export function endStandingProcesses(): void {
  for (const each of standing) each.end()
}
