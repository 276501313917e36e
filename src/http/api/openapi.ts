import { z } from 'zod'
import type { ApiAccess, ApiRoute } from './api-route.ts'

const ACCESS_TEXT: Readonly<Record<Exclude<ApiAccess, `repository:${string}`>, string>> = {
  public: 'Anybody.',
  'signed-in': 'Whoever is signed in.',
  visible: 'Whoever is signed in; on an open registry anybody.',
  own: 'People with a password or a browser session, about themselves.',
  inspect: 'Administrators and auditors.',
  administer: 'Administrators.',
  see: 'Whoever may know of the project.',
  manage: 'Owners of the project.',
}

function accessText(access: ApiAccess): string {
  if (!access.startsWith('repository:')) return ACCESS_TEXT[access as keyof typeof ACCESS_TEXT]
  return `Whoever may ${access.slice('repository:'.length)} in the repository.`
}

const problem = {
  description: 'It cannot be done; the detail says why (RFC 9457).',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

/** OpenAPI 3.1, made of the same table that is served. */
export function openApi(routes: readonly ApiRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = paths[route.path] ?? {}
    paths[route.path] = path
    path[route.method.toLowerCase()] = operationOf(route)
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Berth administration', version, description: 'Who may do what in this registry.' },
    servers: [{ url: '/api/v1' }],
    security: [{ basic: [] }, { session: [] }, { terminal: [] }],
    paths,
    components: {
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'A user name with its password or an API key.' },
        terminal: { type: 'http', scheme: 'bearer', description: 'The token that "berth login" keeps.' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-berth' },
      },
      schemas: {
        Problem: {
          type: 'object',
          required: ['title', 'status', 'detail'],
          properties: {
            title: { type: 'string' },
            status: { type: 'integer' },
            detail: { type: 'string' },
            requestId: { type: 'string' },
          },
        },
      },
    },
  }
}

function operationOf(route: ApiRoute): object {
  return {
    operationId: route.id,
    summary: route.summary,
    description: `For: ${accessText(route.access)}`,
    ...(route.access === 'public' ? { security: [] } : {}),
    parameters: [...parametersOf(route.parameters, 'path'), ...parametersOf(route.query, 'query')],
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: jsonOf(route.body, 'input') } }),
    responses: {
      [route.status]: {
        description: route.status === 204 ? 'Done.' : 'The answer.',
        ...contentOf(route),
      },
      default: problem,
    },
  }
}

function contentOf({ response, mediaType }: ApiRoute): object {
  if (mediaType !== undefined) return { content: { [mediaType]: { schema: { type: 'string' } } } }
  return response === undefined ? {} : { content: jsonOf(response, 'output') }
}

function jsonOf(schema: z.ZodType, io: 'input' | 'output'): object {
  return { 'application/json': { schema: schemaOf(schema, io) } }
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

function parametersOf(schema: z.ZodObject, place: 'path' | 'query'): object[] {
  return Object.entries(schema.shape).map(([name, value]) => ({
    name,
    in: place,
    required: place === 'path' || !(value as z.ZodType).safeParse(undefined).success,
    schema: schemaOf(value as z.ZodType, 'input'),
  }))
}
