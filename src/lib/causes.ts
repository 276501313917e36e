/** What went wrong and what is behind it, for a log. */
export function causesOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const told: string[] = []
  for (let at: unknown = error; at instanceof Error && told.length < 5; at = at.cause)
    if (at.message !== '' && !told.includes(at.message)) told.push(at.message)
  return told.join(': ')
}
