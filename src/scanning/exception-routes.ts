import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { oneProject, projectOf } from '../http/api/projects-api.ts'
import { date, listOf } from '../http/api/schemas.ts'
import { type Exception, listExceptions, listVex, type StoredVex } from './exception-store.ts'
import { addException, addVex, removeException, removeVex } from './manage-exceptions.ts'
import { MAX_VEX_BYTES, parseVex } from './vex.ts'

const repositories = z.string().max(255).describe('Pattern of repository names below the project; empty: all.')
const exception = z.strictObject({
  id: z.int(),
  vulnerability: z.string().max(100).describe('As findings name it: CVE-2024-3094.'),
  package: z.string().max(512).describe('Name of the package; empty: any.'),
  repositories,
  reason: z.string().max(2000),
  expiresAt: date.describe('Within a year: somebody looks at it again.'),
  createdBy: z.string(),
  createdAt: date,
})

function toBody({ expiresAt, createdAt, ...rest }: Exception): z.infer<typeof exception> {
  return { ...rest, expiresAt: expiresAt.toISOString(), createdAt: createdAt.toISOString() }
}

const vex = z.strictObject({
  id: z.int(),
  repositories,
  statements: z.int(),
  createdBy: z.string(),
  createdAt: date,
})

function toVexBody({ id, repositories: where, content, createdBy, createdAt }: StoredVex): z.infer<typeof vex> {
  const statements = parseVex(content).length
  return { id, repositories: where, statements, createdBy, createdAt: createdAt.toISOString() }
}

export const exceptionRoutes: readonly ApiRoute[] = [
  define('GET /projects/{project}/exceptions', {
    id: 'listExceptions',
    access: 'see',
    summary: 'Findings of a project that somebody judged to be none, until a date.',
    parameters: oneProject,
    response: listOf(exception),
    handle: async (call) => ({
      items: (await listExceptions(call.m.database.reader, projectOf(call).id)).map(toBody),
    }),
  }),
  define('POST /projects/{project}/exceptions', {
    id: 'addException',
    access: 'manage',
    summary: 'Says that a finding is none, why, and until when. It stays visible, and does not count.',
    parameters: oneProject,
    body: exception
      .omit({ id: true, createdBy: true, createdAt: true })
      .partial({ package: true, repositories: true })
      .extend({ expiresAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text)) }),
    response: exception,
    handle: async (call) => toBody(await addException(call.m, call, projectOf(call), call.body)),
  }),
  define('DELETE /projects/{project}/exceptions/{exception}', {
    id: 'removeException',
    access: 'manage',
    summary: 'Ends an exception: its findings count again at once.',
    parameters: oneProject.extend({ exception: z.coerce.number().int() }),
    handle: async (call) => removeException(call.m, call, projectOf(call), call.parameters.exception),
  }),
  define('GET /projects/{project}/vex', {
    id: 'listVex',
    access: 'see',
    summary: 'The OpenVEX documents of a project.',
    parameters: oneProject,
    response: listOf(vex),
    handle: async (call) => ({ items: (await listVex(call.m.database.reader, projectOf(call).id)).map(toVexBody) }),
  }),
  define('POST /projects/{project}/vex', {
    id: 'addVex',
    access: 'manage',
    summary: 'Adds an OpenVEX document: findings that it calls not affected, or fixed, do not count.',
    parameters: oneProject,
    body: z.strictObject({
      repositories: repositories.optional(),
      document: z.looseObject({}).describe('OpenVEX, JSON.'),
    }),
    maxBodyBytes: MAX_VEX_BYTES + 1024,
    response: vex,
    handle: async (call) => {
      const { document, repositories: where } = call.body
      return toVexBody(
        await addVex(call.m, call, projectOf(call), { content: JSON.stringify(document), repositories: where }),
      )
    },
  }),
  define('DELETE /projects/{project}/vex/{document}', {
    id: 'removeVex',
    access: 'manage',
    summary: 'Removes an OpenVEX document.',
    parameters: oneProject.extend({ document: z.coerce.number().int() }),
    handle: async (call) => removeVex(call.m, call, projectOf(call), call.parameters.document),
  }),
]
