import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { date, listOf, projectName } from '../http/api/schemas.ts'
import {
  addSource,
  changeSource,
  removeNamespace,
  removeSource,
  requireNamespace,
  requireSource,
  setNamespace,
  type SourceChange,
} from './manage-sources.ts'
import type { Source } from './source.ts'
import { listNamespaces, listSources, type Namespace } from './store.ts'

const seconds = z.int().nonnegative().max(31_536_000)
const settings = z.strictObject({
  mode: z
    .enum(['cache', 'fallback'])
    .describe('cache: the remote decides what a tag names. fallback: asked only for what is not here.'),
  position: z.int().min(1).max(1000).describe('Its place in the order in which the sources of a project are asked.'),
  allow: z
    .array(z.string().max(255))
    .max(100)
    .describe('Patterns of repository names at the remote, as in docker.io library/*; empty: all.'),
  freshSeconds: seconds.describe('So long after it was compared with the remote a tag is taken for what it was.'),
  negativeSeconds: seconds.describe('So long it is believed that the remote does not have something.'),
  platforms: z
    .array(z.string().max(62))
    .max(20)
    .describe('Of an image that is pulled these platforms come along: linux/arm64.'),
})
const changed = settings.partial()
const source = settings.extend({
  id: z.int(),
  project: projectName.optional().describe('Absent: of the whole registry.'),
  remote: z.string().max(255).describe('Name of the remote.'),
  prefix: z.string().max(256).describe('Stands before the rest of a name at the remote: library/.'),
  createdAt: date,
})
const namespace = z.strictObject({
  name: z.string().describe('What images begin with, and clients say in ?ns=: docker.io.'),
  project: projectName,
  default: z.boolean().describe('Names that belong to no project mean this one too.'),
})
const oneSource = z.strictObject({ source: z.coerce.number().int() })
const oneNamespace = z.strictObject({ namespace: z.string().max(300) })

function toBody({ id, project, remote, prefix, mode, position, options, createdAt }: Source): z.infer<typeof source> {
  return {
    ...{ id, ...(project === undefined ? {} : { project }), remote, prefix, mode, position },
    ...{ allow: options.allow, platforms: options.platforms },
    freshSeconds: options.freshMs / 1000,
    negativeSeconds: options.negativeMs / 1000,
    createdAt: createdAt.toISOString(),
  }
}

function toChange({ freshSeconds, negativeSeconds, ...rest }: z.infer<typeof changed>): SourceChange {
  return { ...rest, freshMs: inMs(freshSeconds), negativeMs: inMs(negativeSeconds) }
}

function inMs(inSeconds: number | undefined): number | undefined {
  return inSeconds === undefined ? undefined : inSeconds * 1000
}

function toNamespaceBody({ name, project, isDefault }: Namespace): z.infer<typeof namespace> {
  return { name, project, default: isDefault }
}

export const sourceRoutes: readonly ApiRoute[] = [
  define('GET /sources', {
    id: 'listSources',
    access: 'inspect',
    summary: 'What projects, and the whole registry, get from other registries, in the order in which they are asked.',
    response: listOf(source),
    handle: async ({ m }) => ({ items: (await listSources(m.database.reader)).map(toBody) }),
  }),
  define('POST /sources', {
    id: 'addSource',
    access: 'administer',
    summary: 'Lets a project, or the whole registry, get from a remote what it does not have. The last to be asked.',
    body: source.pick({ remote: true, project: true, prefix: true }).partial({ prefix: true }).extend(changed.shape),
    response: source,
    handle: async (call) => {
      const { remote, project, prefix, ...rest } = call.body
      return toBody(await addSource(call.m, call, { remote, project, prefix, ...toChange(rest) }))
    },
  }),
  define('GET /sources/{source}', {
    id: 'getSource',
    access: 'inspect',
    summary: 'One source.',
    parameters: oneSource,
    response: source,
    handle: async ({ m, parameters }) => toBody(requireSource(await listSources(m.database.reader), parameters.source)),
  }),
  define('PATCH /sources/{source}', {
    id: 'changeSource',
    access: 'administer',
    summary:
      'Changes a source; what is not said stays as it is. It leads where it did: another remote is another source.',
    parameters: oneSource,
    body: changed,
    response: source,
    handle: async (call) => toBody(await changeSource(call.m, call, call.parameters.source, toChange(call.body))),
  }),
  define('DELETE /sources/{source}', {
    id: 'removeSource',
    access: 'administer',
    summary: 'Nothing more comes from there. What was pulled through it stays.',
    parameters: oneSource,
    handle: async (call) => void (await removeSource(call.m, call, call.parameters.source)),
  }),
  define('GET /namespaces', {
    id: 'listNamespaces',
    access: 'inspect',
    summary: 'The hosts that this registry stands in for, as a mirror, and the projects that they mean.',
    response: listOf(namespace),
    handle: async ({ m }) => ({ items: (await listNamespaces(m.database.reader)).map(toNamespaceBody) }),
  }),
  define('GET /namespaces/{namespace}', {
    id: 'getNamespace',
    access: 'inspect',
    summary: 'One of them.',
    parameters: oneNamespace,
    response: namespace,
    handle: async ({ m, parameters }) =>
      toNamespaceBody(requireNamespace(await listNamespaces(m.database.reader), parameters.namespace)),
  }),
  define('PUT /namespaces/{namespace}', {
    id: 'setNamespace',
    access: 'administer',
    summary: 'Pulls with ?ns= of this name are of that project from now on.',
    parameters: oneNamespace,
    body: namespace.pick({ project: true, default: true }).partial({ default: true }),
    response: namespace,
    handle: async (call) => {
      const { project, default: isDefault } = call.body
      return toNamespaceBody(await setNamespace(call.m, call, call.parameters.namespace, { project, isDefault }))
    },
  }),
  define('DELETE /namespaces/{namespace}', {
    id: 'removeNamespace',
    access: 'administer',
    summary: 'It means no project any more. The project, and what is in it, stays.',
    parameters: oneNamespace,
    handle: async (call) => removeNamespace(call.m, call, call.parameters.namespace),
  }),
]
