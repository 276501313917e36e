import { z } from 'zod'
import { requireFound } from '../../access/management.ts'
import { findUses, listApiKeys } from '../../auth/api-key-store.ts'
import { findGroupsOf } from '../../auth/group-store.ts'
import { listIdentities } from '../../auth/identity-store.ts'
import { removeKey } from '../../auth/manage-keys.ts'
import { changeUser, createUser, removeUser, signOutUser } from '../../auth/manage-users.ts'
import { findUser, listUsers, type User } from '../../auth/user-store.ts'
import type { ApiRoute } from './api-route.ts'
import { define } from './define.ts'
import { apiKey, toApiKeyBody } from './key-body.ts'
import { date, listOf, page, paged, systemRole, userName } from './schemas.ts'

const user = z.strictObject({
  name: userName,
  email: z.string().optional(),
  systemRole,
  disabled: z.boolean(),
  hasPassword: z.boolean(),
  createdAt: date,
})
const oneUser = z.strictObject({ user: userName })

function toBody({ name, email, systemRole, disabled, passwordHash, createdAt }: User): z.infer<typeof user> {
  return {
    name,
    ...(email === undefined ? {} : { email }),
    systemRole,
    disabled,
    hasPassword: passwordHash !== undefined,
    createdAt: createdAt.toISOString(),
  }
}

export const userRoutes: readonly ApiRoute[] = [
  define('GET /users', {
    id: 'listUsers',
    access: 'inspect',
    summary: 'The users, by name.',
    query: page.extend({
      q: z.string().max(64).default('').describe('Only those that have this in their name, in whatever case.'),
    }),
    response: listOf(user),
    handle: async ({ m, query }) => {
      const { after, limit, q: contains } = query
      const users = await listUsers(m.database.reader, { after, limit: limit + 1, contains })
      return paged(users.map(toBody), query.limit, (each) => each.name)
    },
  }),
  define('POST /users', {
    id: 'createUser',
    access: 'administer',
    summary: 'Adds a user. Without a password the user signs in elsewhere only.',
    body: z.strictObject({
      name: userName,
      password: z.string().max(1024).optional(),
      email: z.string().max(320).optional(),
      systemRole: systemRole.default('none'),
    }),
    response: user,
    status: 201,
    handle: async ({ m, body, actor, principal }) =>
      toBody(await createUser(m, { actor, principal }, { ...body, password: body.password })),
  }),
  define('GET /users/{user}', {
    id: 'getUser',
    access: 'inspect',
    summary: 'One user, with groups and with where else it signs in.',
    parameters: oneUser,
    response: user.extend({ groups: z.array(z.string()), providers: z.array(z.string()) }),
    handle: async ({ m, parameters }) => {
      const { reader } = m.database
      const found = requireFound(await findUser(reader, parameters.user), `user "${parameters.user}"`)
      const groups = (await findGroupsOf(reader, found.id)).map((group) => group.name)
      const providers = (await listIdentities(reader, found.id)).map((identity) => identity.provider)
      return { ...toBody(found), groups, providers }
    },
  }),
  define('PATCH /users/{user}', {
    id: 'changeUser',
    access: 'administer',
    summary: 'Changes a user. Another password, or disabling, ends all sessions and tokens.',
    parameters: oneUser,
    body: z.strictObject({
      password: z.string().max(1024).optional(),
      email: z.string().max(320).optional(),
      systemRole: systemRole.optional(),
      disabled: z.boolean().optional(),
    }),
    handle: async ({ m, parameters, body, actor, principal }) =>
      changeUser(m, { actor, principal }, parameters.user, body),
  }),
  define('DELETE /users/{user}', {
    id: 'removeUser',
    access: 'administer',
    summary: 'Removes a user, with grants, keys and sessions.',
    parameters: oneUser,
    handle: async ({ m, parameters, actor, principal }) => removeUser(m, { actor, principal }, parameters.user),
  }),
  define('POST /users/{user}/sign-out', {
    id: 'signOutUser',
    access: 'administer',
    summary: 'Ends all sessions and tokens of a user.',
    parameters: oneUser,
    handle: async ({ m, parameters, actor, principal }) => signOutUser(m, { actor, principal }, parameters.user),
  }),
  define('GET /users/{user}/keys', {
    id: 'listUserKeys',
    access: 'inspect',
    summary: 'A user’s API keys, without their secrets.',
    parameters: oneUser,
    response: listOf(apiKey),
    handle: async ({ m, parameters }) => {
      const { reader } = m.database
      const { id } = requireFound(await findUser(reader, parameters.user), `user "${parameters.user}"`)
      const keys = await listApiKeys(reader, id)
      const uses = await findUses(
        reader,
        keys.map((key) => key.id),
      )
      return { items: keys.map((key) => toApiKeyBody(key, uses.get(key.id))) }
    },
  }),
  define('DELETE /users/{user}/keys/{key}', {
    id: 'removeUserKey',
    access: 'administer',
    summary: 'Removes an API key of a user.',
    parameters: oneUser.extend({ key: z.string().max(64) }),
    handle: async ({ m, parameters, actor, principal }) => {
      const owner = requireFound(await findUser(m.database.reader, parameters.user), `user "${parameters.user}"`)
      await removeKey(m, { actor, principal }, owner, parameters.key)
    },
  }),
]
