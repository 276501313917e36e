import { z } from 'zod'
import type { ApiKey } from '../../auth/api-key-store.ts'
import { date } from './schemas.ts'

export const apiKey = z.strictObject({
  id: z.string(),
  name: z.string(),
  scopes: z
    .array(z.strictObject({ pattern: z.string(), actions: z.array(z.string()) }))
    .optional()
    .describe('Absent: everything its owner may do.'),
  expiresAt: date,
  createdAt: date,
  usedAt: date.optional().describe('To the hour.'),
})

/** Never with the secret: nobody has it but who made the key. */
export function toApiKeyBody(key: ApiKey, usedAt: Date | undefined): z.infer<typeof apiKey> {
  return {
    id: key.id,
    name: key.name,
    ...(key.scopes === undefined
      ? {}
      : { scopes: key.scopes.map(({ pattern, actions }) => ({ pattern, actions: [...actions] })) }),
    expiresAt: key.expiresAt.toISOString(),
    createdAt: key.createdAt.toISOString(),
    ...(usedAt === undefined ? {} : { usedAt: usedAt.toISOString() }),
  }
}
