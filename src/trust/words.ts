/** Text that a stranger wrote, made fit to be shown: one line, without control characters, not endless. */
export function shown(text: string, most = 300): string {
  const line = text
    .slice(0, most * 4)
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`
}

/** What an error says, for people. */
export function reasonOf(error: unknown): string {
  return shown(error instanceof Error ? error.message : String(error))
}
