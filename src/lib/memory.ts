/**
 * Starting leaves much behind that is never needed again, and nothing else would give it back while nobody asks for
 * anything. Stops everything for some milliseconds.
 */
export function returnMemory(): void {
  Bun.gc(true)
  Bun.shrink()
}
