import { type By, change, type Management, requireFound } from '../access/management.ts'
import { Problem } from '../lib/problem.ts'
import type { Transaction } from '../metadata/db.ts'
import type { ReplicationDirection } from '../metadata/schema-replication.ts'
import { findRemote } from '../remotes/store.ts'
import { clearQueue } from './queue-store.ts'
import { parseRuleName, requireSound, type RuleBody, type RuleBodyInput, ruleBody, type StoredRule } from './rule.ts'
import { deleteRule, findRule, insertRule, listRules, updateRule } from './rule-store.ts'
import { parseSchedule } from './schedule.ts'

/** Each of them is asked at every change. */
const MAX_RULES = 200

export interface RuleInput {
  readonly name: string
  /** Name of a remote. */
  readonly remote: string
  readonly direction: ReplicationDirection
  readonly enabled?: boolean | undefined
  readonly body: RuleBodyInput
}

/** @throws Problem */
export async function createRule(m: Management, by: By, input: RuleInput): Promise<StoredRule> {
  const name = parseRuleName(input.name)
  const body = parseBody(input.body)
  const { remote, direction, enabled = true } = input
  const about = { action: 'replication.created', target: `replication:${name}`, detail: { remote, direction, ...body } }
  const createdAt = m.clock.now()
  const rule = { id: 0, name, remoteId: 0, remote, direction, enabled, body, createdAt }
  await requireSound(rule)
  const nextRunAt = await nextRun(m, rule)
  return change(m, by, about, async (tx) => {
    const { id: remoteId } = requireFound(await findRemote(tx, remote), `remote "${remote}"`)
    const rules = await listRules(tx)
    if (rules.some((each) => each.name === name))
      throw new Problem('conflict', `there is a replication rule "${name}" already`)
    if (rules.length >= MAX_RULES) throw new Problem('conflict', `there are at most ${MAX_RULES} replication rules`)
    const id = await insertRule(tx, { ...rule, remoteId, createdBy: by.actor.id, nextRunAt })
    return { ...rule, id, remoteId }
  })
}

export interface RuleChange {
  readonly enabled?: boolean | undefined
  /** What is not said stays as it is. Null: without. */
  readonly body?: { readonly [K in keyof RuleBodyInput]?: RuleBodyInput[K] | null } | undefined
}

/** @throws Problem */
export async function changeRule(m: Management, by: By, name: string, input: RuleChange): Promise<StoredRule> {
  const before = await requireRule(m, name)
  const merged = Object.entries({ ...before.body, ...input.body }).filter(([, value]) => value != null)
  const body = parseBody(Object.fromEntries(merged))
  const rule = { ...before, enabled: input.enabled ?? before.enabled, body }
  await requireSound(rule)
  const nextRunAt = await nextRun(m, rule)
  const detail = { enabled: rule.enabled, ...body }
  return change(m, by, { action: 'replication.changed', target: `replication:${name}`, detail }, async (tx) => {
    const { id } = requireFound(await findRule(tx, name), described(name))
    await updateRule(tx, { ...rule, id }, nextRunAt)
    // What it does not hear of while it is off is for a whole run to find.
    if (!rule.enabled || !body.onEvent) await clearQueue(tx, id)
    return { ...rule, id }
  })
}

/** With everything that is known of what it did. What it brought stays. @throws Problem */
export async function removeRule(m: Management, by: By, name: string): Promise<void> {
  await change(m, by, { action: 'replication.removed', target: `replication:${name}` }, async (tx: Transaction) => {
    await deleteRule(tx, requireFound(await findRule(tx, name), described(name)).id)
  })
}

/** @throws Problem */
export async function requireRule({ database }: Management, name: string): Promise<StoredRule> {
  return requireFound(await findRule(database.reader, name), described(name))
}

function described(name: string): string {
  return `replication rule "${name}"`
}

function parseBody(input: unknown): RuleBody {
  const parsed = ruleBody.safeParse(input)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Problem('invalid', `${issue?.path.join('.')}: ${issue?.message}`)
}

async function nextRun(m: Management, { enabled, body }: StoredRule): Promise<Date | undefined> {
  if (!enabled || body.schedule === undefined) return undefined
  return (await parseSchedule(body.schedule))(m.clock.now())
}
