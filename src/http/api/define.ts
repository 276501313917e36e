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
    ...(parts.raw === true ? rawAnswer(parts.mediaType) : jsonAnswer(parts)),
    // The schemas above parse what this takes; the table forgets which row has which.
    handle: parts.handle as ApiRoute['handle'],
  }
}

type Answer = Pick<ApiRoute, 'response' | 'status' | 'mediaType'>

function rawAnswer(mediaType: string): Answer {
  return { response: undefined, status: 200, mediaType }
}

function jsonAnswer({ response, status }: Partial<Pick<ApiRoute, 'response' | 'status'>>): Answer {
  return { response, status: status ?? (response === undefined ? 204 : 200), mediaType: undefined }
}
