import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { oneProject, projectOf } from '../http/api/projects-api.ts'
import { date, listOf } from '../http/api/schemas.ts'
import { addRule, removeRule } from './manage-rules.ts'
import { type ImmutabilityRule, listRules } from './store.ts'

const rule = z.strictObject({
  id: z.int(),
  repositories: z.string().max(255).describe('Pattern of repository names below the project; empty: all.'),
  tags: z
    .string()
    .max(300)
    .describe(
      'Which tags: "v*,release-*", "regex:v\\d+", "semver:>=1.2 <2" or "semver-pre:…"; "!" before it: all others.',
    ),
  createdAt: date,
})

function toBody({ createdAt, ...rest }: ImmutabilityRule): z.infer<typeof rule> {
  return { ...rest, createdAt: createdAt.toISOString() }
}

export const immutabilityRoutes: readonly ApiRoute[] = [
  define('GET /projects/{project}/immutability', {
    id: 'listImmutabilityRules',
    access: 'see',
    summary: 'The rules that say which tags of a project are set once, and then neither moved nor deleted.',
    parameters: oneProject,
    response: listOf(rule),
    handle: async (call) => ({ items: (await listRules(call.m.database.reader, projectOf(call).id)).map(toBody) }),
  }),
  define('POST /projects/{project}/immutability', {
    id: 'addImmutabilityRule',
    access: 'manage',
    summary: 'Makes tags immutable, those that are there already too. At most 50 rules a project.',
    parameters: oneProject,
    body: rule.pick({ repositories: true, tags: true }).partial({ repositories: true }),
    response: rule,
    handle: async (call) => toBody(await addRule(call.m, call, projectOf(call), call.body)),
  }),
  define('DELETE /projects/{project}/immutability/{rule}', {
    id: 'removeImmutabilityRule',
    access: 'manage',
    summary: 'Removes a rule: its tags can be moved and deleted at once, unless another rule says otherwise.',
    parameters: oneProject.extend({ rule: z.coerce.number().int() }),
    handle: async (call) => removeRule(call.m, call, projectOf(call), call.parameters.rule),
  }),
]
