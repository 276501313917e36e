const DAY_MS = 86_400_000

/** A day from now, as a field for days wants it. */
export function inDays(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)
}

/** The moment at which the day of the field "end" begins where the viewer is. */
export function endOf(form: FormData): string {
  return new Date(`${form.get('end')}T00:00`).toISOString()
}
