import { z } from 'zod'
import { listGrants } from '../../access/grant-store.ts'
import { addGrant, createProject, removeGrant, removeProject, setVisibility } from '../../access/manage-projects.ts'
import type { Management } from '../../access/management.ts'
import { listProjects, type Project } from '../../access/project-store.ts'
import { nameOfSubject } from '../../access/subjects.ts'
import type { Principal } from '../../auth/principal.ts'
import { Problem } from '../../lib/problem.ts'
import { isRepositoryName } from '../../oci/name.ts'
import { mayKnow } from './admit-api.ts'
import { actionsAllowed, mayField } from './may.ts'
import type { ApiRoute } from './api-route.ts'
import { define } from './define.ts'
import { allows, date, listOf, page, projectName } from './schemas.ts'

const project = z.strictObject({ name: projectName, public: z.boolean(), createdAt: date })
const projectDetails = project.extend({ may: mayField })
export const oneProject = z.strictObject({ project: projectName })
const grant = z.strictObject({
  id: z.int(),
  subject: z.string().max(320).describe('user:NAME, group:NAME or robot:NAME.'),
  allows,
  pattern: z.string().describe('Of repository names below the project; empty: the whole project.'),
})

function toBody({ name, public: isPublic, createdAt }: Project): z.infer<typeof project> {
  return { name, public: isPublic, createdAt: createdAt.toISOString() }
}

/** The project in the path: routes that have one are let in only with it. */
export function projectOf({ project: found }: { readonly project: Project | undefined }): Project {
  if (found === undefined) throw new Error('a route with a project was let in without one')
  return found
}

/** Looks on until the page is full, because most projects may be none of the caller's business. */
async function visibleProjects(
  m: Management,
  principal: Principal,
  { after, limit }: z.infer<typeof page>,
): Promise<{ items: Project[]; next?: string }> {
  const items: Project[] = []
  for (let last = after; ;) {
    const batch = await listProjects(m.database.reader, last, 1000)
    for (const each of batch) {
      if (!(await mayKnow(m, principal, each))) continue
      if (items.length === limit) return { items, next: items.at(-1)?.name ?? '' }
      items.push(each)
    }
    const end = batch.at(-1)
    if (end === undefined || batch.length < 1000) return { items }
    last = end.name
  }
}

/** Administrators anywhere; others where a push of theirs would make it. @throws Problem */
async function requireMayCreate(m: Management, principal: Principal, name: string): Promise<void> {
  if ((await m.authorizer.allows(principal, 'administer', 'registry')).allowed) return
  const decision = isRepositoryName(name)
    ? await m.authorizer.allows(principal, 'push', { repository: name })
    : undefined
  if (decision?.allowed === true && decision.creates === name) return
  throw new Problem('forbidden', 'you may not create this project; ask an administrator')
}

export const projectRoutes: readonly ApiRoute[] = [
  define('GET /projects', {
    id: 'listProjects',
    access: 'visible',
    summary: 'The projects that the caller may know of, by name.',
    query: page,
    response: listOf(project),
    handle: async ({ m, principal, query }) => {
      const { items, ...rest } = await visibleProjects(m, principal, query)
      return { items: items.map(toBody), ...rest }
    },
  }),
  define('POST /projects', {
    id: 'createProject',
    access: 'signed-in',
    summary:
      'Makes a project; whoever makes it owns it. Nothing that a project around it says holds inside: no grants, rules or trust.',
    body: z.strictObject({ name: projectName, public: z.boolean().optional() }),
    response: project,
    status: 201,
    handle: async ({ m, body, actor, principal }) => {
      await requireMayCreate(m, principal, body.name)
      return toBody(await createProject(m, { actor, principal }, body))
    },
  }),
  define('GET /projects/{project}', {
    id: 'getProject',
    access: 'see',
    summary: 'One project.',
    parameters: oneProject,
    response: projectDetails,
    handle: async (call) => {
      const found = projectOf(call)
      return { ...toBody(found), may: await actionsAllowed(call, { project: found }) }
    },
  }),
  define('PATCH /projects/{project}', {
    id: 'changeProject',
    access: 'manage',
    summary: 'Makes a project public or private; private takes effect at once, for tokens too.',
    parameters: oneProject,
    body: z.strictObject({ public: z.boolean() }),
    handle: async (call) => setVisibility(call.m, call, projectOf(call), call.body.public),
  }),
  define('DELETE /projects/{project}', {
    id: 'removeProject',
    access: 'manage',
    summary: 'Removes a project that holds no images.',
    parameters: oneProject,
    handle: async (call) => removeProject(call.m, call, projectOf(call)),
  }),
  define('GET /projects/{project}/grants', {
    id: 'listGrants',
    access: 'manage',
    summary: 'Who may do what in a project.',
    parameters: oneProject,
    response: listOf(grant),
    handle: async (call) => {
      const { reader } = call.m.database
      const items: z.infer<typeof grant>[] = []
      for (const { id, subject, allows: allowed, pattern } of await listGrants(reader, projectOf(call).id))
        items.push({ id, subject: await nameOfSubject(reader, subject), allows: allowed, pattern })
      return { items }
    },
  }),
  define('POST /projects/{project}/grants', {
    id: 'addGrant',
    access: 'manage',
    summary: 'Gives a user, group or robot a role or actions. The same subject and pattern again replaces what it had.',
    parameters: oneProject,
    body: grant.omit({ id: true }).partial({ pattern: true }),
    handle: async (call) => addGrant(call.m, call, projectOf(call), call.body),
  }),
  define('DELETE /projects/{project}/grants/{grant}', {
    id: 'removeGrant',
    access: 'manage',
    summary: 'Takes a grant back; it takes effect at once, for tokens too.',
    parameters: oneProject.extend({ grant: z.coerce.number().int() }),
    handle: async (call) => removeGrant(call.m, call, projectOf(call), call.parameters.grant),
  }),
]
