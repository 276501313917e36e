import { z } from 'zod'
import { requireFound, type Management } from '../../access/management.ts'
import type { Account } from '../../auth/accounts.ts'
import { findUses, listApiKeys } from '../../auth/api-key-store.ts'
import { createKey, removeKey } from '../../auth/manage-keys.ts'
import { changeOwnPassword, endOwnSession } from '../../auth/manage-self.ts'
import { listRefreshTokens } from '../../auth/refresh-token-store.ts'
import { findUserById, type User } from '../../auth/user-store.ts'
import { Problem } from '../../lib/problem.ts'
import type { ApiRoute } from './api-route.ts'
import { define } from './define.ts'
import { apiKey, toApiKeyBody } from './key-body.ts'
import { allows, date, listOf, systemRole } from './schemas.ts'

const session = z.strictObject({ id: z.string(), client: z.string(), createdAt: date, usedAt: date, expiresAt: date })

async function ownerOf(m: Management, account: Account | undefined): Promise<User> {
  const id = account?.kind === 'user' ? account.id.slice('user:'.length) : ''
  return requireFound(await findUserById(m.database.reader, id), 'such user')
}

export const selfRoutes: readonly ApiRoute[] = [
  define('GET /me', {
    id: 'getMe',
    access: 'signed-in',
    summary: 'Who asks.',
    response: z.strictObject({
      name: z.string(),
      kind: z.enum(['user', 'robot']),
      systemRole,
      groups: z.array(z.string()),
      expiresAt: date.optional(),
      csrf: z.string().optional().describe('For a browser’s session: what X-CSRF-Token of its changes has to be.'),
    }),
    handle: async ({ account, csrf }) => {
      const { name, kind, systemRole: role, groups, expiresAt } = requireFound(account, 'such user')
      return {
        name,
        kind,
        systemRole: role,
        groups,
        ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
        ...(csrf && { csrf }),
      }
    },
  }),
  define('PUT /me/password', {
    id: 'changeMyPassword',
    access: 'own',
    summary: 'Changes one’s own password, and signs out everywhere.',
    body: z.strictObject({ old: z.string().max(1024), new: z.string().max(1024) }),
    handle: async ({ m, account, body, actor, principal, confirm }) => {
      if (!(await confirm(body.old))) throw new Problem('forbidden', 'the old password is wrong')
      await changeOwnPassword(m, { actor, principal }, await ownerOf(m, account), body.new)
    },
  }),
  define('GET /me/keys', {
    id: 'listMyKeys',
    access: 'signed-in',
    summary: 'One’s own API keys, without their secrets.',
    response: listOf(apiKey),
    handle: async ({ m, account, principal: { key } }) => {
      const all = await listApiKeys(m.database.reader, (await ownerOf(m, account)).id)
      // What was made for some repositories knows of itself only.
      const keys = key?.scopes === undefined ? all : all.filter(({ id }) => id === key.id)
      const uses = await findUses(
        m.database.reader,
        keys.map((key) => key.id),
      )
      return { items: keys.map((key) => toApiKeyBody(key, uses.get(key.id))) }
    },
  }),
  define('POST /me/keys', {
    id: 'createMyKey',
    access: 'own',
    summary: 'Makes an API key. The answer is the only place where its secret is ever shown.',
    body: z.strictObject({
      name: z.string().max(60),
      expiresInDays: z.int().min(1).max(366).optional().describe('90 when absent.'),
      scopes: z
        .array(z.strictObject({ pattern: z.string().max(255), allows }))
        .min(1)
        .max(50)
        .optional()
        .describe(
          'Repositories by name ("*" any characters but a slash, "**" any) and what may be done there; absent: everything its owner may do.',
        ),
    }),
    response: z.strictObject({ id: z.string(), secret: z.string(), expiresAt: date }),
    status: 201,
    handle: async ({ m, account, body, actor, principal }) => {
      const key = await createKey(m, { actor, principal }, await ownerOf(m, account), body)
      return { ...key, expiresAt: key.expiresAt.toISOString() }
    },
  }),
  define('DELETE /me/keys/{key}', {
    id: 'removeMyKey',
    access: 'own',
    summary: 'Removes one of one’s own API keys; tokens made with it end at once.',
    parameters: z.strictObject({ key: z.string().max(64) }),
    handle: async ({ m, account, parameters, actor, principal }) =>
      removeKey(m, { actor, principal }, await ownerOf(m, account), parameters.key),
  }),
  define('GET /me/sessions', {
    id: 'listMySessions',
    access: 'own',
    summary: 'Terminals that are signed in.',
    response: listOf(session),
    handle: async ({ m, principal }) => {
      const tokens = await listRefreshTokens(m.database.reader, principal.id)
      return {
        items: tokens.map(({ id, client, createdAt, usedAt, expiresAt }) => ({
          id,
          client,
          createdAt: createdAt.toISOString(),
          usedAt: usedAt.toISOString(),
          expiresAt: expiresAt.toISOString(),
        })),
      }
    },
  }),
  define('DELETE /me/sessions/{session}', {
    id: 'endMySession',
    access: 'own',
    summary: 'Signs a terminal out.',
    parameters: z.strictObject({ session: z.string().max(64) }),
    handle: async ({ m, account, parameters, actor, principal }) =>
      endOwnSession(m, { actor, principal }, await ownerOf(m, account), parameters.session),
  }),
]
