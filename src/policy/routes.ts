import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { oneProject, projectOf } from '../http/api/projects-api.ts'
import { oneImage } from '../http/api/image-call.ts'
import { repositoryOf } from '../http/api/repository-call.ts'
import { date, listOf } from '../http/api/schemas.ts'
import { explainVerdict } from './explain.ts'
import { addExemption, exemptionNamed, exemptionSchema, removeExemption } from './manage-exemptions.ts'
import { addRule, describeRule, removeRule, ruleNamed, setMode } from './manage-rules.ts'
import type { Policy } from './policy.ts'
import { previewRule } from './preview.ts'
import { checkSchema, MODES, type Rule, ruleSchema } from './rule.ts'
import { type Exemption, listExemptions, listRules } from './store.ts'
import { OUTCOMES, ruleVerdictSchema } from './verdict.ts'

const mode = z.enum(MODES)
const storedRule = ruleSchema.extend({
  id: z.int(),
  check: checkSchema.optional().describe('Absent: a newer version of the registry wrote it, and the image is refused.'),
  createdBy: z.string(),
  createdAt: date,
})
const storedExemption = exemptionSchema.omit({ expiresAt: true, digest: true }).extend({
  id: z.int(),
  digest: z.string().optional(),
  expiresAt: date,
  ended: z.boolean(),
  createdBy: z.string(),
  createdAt: date,
})
const outcome = z.enum(OUTCOMES)

const verdictBody = z.strictObject({
  digest: z.string(),
  project: z.string().optional().describe('Whose rules these are; absent: none is about it.'),
  outcome: outcome.describe('"unknown": nobody can say now, and it is not handed out where a rule is enforced.'),
  judged: z.boolean().describe('False: no rule is about it, or nothing can run it.'),
  validUntil: date.optional().describe('When time changes it; absent: only a change does.'),
  rules: z.array(ruleVerdictSchema.omit({ rule: true }).extend({ policy: z.string(), mode })),
})
const previewBody = z.strictObject({
  images: z.int().describe('So many were looked at.'),
  refused: z.int(),
  warned: z.int(),
  unknown: z.int(),
  items: z.array(
    z.strictObject({
      repository: z.string(),
      tag: z.string(),
      digest: z.string(),
      outcome: outcome.exclude(['pass']),
      text: z.string(),
    }),
  ),
  truncated: z.boolean().describe('There is more than is listed, or than was looked at.'),
})

function toExemption(exemption: Exemption, rules: readonly Rule[], now: Date): z.input<typeof storedExemption> {
  const { id, name, ruleId, repositories, digest, reason, expiresAt, createdBy, createdAt } = exemption
  const rule = rules.find((each) => each.id === ruleId)?.name
  return {
    ...{ id, name, repositories, reason, createdBy },
    ...(rule === undefined ? {} : { rule }),
    ...(digest === undefined ? {} : { digest }),
    expiresAt: expiresAt.toISOString(),
    ended: expiresAt <= now,
    createdAt: createdAt.toISOString(),
  }
}

const oneRule = oneProject.extend({ policy: z.string().describe('Its name, or its number.') })
const oneExemption = oneProject.extend({ exemption: z.string().describe('Its name, or its number.') })

const ruleRoutes: readonly ApiRoute[] = [
  define('GET /projects/{project}/policies', {
    id: 'listPolicies',
    access: 'see',
    summary: 'The rules of a project about the images that may be pulled from it.',
    parameters: oneProject,
    response: listOf(storedRule),
    handle: async (call) => {
      const { reader } = call.m.database
      const rules = await listRules(reader, projectOf(call).id)
      return { items: await Promise.all(rules.map((rule) => describeRule(reader, rule))) }
    },
  }),
  define('POST /projects/{project}/policies', {
    id: 'addPolicy',
    access: 'manage',
    summary:
      'Adds a rule. It holds from the next pull on, for images that are there already, too. At most 50 a project.',
    parameters: oneProject,
    body: ruleSchema,
    response: storedRule,
    handle: async (call) =>
      describeRule(call.m.database.reader, await addRule(call.m, call, projectOf(call), call.body)),
  }),
  define('PATCH /projects/{project}/policies/{policy}', {
    id: 'setPolicyMode',
    access: 'manage',
    summary: 'Turns a rule off, or makes it warn, or refuse.',
    parameters: oneRule,
    body: z.strictObject({ mode }),
    handle: async (call) => {
      const rule = await ruleNamed(call.m.database.reader, projectOf(call), call.parameters.policy)
      await setMode(call.m, call, projectOf(call), { rule, mode: call.body.mode })
    },
  }),
  define('DELETE /projects/{project}/policies/{policy}', {
    id: 'removePolicy',
    access: 'manage',
    summary: 'Removes a rule, and the exemptions from it.',
    parameters: oneRule,
    handle: async (call) => {
      const rule = await ruleNamed(call.m.database.reader, projectOf(call), call.parameters.policy)
      await removeRule(call.m, call, projectOf(call), rule)
    },
  }),
]

const exemptionRoutes: readonly ApiRoute[] = [
  define('GET /projects/{project}/exemptions', {
    id: 'listExemptions',
    access: 'see',
    summary: 'The images that were taken out of the reach of rules, why, and until when.',
    parameters: oneProject,
    response: listOf(storedExemption),
    handle: async (call) => {
      const { reader } = call.m.database
      const { id } = projectOf(call)
      const rules = await listRules(reader, id)
      const now = call.m.clock.now()
      return { items: (await listExemptions(reader, id)).map((each) => toExemption(each, rules, now)) }
    },
  }),
  define('POST /projects/{project}/exemptions', {
    id: 'addExemption',
    access: 'manage',
    summary: 'Takes images out of the reach of a rule, or of all, for a reason and for a year at most.',
    parameters: oneProject,
    body: exemptionSchema,
    response: storedExemption,
    handle: async (call) => {
      const exemption = await addExemption(call.m, call, projectOf(call), call.body)
      const rules = await listRules(call.m.database.reader, projectOf(call).id)
      return toExemption(exemption, rules, call.m.clock.now())
    },
  }),
  define('DELETE /projects/{project}/exemptions/{exemption}', {
    id: 'removeExemption',
    access: 'manage',
    summary: 'Ends an exemption at once.',
    parameters: oneExemption,
    handle: async (call) => {
      const found = await exemptionNamed(call.m.database.reader, projectOf(call), call.parameters.exemption)
      await removeExemption(call.m, call, projectOf(call), found)
    },
  }),
]

/** `policy`: what judges. */
export function policyRoutes(policy: () => Pick<Policy, 'judge' | 'settings'>): readonly ApiRoute[] {
  return [
    ...ruleRoutes,
    define('POST /projects/{project}/policies/preview', {
      id: 'previewPolicy',
      access: 'manage',
      summary: 'What a rule would refuse among the tagged images of a project now, were it enforced.',
      parameters: oneProject,
      body: ruleSchema.extend({ limit: z.int().min(0).max(1000).default(100).describe('How many to list.') }),
      response: previewBody,
      handle: async (call) => {
        const { limit, ...rule } = call.body
        return previewRule({ registry: call.registry, policy: policy() }, projectOf(call), rule, limit)
      },
    }),
    ...exemptionRoutes,
    define('GET /repositories/{repository}/images/{reference}/verdict', {
      id: 'explainVerdict',
      access: 'repository:pull',
      summary: 'What each rule of its project says of an image.',
      parameters: oneImage,
      response: verdictBody,
      handle: async (call) => {
        const parts = { registry: call.registry, policy: policy() }
        const { project, validUntil, ...rest } = await explainVerdict(
          parts,
          repositoryOf(call),
          call.parameters.reference,
        )
        return {
          ...rest,
          ...(project === undefined ? {} : { project }),
          ...(validUntil === undefined ? {} : { validUntil: validUntil.toISOString() }),
        }
      },
    }),
  ]
}
