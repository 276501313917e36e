import { z } from 'zod'
import { mayKnow } from '../http/api/admit-api.ts'
import type { ApiCall, ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { oneProject, projectOf } from '../http/api/projects-api.ts'
import { mayInspect } from '../http/api/repository-call.ts'
import { date, listOf } from '../http/api/schemas.ts'
import { Problem } from '../lib/problem.ts'
import { findRepository } from '../metadata/repositories.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { MayPull } from '../registry/freed-bytes.ts'
import type { Registry } from '../registry/registry.ts'
import type { Spot } from '../registry/operation.ts'
import { applyRules } from './apply.ts'
import { expireTag } from './expiry.ts'
import { explainTag } from './explain.ts'
import { addRule, MAX_RULES, removeRule } from './manage-rules.ts'
import { previewDelete, previewRepository, previewRules } from './preview.ts'
import { describeRule, parseRule, ruleSchema } from './rule.ts'
import { listRules, type StoredRule } from './store.ts'
import { explanationSchema, toExplanation } from './explanation-body.ts'

const storedRule = ruleSchema.extend({ id: z.int(), createdBy: z.string(), createdAt: date })
const limit = z.int().min(0).max(1000).default(100).describe('How many of each kind to list.')
const repository = z.string().describe('Name of a repository; a slash in it is written %2F in a path.')
const oneTag = z.strictObject({ repository, tag: z.string().max(128) })

const named = z.strictObject({ repository: z.string(), tag: z.string(), digest: z.string() })
const preview = z.strictObject({
  tags: z.int(),
  manifests: z.int(),
  bytes: z
    .int()
    .describe(
      'Free once they left the recycle bin: each blob once, and none that anything else needs, as far as the caller may see: what only repositories hold that he may not pull from counts as free, unless he is administrator or auditor.',
    ),
  keptTags: z.int().describe('Wanted gone, but immutable or in use.'),
  items: z.strictObject({
    tags: z.array(named),
    manifests: z.array(z.strictObject({ repository: z.string(), digest: z.string(), bytes: z.int() })),
    keptTags: z.array(named.extend({ reason: z.string() })),
  }),
  truncated: z.boolean().describe('There are more than are listed; the numbers are of all.'),
})

function toBody(rule: StoredRule): z.input<typeof storedRule> {
  const { id, createdBy, createdAt } = rule
  return { id, ...describeRule(rule), createdBy, createdAt: createdAt.toISOString() }
}

/** @throws Problem */
async function spotOf(call: {
  readonly registry: Registry
  readonly repository: RepositoryName | undefined
}): Promise<Spot> {
  const name = repositoryOf(call)
  const repositoryId = await findRepository(call.registry.database.reader, name)
  if (repositoryId === undefined) throw new Problem('not-found', `there is no repository "${name}"`)
  return { repository: name, repositoryId }
}

/** Routes that have one are let in only with it. */
function repositoryOf({ repository: name }: { readonly repository: RepositoryName | undefined }): RepositoryName {
  if (name === undefined) throw new Error('a route with a repository was let in without one')
  return name
}

type Caller = Pick<ApiCall<unknown, unknown, unknown>, 'm' | 'principal'>

/** What the caller may pull; undefined: everything counts for him. */
async function sightOf({ m, principal }: Caller): Promise<MayPull | undefined> {
  if (await mayInspect({ m, principal })) return undefined
  return async (name) => (await m.authorizer.allows(principal, 'pull', { repository: name })).allowed
}

/** Whether the caller was given anything in the project, so that he may know who else works with it. */
async function isInsider({ m, principal }: Caller, name: RepositoryName): Promise<boolean> {
  if (await mayInspect({ m, principal })) return true
  const project = await m.access.projectOf(name)
  if (project === undefined || !(await mayKnow(m, principal, project))) return false
  const account = await m.accounts.find(principal.id)
  return account !== undefined && (await m.access.grantsIn(project, account)).length > 0
}

const ruleRoutes: readonly ApiRoute[] = [
  define('GET /projects/{project}/retention', {
    id: 'listRetentionRules',
    access: 'see',
    summary: 'Which tags of a project go by themselves.',
    parameters: oneProject,
    response: listOf(storedRule),
    handle: async (call) => {
      const rules = await listRules(call.m.database.reader, projectOf(call).id)
      return { items: rules.map(toBody) }
    },
  }),
  define('POST /projects/{project}/retention', {
    id: 'addRetentionRule',
    access: 'manage',
    summary:
      'Adds a rule. A tag that a rule selects goes, with what only it names, unless one of the rules that select it keeps it; a tag that no rule selects stays.',
    parameters: oneProject,
    body: ruleSchema,
    response: z.strictObject({ id: z.int() }),
    handle: async (call) => ({ id: (await addRule(call.m, call, projectOf(call), call.body)).id }),
  }),
  define('DELETE /projects/{project}/retention/{rule}', {
    id: 'removeRetentionRule',
    access: 'manage',
    summary: 'Removes a rule.',
    parameters: oneProject.extend({ rule: z.coerce.number().int() }),
    handle: async (call) => removeRule(call.m, call, projectOf(call), call.parameters.rule),
  }),
  define('POST /projects/{project}/retention/preview', {
    id: 'previewRetention',
    access: 'manage',
    summary: 'What the rules of a project, or others, would remove now, and the bytes that would be free then.',
    parameters: oneProject,
    body: z.strictObject({ rules: z.array(ruleSchema).max(MAX_RULES).optional(), limit }),
    response: preview,
    handle: async (call) => {
      const project = projectOf(call)
      const { rules, limit: most } = call.body
      const parsed = rules && (await Promise.all(rules.map(parseRule)))
      return previewRules(call.registry, project, parsed ?? (await listRules(call.m.database.reader, project.id)), {
        limit: most,
        mayPull: await sightOf(call),
      })
    },
  }),
  define('POST /projects/{project}/retention/run', {
    id: 'runRetention',
    access: 'manage',
    summary: 'Applies the rules of a project now. What goes can be restored from the recycle bin.',
    parameters: oneProject,
    response: z.strictObject({
      items: z.array(
        z.strictObject({ repository: z.string(), tags: z.int(), manifests: z.int(), deletion: z.int().optional() }),
      ),
      failed: z.array(z.string()).describe('Repositories in which it did not work.'),
    }),
    handle: async (call) => {
      const project = projectOf(call)
      const failed: string[] = []
      const onFailure = (name: RepositoryName) => void failed.push(name)
      const rules = await listRules(call.m.database.reader, project.id)
      return { items: await applyRules(call.registry, project, rules, { actor: call.actor, onFailure }), failed }
    },
  }),
]

const digest = z
  .string()
  .refine(isDigest, 'must be a digest')
  .transform((text) => text as Digest)

const tagRoutes: readonly ApiRoute[] = [
  define('GET /repositories/{repository}/tags/{tag}/explain', {
    id: 'explainTag',
    access: 'repository:pull',
    summary: 'Why a tag stays or goes, and when. Who uses it is said to those who have rights in the project.',
    parameters: oneTag,
    response: explanationSchema,
    handle: async (call) => {
      const name = repositoryOf(call)
      return toExplanation(await explainTag(call.registry, name, call.parameters.tag, !(await isInsider(call, name))))
    },
  }),
  define('PUT /repositories/{repository}/tags/{tag}/expiry', {
    id: 'expireTag',
    access: 'repository:delete',
    summary: 'Says when a tag goes by itself. It holds until the tag names something else.',
    parameters: oneTag,
    body: z.strictObject({ at: z.iso.datetime({ offset: true }).transform((text) => new Date(text)) }),
    handle: async (call) =>
      expireTag(call.registry, { ...call.parameters, repository: repositoryOf(call), actor: call.actor }, call.body.at),
  }),
  define('DELETE /repositories/{repository}/tags/{tag}/expiry', {
    id: 'keepTag',
    access: 'repository:delete',
    summary: 'Takes the date from a tag.',
    parameters: oneTag,
    handle: async (call) =>
      expireTag(call.registry, { ...call.parameters, repository: repositoryOf(call), actor: call.actor }, undefined),
  }),
  define('POST /repositories/{repository}/preview-delete', {
    id: 'previewDelete',
    access: 'repository:delete',
    summary: 'What deleting tags with what only they name, or manifests, or the whole repository would free.',
    parameters: z.strictObject({ repository }),
    body: z.strictObject({
      tags: z.array(z.string().max(128)).max(1000).default([]),
      digests: z.array(digest).max(1000).default([]),
      all: z.boolean().default(false).describe('The whole repository; it is counted, not listed.'),
      limit,
    }),
    response: preview,
    handle: async (call) => {
      const { tags, digests, all, limit: most } = call.body
      if (!all && tags.length + digests.length === 0)
        throw new Problem('invalid', 'say what would be deleted: "tags", "digests", or "all" of the repository')
      const spot = await spotOf(call)
      const mayPull = await sightOf(call)
      if (all) return previewRepository(call.registry, spot, { mayPull })
      return previewDelete(call.registry, spot, { tags, digests }, { limit: most, mayPull })
    },
  }),
]

export const retentionRoutes: readonly ApiRoute[] = [...ruleRoutes, ...tagRoutes]
