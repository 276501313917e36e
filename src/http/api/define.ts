import { z } from 'zod'
import type { ApiRoute, RouteParts } from './api-route.ts'

const MAX_BODY_BYTES = 64 * 1024
const NOTHING = z.strictObject({})

/** `define('POST /projects', { … })`. */
export function define<
  P extends z.ZodObject = typeof NOTHING,
  Q extends z.ZodObject = typeof NOTHING,
  B extends z.ZodType = z.ZodUndefined,
>(route: `${ApiRoute['method']} /${string}`, parts: RouteParts<P, Q, B>): ApiRoute {
  const [method = '', path = ''] = route.split(' ')
  return {
    id: parts.id,
    method: method as ApiRoute['method'],
    path,
    access: parts.access,
    summary: parts.summary,
    parameters: parts.parameters ?? NOTHING,
    query: parts.query ?? NOTHING,
    body: parts.body,
    maxBodyBytes: parts.maxBodyBytes ?? MAX_BODY_BYTES,
    response: parts.response,
    status: parts.status ?? (parts.response === undefined ? 204 : 200),
    // The schemas above parse what this takes; the table forgets which row has which.
    handle: parts.handle as ApiRoute['handle'],
  }
}
