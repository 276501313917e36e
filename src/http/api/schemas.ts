import { z } from 'zod'
import { REPOSITORY_ACTIONS, ROLES } from '../../access/actions.ts'
import { Problem } from '../../lib/problem.ts'

export const page = z.strictObject({
  after: z.string().max(300).default('').describe('Only what comes after this name.'),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('How many at most.'),
})

export const date = z.iso.datetime().describe('RFC 3339, UTC.')
export const userName = z.string().max(64).describe('Name of a user.')
export const projectName = z.string().max(255).describe('Name of a project; a slash in it is written %2F in a path.')
export const systemRole = z.enum(['administrator', 'auditor', 'none'])
export const allows = z
  .string()
  .max(100)
  .describe(`A role (${ROLES.join(', ')}), or actions with commas between them: ${REPOSITORY_ACTIONS.join(', ')}.`)
export const days = z.int().min(1).max(3650)

export function listOf(item: z.ZodType) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().optional().describe('Pass it as "after" for the next page; absent on the last.'),
  })
}

/** Of one item more than the page holds, the page. */
export function paged<T>(
  found: readonly T[],
  limit: number,
  keyOf: (item: T) => string,
): { items: T[]; next?: string } {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return found.length > limit && last !== undefined ? { items, next: keyOf(last) } : { items }
}

/** Where a page in order of time goes on: `<ms>.<name>`. @throws Problem */
export function timedCursor<T>(after: string, make: (name: string, ms: number) => T): T {
  const [, ms, name] = /^(\d{1,15})\.(.{1,255})$/.exec(after) ?? []
  if (ms === undefined || name === undefined)
    throw new Problem('invalid', '"after" is not what the page before ended with')
  return make(name, Number(ms))
}
