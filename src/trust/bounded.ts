import { z } from 'zod'

/** A list of at most so many. Counted first: of each wrong item the schema would make a complaint, and a stranger sends millions. */
export function atMost<T>(most: number, item: z.ZodType<T>) {
  return z.array(z.unknown()).max(most).pipe(z.array(item))
}

/** The values that are texts, by their names. */
export const texts = z
  .record(z.string(), z.unknown())
  .transform((values) =>
    Object.fromEntries(
      Object.entries(values).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : [])),
    ),
  )
