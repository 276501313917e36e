import { z } from 'zod'
import { parseListenAddress } from '../lib/addresses.ts'

/** Environment variables are text, so `true` and `12` are understood as text too. */
export const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])
export const count = z.union([
  z.int().nonnegative(),
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number),
])

/** A part of a whole. */
export const ratio = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^(?:0|1|0?\.\d{1,9}|1\.0{1,9})$/, 'must be a number from 0 to 1')
      .transform(Number),
  ])
  .pipe(z.number().min(0).max(1))

export const percent = count.pipe(z.number().min(1).max(100))

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90s`, `15m`, `24h` or `7d`, in milliseconds. */
export const duration = z
  .string()
  .regex(/^\d{1,6}[smhd]$/, 'must be a number with s, m, h or d, for example "24h"')
  .transform((text) => Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? 0))

export const durationOrNever = z.union([duration, z.literal('never')])

/** In the largest unit that it is a multiple of, as `duration` reads it. */
export function formatDuration(ms: number): string {
  const [unit = 's', unitMs = 1000] = Object.entries(UNITS).findLast(([, each]) => ms > 0 && ms % each === 0) ?? []
  return `${ms / unitMs}${unit}`
}

export const listenAddress = z.string().transform((text, context) => {
  try {
    return { text, ...parseListenAddress(text) }
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
    return z.NEVER
  }
})

/** A list; as text, with commas between. */
export const texts = z.union([
  z.array(z.string()),
  z.string().transform((text) => text.split(',').filter((part) => part !== '')),
])
