import type { Executor, Transaction } from '../metadata/db.ts'
import type { ReplicationDirection } from '../metadata/schema-replication.ts'
import { ruleBody, type StoredRule } from './rule.ts'

interface RuleRow {
  readonly id: number
  readonly name: string
  readonly remote_id: number
  readonly remote: string
  readonly direction: ReplicationDirection
  readonly body: string
  readonly enabled: number
  readonly created_at: number
}

function rules({ db }: Executor) {
  return db
    .selectFrom('replication_rules as rule')
    .innerJoin('remotes', 'remotes.id', 'rule.remote_id')
    .select(['rule.id', 'rule.name', 'rule.remote_id', 'remotes.name as remote'])
    .select(['rule.direction', 'rule.body', 'rule.enabled', 'rule.created_at'])
    .orderBy('rule.name')
}

function toRule(row: RuleRow): StoredRule {
  const { id, name, remote_id, remote, direction, body, enabled, created_at } = row
  return {
    ...{ id, name, remoteId: remote_id, remote, direction },
    enabled: enabled === 1,
    body: ruleBody.parse(JSON.parse(body)),
    createdAt: new Date(created_at),
  }
}

/** By name. */
export async function listRules(executor: Executor): Promise<StoredRule[]> {
  return (await rules(executor).execute()).map(toRule)
}

export async function findRule(executor: Executor, name: string): Promise<StoredRule | undefined> {
  const row = await rules(executor).where('rule.name', '=', name).executeTakeFirst()
  return row && toRule(row)
}

export async function findRuleById(executor: Executor, id: number): Promise<StoredRule | undefined> {
  const row = await rules(executor).where('rule.id', '=', id).executeTakeFirst()
  return row && toRule(row)
}

export type NewRule = Omit<StoredRule, 'id' | 'remote'> & {
  /** Id of an actor. */
  readonly createdBy: string
  readonly nextRunAt: Date | undefined
}

export async function insertRule(tx: Transaction, rule: NewRule): Promise<number> {
  const { id } = await tx.db
    .insertInto('replication_rules')
    .values({
      ...{ name: rule.name, remote_id: rule.remoteId, direction: rule.direction, body: JSON.stringify(rule.body) },
      ...{ enabled: rule.enabled ? 1 : 0, created_by: rule.createdBy, created_at: rule.createdAt.getTime() },
      next_run_at: rule.nextRunAt?.getTime() ?? null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function updateRule(
  tx: Transaction,
  { id, body, enabled }: Pick<StoredRule, 'id' | 'body' | 'enabled'>,
  nextRunAt: Date | undefined,
): Promise<void> {
  await tx.db
    .updateTable('replication_rules')
    .set({ body: JSON.stringify(body), enabled: enabled ? 1 : 0, next_run_at: nextRunAt?.getTime() ?? null })
    .where('id', '=', id)
    .execute()
}

/** With everything that is known of it. */
export async function deleteRule(tx: Transaction, id: number): Promise<void> {
  await tx.db.deleteFrom('replication_rules').where('id', '=', id).execute()
}

/** Rules whose schedule is due. */
export async function dueRules(executor: Executor, now: Date): Promise<number[]> {
  const rows = await executor.db
    .selectFrom('replication_rules')
    .select('id')
    .where('next_run_at', '<=', now.getTime())
    .where('enabled', '=', 1)
    .execute()
  return rows.map(({ id }) => id)
}

export async function setNextRun(tx: Transaction, id: number, at: Date | undefined): Promise<void> {
  await tx.db
    .updateTable('replication_rules')
    .set({ next_run_at: at?.getTime() ?? null })
    .where('id', '=', id)
    .execute()
}
