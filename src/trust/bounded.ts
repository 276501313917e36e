import { z } from 'zod'
import { parseStrictJson } from '../oci/strict-json.ts'

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

const MAX_PARTS = 32_768
/** Comma, colon, and what opens a list or an object. */
const PARTS: ReadonlySet<number> = new Set([0x2c, 0x3a, 0x5b, 0x7b])

/**
 * As `parseStrictJson`, of what a stranger sent: objects take a hundred times as long as text of the same length, so they
 * are counted first. @throws SyntaxError
 */
export function parseBoundedJson(bytes: Uint8Array): unknown {
  let parts = 0
  for (const byte of bytes) if (PARTS.has(byte)) parts++
  if (parts > MAX_PARTS) throw new SyntaxError(`has more than ${MAX_PARTS} parts`)
  return parseStrictJson(bytes)
}

/** The first, the last, the second, the last but one: whoever adds more, on one side, never pushes all others out. */
export function fromBothEnds<T>(items: readonly T[]): readonly T[] {
  const half = Math.ceil(items.length / 2)
  const last = items.slice(half).reverse()
  return items.slice(0, half).flatMap((item, index) => {
    const other = last.slice(index, index + 1)
    return [item, ...other]
  })
}
