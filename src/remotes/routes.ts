import { z } from 'zod'
import { type Management, requireFound } from '../access/management.ts'
import type { RemoteHealth } from '../client/remote-registry.ts'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { date, listOf, page, paged } from '../http/api/schemas.ts'
import { Problem } from '../lib/problem.ts'
import type { Credentials } from './credentials.ts'
import { changeRemote, createRemote, type RemoteInput, removeRemote } from './manage-remotes.ts'
import type { OpenRemotes } from './open-remotes.ts'
import { pingRemote } from './ping.ts'
import type { SeenState } from './state.ts'
import { findRemote, listRemotes, type StoredRemote } from './store.ts'

const name = z.string().max(255).describe('Like a host’s name or a word: docker.io, backup-site.')
const url = z.string().max(500).describe('https://HOST, or a path at it; without "/v2/".')
const maxConcurrent = z.int().min(1).max(1000).describe('Requests at a time.')
const requestsPerMinute = z.int().min(1).max(1_000_000).describe('How many are sent at most; absent: any number.')
const trustedHosts = z
  .array(z.string().max(255))
  .max(20)
  .describe('Hosts besides its own that the password may be sent to, for tokens: auth.docker.io.')
const allowPrivate = z.boolean().describe('Whether it may be at an address of a private network, or of this machine.')
const insecureHttp = z.boolean().describe('Whether plain HTTP is allowed to another machine.')

const health = z
  .strictObject({
    requests: z.int().describe('That the processes which run now have sent.'),
    failures: z.int(),
    budget: z
      .strictObject({
        limit: z.int().optional(),
        remaining: z.int().optional(),
        windowSeconds: z.int().optional(),
        seenAt: date,
      })
      .optional()
      .describe('What it said last of how much we may ask.'),
    lastProblem: z
      .strictObject({ message: z.string(), at: date })
      .optional()
      .describe('Absent: the last answer was good.'),
    pausedUntil: date.optional().describe('It is not asked before.'),
    credentialsAccepted: z.boolean().optional().describe('Absent: there are none, or it did not see them yet.'),
    seenAt: date.describe('When this was so.'),
  })
  .describe('As all processes together lately saw it. Absent: nobody asked it within the last hour.')

const remote = z.strictObject({
  name,
  url,
  username: z.string().optional(),
  credentials: z.enum(['none', 'stored', 'file']).describe('Where its password is; nobody can read it here.'),
  allowPrivate,
  insecureHttp,
  trustedHosts,
  ownAuthorities: z.boolean().describe('Whether its certificate is judged by authorities of its own.'),
  maxConcurrent,
  requestsPerMinute: requestsPerMinute.optional(),
  createdAt: date,
  health: health.optional(),
})

const settings = z.strictObject({
  url: url.optional(),
  username: z.string().max(255).nullable().optional().describe('With a password. null: none any more.'),
  password: z.string().max(16_384).optional().describe('Encrypted where it is stored, and never shown.'),
  ca: z
    .string()
    .max(262_144)
    .nullable()
    .optional()
    .describe('Authorities of its certificate, PEM; null: the system’s.'),
  allowPrivate: allowPrivate.optional(),
  insecureHttp: insecureHttp.optional(),
  trustedHosts: trustedHosts.optional(),
  maxConcurrent: maxConcurrent.optional(),
  requestsPerMinute: requestsPerMinute.nullable().optional(),
})
const BODY_BYTES = 512 * 1024
const oneRemote = z.strictObject({ remote: name })

function inputOf({ username, password, ...rest }: z.infer<typeof settings>): RemoteInput {
  return { ...rest, credentials: credentialsOf(username, password) }
}

/** A file is named by commands on the server only: whoever could name any here could send it anywhere. @throws Problem */
function credentialsOf(
  username: string | null | undefined,
  password: string | undefined,
): Credentials | null | undefined {
  if (username === null && password === undefined) return null
  if (username === undefined && password === undefined) return undefined
  if (typeof username === 'string' && password !== undefined) return { username, password }
  throw new Problem('invalid', 'say the user name and the password together')
}

function toHealth({
  health: { budget, lastProblem, pausedUntil, signedIn, ...rest },
  at,
}: SeenState): z.infer<typeof health> {
  return {
    ...{ requests: rest.requests, failures: rest.failures },
    ...(budget && { budget: toBudget(budget) }),
    ...(lastProblem && { lastProblem: { message: lastProblem.message, at: lastProblem.at.toISOString() } }),
    ...(pausedUntil && { pausedUntil: pausedUntil.toISOString() }),
    ...(signedIn === undefined ? {} : { credentialsAccepted: signedIn }),
    seenAt: at.toISOString(),
  }
}

function toBudget({ seenAt, ...figures }: NonNullable<RemoteHealth['budget']>) {
  return { ...figures, seenAt: seenAt.toISOString() }
}

function toBody(stored: StoredRemote, state: SeenState | undefined): z.infer<typeof remote> {
  const { username, requestsPerMinute: perMinute, allowPrivate: isPrivate, insecureHttp: isPlain } = stored
  return {
    ...{ name: stored.name, url: stored.url },
    ...(username === undefined ? {} : { username }),
    credentials: stored.passwordFile !== undefined ? 'file' : stored.hasPassword ? 'stored' : 'none',
    ...{ allowPrivate: isPrivate, insecureHttp: isPlain, trustedHosts: [...stored.trustedHosts] },
    ...{ ownAuthorities: stored.ca !== undefined, maxConcurrent: stored.maxConcurrent },
    ...(perMinute === undefined ? {} : { requestsPerMinute: perMinute }),
    createdAt: stored.createdAt.toISOString(),
    ...(state && { health: toHealth(state) }),
  }
}

async function find({ database }: Management, wanted: string): Promise<StoredRemote> {
  return requireFound(await findRemote(database.reader, wanted), `remote "${wanted}"`)
}

/** `remotes`: of this process, which these rows are made for. */
export function remoteRoutes(remotes: () => OpenRemotes): readonly ApiRoute[] {
  const bodyOf = async (stored: StoredRemote) => toBody(stored, (await remotes().seen([stored])).get(stored.id))
  return [
    define('GET /remotes', {
      id: 'listRemotes',
      access: 'inspect',
      summary: 'The other registries that this one knows, by name.',
      query: page,
      response: listOf(remote),
      handle: async ({ m, query }) => {
        const found = await listRemotes(m.database.reader, query.after, query.limit + 1)
        const { items, ...next } = paged(found, query.limit, (each) => each.name)
        const states = await remotes().seen(items)
        return { items: items.map((each) => toBody(each, states.get(each.id))), ...next }
      },
    }),
    define('POST /remotes', {
      id: 'createRemote',
      access: 'administer',
      summary: 'Makes another registry known. For docker.io and other well-known ones the name is enough.',
      body: settings.extend({ name, username: z.string().max(255).optional() }),
      maxBodyBytes: BODY_BYTES,
      response: remote,
      handle: async (call) => {
        const { name: wanted, ...rest } = call.body
        const { secrets } = remotes()
        return bodyOf(await createRemote({ m: call.m, secrets }, call, { ...inputOf(rest), name: wanted }))
      },
    }),
    define('GET /remotes/{remote}', {
      id: 'getRemote',
      access: 'inspect',
      summary: 'One remote, and how it lately was.',
      parameters: oneRemote,
      response: remote,
      handle: async ({ m, parameters }) => bodyOf(await find(m, parameters.remote)),
    }),
    define('PATCH /remotes/{remote}', {
      id: 'changeRemote',
      access: 'administer',
      summary:
        'Changes a remote. With another origin or a further trusted host its password is gone, unless it is said again.',
      parameters: oneRemote,
      body: settings,
      maxBodyBytes: BODY_BYTES,
      response: remote,
      handle: async (call) => {
        const { secrets } = remotes()
        const { remote: wanted } = call.parameters
        return bodyOf((await changeRemote({ m: call.m, secrets }, call, wanted, inputOf(call.body))).remote)
      },
    }),
    define('DELETE /remotes/{remote}', {
      id: 'removeRemote',
      access: 'administer',
      summary: 'Forgets a remote that nothing pulls from or copies to any more.',
      parameters: oneRemote,
      handle: async (call) => removeRemote({ m: call.m, secrets: remotes().secrets }, call, call.parameters.remote),
    }),
    define('POST /remotes/{remote}/test', {
      id: 'testRemote',
      access: 'administer',
      summary: 'Asks a remote whether it is there, and signs in where there is a password.',
      parameters: oneRemote,
      response: z.strictObject({ reachable: z.boolean(), problem: z.string().optional() }),
      handle: async ({ m, parameters }) => {
        const problem = await pingRemote(remotes(), await find(m, parameters.remote))
        return { reachable: problem === undefined, ...(problem === undefined ? {} : { problem }) }
      },
    }),
  ]
}
