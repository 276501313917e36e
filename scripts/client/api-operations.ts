import { z } from 'zod'
import { apiRoutes } from '../../src/api-routes.ts'
import type { ApiRoute } from '../../src/http/api/api-route.ts'

export const API_OPERATIONS_FILE = 'src/client/admin/api-operations.ts'

/** What a program needs to call an operation by its name: types are gone when it runs. */
export async function apiOperations(): Promise<string> {
  const rows = [...(await apiRoutes())].sort((a, b) => (a.id < b.id ? -1 : 1)).map(rowOf)
  return `// Made by \`npm run docs\`; not to be changed by hand.
/** Method, path below /api/v1, and the names that the query takes; "limit" with the most that it may be. */
export const API_OPERATIONS = {
${rows.join('\n')}
} as const
`
}

function rowOf({ id, method, path, query }: ApiRoute): string {
  const names = Object.keys(query.shape).map((name) => (name === 'limit' ? `limit=${mostOf(query)}` : name))
  const row = `  ${id}: '${method} ${path}${names.length === 0 ? '' : `?${names.join('&')}`}',`
  // As the formatter has it.
  return row.length <= 120 ? row : row.replace(': ', ':\n    ')
}

function mostOf(query: z.ZodObject): number {
  const { properties } = z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' })
  const limit = properties?.limit
  if (typeof limit === 'object' && limit.maximum !== undefined) return limit.maximum
  throw new Error('a list says how much it gives at most')
}
