import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { date, listOf, paged } from '../http/api/schemas.ts'
import { type Execution, listExecutions } from './execution-store.ts'
import { type ImageLine, listImages } from './image-store.ts'
import { requireExecution, retryExecution, startExecution, stopExecution } from './manage-executions.ts'
import { changeRule, createRule, removeRule, requireRule } from './manage-rules.ts'
import { ruleBody, ruleFields, type StoredRule } from './rule.ts'
import { findRuleById, listRules } from './rule-store.ts'

const name = z.string().max(64).describe('Name of a replication rule.')
const oneRule = z.strictObject({ rule: name })
const oneExecution = z.strictObject({ execution: z.coerce.number().int() })
const direction = z.enum(['push', 'pull']).describe('push: from here to the remote; pull: from there to here.')
const state = z.enum(['copied', 'present', 'deleted', 'skipped', 'conflict', 'failed', 'waiting'])
const remote = z.string().max(255).describe('Name of a remote.')
const shape = ruleBody.shape

const rule = z.strictObject({ name, remote, direction, enabled: z.boolean(), ...shape, createdAt: date })
const newRule = z.strictObject({ name, remote, direction, enabled: z.boolean().default(true), ...shape })
const changedRule = ruleFields
  .extend({
    schedule: ruleFields.shape.schedule.nullable().describe('null: none.'),
    peerAccount: ruleFields.shape.peerAccount.nullable().describe('null: none.'),
    bytesPerSecond: ruleFields.shape.bytesPerSecond.nullable().describe('null: any number.'),
    enabled: z.boolean(),
  })
  .partial()
  .describe('What is not said stays as it is.')

const execution = z.strictObject({
  id: z.int(),
  rule: name,
  trigger: z.enum(['manual', 'schedule', 'event', 'retry']),
  actor: z.string().describe('Who started it.'),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'stopped']),
  createdAt: date,
  startedAt: date.optional(),
  endedAt: date.optional(),
  error: z.string().optional().describe('Why it failed; of one that runs, why it cannot go on at the moment.'),
  copied: z.int(),
  present: z.int().describe('Were there already.'),
  deleted: z.int(),
  skipped: z.int(),
  failed: z.int(),
  conflicts: z.int().describe('Were changed on both sides.'),
  bytes: z.int(),
})

const image = z.strictObject({
  repository: z.string().describe('As it is called where the image comes from.'),
  reference: z.string(),
  digest: z.string().optional(),
  state,
  reason: z.string(),
  attempts: z.int(),
  bytes: z.int(),
  at: date,
  nextAt: date.optional().describe('When it is tried again.'),
})

function toRule({ name: ruleName, remote: remoteName, direction: way, enabled, body, createdAt }: StoredRule) {
  return { name: ruleName, remote: remoteName, direction: way, enabled, ...body, createdAt: createdAt.toISOString() }
}

function toExecution(found: Execution, ruleName: string): z.input<typeof execution> {
  const { id, trigger, actor, state: now, createdAt, startedAt, endedAt, error } = found
  const { copied, present, deleted, skipped, failed, conflicts, bytes } = found
  return {
    ...{ id, rule: ruleName, trigger, actor, state: now, createdAt: createdAt.toISOString() },
    ...(startedAt === undefined ? {} : { startedAt: startedAt.toISOString() }),
    ...(endedAt === undefined ? {} : { endedAt: endedAt.toISOString() }),
    ...(error === undefined ? {} : { error }),
    ...{ copied, present, deleted, skipped, failed, conflicts, bytes },
  }
}

function toImage({ repository, reference, digest, state: now, reason, attempts, bytes, at, nextAt }: ImageLine) {
  return {
    ...{ repository, reference, ...(digest === undefined ? {} : { digest }), state: now, reason, attempts, bytes },
    at: at.toISOString(),
    ...(nextAt === undefined ? {} : { nextAt: nextAt.toISOString() }),
  }
}

const ruleRoutes: readonly ApiRoute[] = [
  define('GET /replication/rules', {
    id: 'listReplicationRules',
    access: 'inspect',
    summary: 'The rules that bring images to and from other registries, by name.',
    response: listOf(rule),
    handle: async ({ m }) => ({ items: (await listRules(m.database.reader)).map(toRule) }),
  }),
  define('POST /replication/rules', {
    id: 'createReplicationRule',
    access: 'administer',
    summary: 'Makes a rule. What is there already is brought by an execution; start one.',
    body: newRule,
    response: rule,
    handle: async (call) => {
      const { name: ruleName, remote: remoteName, direction: way, enabled, ...body } = call.body
      return toRule(
        await createRule(call.m, call, { name: ruleName, remote: remoteName, direction: way, enabled, body }),
      )
    },
  }),
  define('GET /replication/rules/{rule}', {
    id: 'getReplicationRule',
    access: 'inspect',
    summary: 'A replication rule.',
    parameters: oneRule,
    response: rule,
    handle: async ({ m, parameters }) => toRule(await requireRule(m, parameters.rule)),
  }),
  define('PATCH /replication/rules/{rule}', {
    id: 'changeReplicationRule',
    access: 'administer',
    summary: 'Changes a rule, or turns it off or on.',
    parameters: oneRule,
    body: changedRule,
    response: rule,
    handle: async (call) => {
      const { enabled, ...body } = call.body
      return toRule(await changeRule(call.m, call, call.parameters.rule, { enabled, body }))
    },
  }),
  define('DELETE /replication/rules/{rule}', {
    id: 'removeReplicationRule',
    access: 'administer',
    summary: 'Removes a rule with its executions. What it brought stays.',
    parameters: oneRule,
    handle: async (call) => removeRule(call.m, call, call.parameters.rule),
  }),
]

const limit = z.coerce.number().int().min(1).max(1000).default(100).describe('How many at most.')
const newestFirst = z.strictObject({ after: z.coerce.number().int().optional().describe('Only older ones.'), limit })
const imagePage = z.strictObject({
  after: z.string().max(600).default('').describe('Only what comes after this one, as "next" says it.'),
  limit,
  state: state.optional().describe('Only those.'),
})

const executionRoutes: readonly ApiRoute[] = [
  define('GET /replication/rules/{rule}/executions', {
    id: 'listReplicationExecutions',
    access: 'inspect',
    summary: 'What a rule did, the latest first; its last 100 executions are kept.',
    parameters: oneRule,
    query: newestFirst,
    response: listOf(execution),
    handle: async ({ m, parameters, query }) => {
      const { id, name: ruleName } = await requireRule(m, parameters.rule)
      const window = { before: query.after, limit: query.limit + 1 }
      const found = await listExecutions(m.database.reader, id, window)
      const { items, ...next } = paged(found, query.limit, (each) => String(each.id))
      return { items: items.map((each) => toExecution(each, ruleName)), ...next }
    },
  }),
  define('POST /replication/rules/{rule}/executions', {
    id: 'startReplication',
    access: 'administer',
    summary: 'Goes through everything that a rule is about. It begins within a second or so.',
    parameters: oneRule,
    response: execution,
    handle: async (call) => toExecution(await startExecution(call.m, call, call.parameters.rule), call.parameters.rule),
  }),
  define('GET /replication/executions/{execution}', {
    id: 'getReplicationExecution',
    access: 'inspect',
    summary: 'How an execution is.',
    parameters: oneExecution,
    response: execution,
    handle: async ({ m, parameters }) => {
      const found = await requireExecution(m, parameters.execution)
      return toExecution(found, (await findRuleById(m.database.reader, found.ruleId))?.name ?? '')
    },
  }),
  define('GET /replication/executions/{execution}/images', {
    id: 'listReplicatedImages',
    access: 'inspect',
    summary: 'The log of an execution: what became of each image, and why.',
    parameters: oneExecution,
    query: imagePage,
    response: listOf(image),
    handle: async ({ m, parameters, query }) => {
      const { id } = await requireExecution(m, parameters.execution)
      const [repository = '', reference = ''] = query.after.split(' ')
      const window = { after: { repository, reference }, limit: query.limit + 1, state: query.state }
      const found = await listImages(m.database.reader, id, window)
      const { items, ...next } = paged(found, query.limit, (each) => `${each.repository} ${each.reference}`)
      return { items: items.map(toImage), ...next }
    },
  }),
  define('POST /replication/executions/{execution}/retry', {
    id: 'retryReplication',
    access: 'administer',
    summary: 'Tries again what failed, as an execution of its own.',
    parameters: oneExecution,
    response: execution,
    handle: async (call) => {
      const made = await retryExecution(call.m, call, call.parameters.execution)
      return toExecution(made, (await findRuleById(call.m.database.reader, made.ruleId))?.name ?? '')
    },
  }),
  define('POST /replication/executions/{execution}/stop', {
    id: 'stopReplication',
    access: 'administer',
    summary: 'Ends an execution. What it brought stays.',
    parameters: oneExecution,
    handle: async (call) => stopExecution(call.m, call, call.parameters.execution),
  }),
]

export const replicationRoutes: readonly ApiRoute[] = [...ruleRoutes, ...executionRoutes]
