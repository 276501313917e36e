import { z } from 'zod'
import { requireFound } from '../../access/management.ts'
import { findGroup, isExternalGroup, listGroups, listMembers } from '../../auth/group-store.ts'
import { addGroupMember, createGroup, removeGroup, removeGroupMember } from '../../auth/manage-groups.ts'
import type { ApiRoute } from './api-route.ts'
import { define } from './define.ts'
import { listOf, page, paged, userName } from './schemas.ts'

const groupName = z.string().max(300).describe('Name of a group; a provider’s is PROVIDER:NAME.')
const group = z.strictObject({
  name: groupName,
  external: z.boolean().describe('Whether a provider decides who is in it.'),
})
const oneGroup = z.strictObject({ group: groupName })
const oneMember = oneGroup.extend({ user: userName })

function toBody({ name }: { readonly name: string }): z.infer<typeof group> {
  return { name, external: isExternalGroup(name) }
}

export const groupRoutes: readonly ApiRoute[] = [
  define('GET /groups', {
    id: 'listGroups',
    access: 'inspect',
    summary: 'The groups, by name.',
    query: page,
    response: listOf(group),
    handle: async ({ m, query }) => {
      const groups = await listGroups(m.database.reader, query.after, query.limit + 1)
      return paged(groups.map(toBody), query.limit, (each) => each.name)
    },
  }),
  define('POST /groups', {
    id: 'createGroup',
    access: 'administer',
    summary: 'Adds a group.',
    body: z.strictObject({ name: groupName }),
    response: group,
    status: 201,
    handle: async ({ m, body, actor, principal }) => {
      await createGroup(m, { actor, principal }, body.name)
      return toBody(body)
    },
  }),
  define('GET /groups/{group}', {
    id: 'getGroup',
    access: 'inspect',
    summary: 'One group with its members.',
    parameters: oneGroup,
    response: group.extend({ members: z.array(userName) }),
    handle: async ({ m, parameters }) => {
      const { reader } = m.database
      const found = requireFound(await findGroup(reader, parameters.group), `group "${parameters.group}"`)
      return { ...toBody(found), members: await listMembers(reader, found.id) }
    },
  }),
  define('DELETE /groups/{group}', {
    id: 'removeGroup',
    access: 'administer',
    summary: 'Removes a group, with its grants.',
    parameters: oneGroup,
    handle: async ({ m, parameters, actor, principal }) => removeGroup(m, { actor, principal }, parameters.group),
  }),
  define('PUT /groups/{group}/members/{user}', {
    id: 'addGroupMember',
    access: 'administer',
    summary: 'Puts a user into a group.',
    parameters: oneMember,
    handle: async ({ m, parameters, actor, principal }) => addGroupMember(m, { actor, principal }, parameters),
  }),
  define('DELETE /groups/{group}/members/{user}', {
    id: 'removeGroupMember',
    access: 'administer',
    summary: 'Takes a user out of a group.',
    parameters: oneMember,
    handle: async ({ m, parameters, actor, principal }) => removeGroupMember(m, { actor, principal }, parameters),
  }),
]
