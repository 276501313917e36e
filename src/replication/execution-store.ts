import { sql } from 'kysely'
import type { Executor, Transaction } from '../metadata/db.ts'
import type { ExecutionState, ReplicationTrigger } from '../metadata/schema-replication.ts'

/** How many images an execution has dealt with, by what became of them. */
export interface Counts {
  readonly copied: number
  readonly present: number
  readonly deleted: number
  readonly skipped: number
  readonly failed: number
  readonly conflicts: number
  readonly bytes: number
}

export interface Execution extends Counts {
  readonly id: number
  readonly ruleId: number
  readonly trigger: ReplicationTrigger
  readonly actor: string
  readonly state: ExecutionState
  readonly stopping: boolean
  readonly createdAt: Date
  readonly startedAt: Date | undefined
  readonly endedAt: Date | undefined
  readonly error: string | undefined
  readonly progress: Progress | undefined
}

/** How far an execution came; whoever goes on with it begins there. */
export interface Progress {
  /** `tags`: it goes through the source. `gone`: it looks for what is not there any more. `rest`: only what failed is left. */
  readonly phase: 'tags' | 'gone' | 'rest'
  /** Everything up to this one is done. */
  readonly repository: string
  readonly tag: string
  /** How often in a row nothing could be done at all, and when it is tried again; milliseconds. */
  readonly pauses?: number
  readonly pausedUntil?: number
}

const COLUMNS = [
  ...(['id', 'rule_id', 'trigger', 'actor', 'state', 'created_at', 'started_at', 'ended_at', 'progress'] as const),
  ...(['stopping', 'copied', 'present', 'deleted', 'skipped', 'failed', 'conflicts', 'bytes', 'error'] as const),
] as const

interface ExecutionRow {
  readonly id: number
  readonly rule_id: number
  readonly trigger: ReplicationTrigger
  readonly actor: string
  readonly state: ExecutionState
  readonly created_at: number
  readonly started_at: number | null
  readonly ended_at: number | null
  readonly progress: string | null
  readonly stopping: number
  readonly copied: number
  readonly present: number
  readonly deleted: number
  readonly skipped: number
  readonly failed: number
  readonly conflicts: number
  readonly bytes: number
  readonly error: string | null
}

function toExecution(row: ExecutionRow): Execution {
  const { id, trigger, actor, state, copied, present, deleted, skipped, failed, conflicts, bytes } = row
  return {
    ...{ id, ruleId: row.rule_id, trigger, actor, state, stopping: row.stopping === 1 },
    ...{ copied, present, deleted, skipped, failed, conflicts, bytes },
    createdAt: new Date(row.created_at),
    startedAt: row.started_at === null ? undefined : new Date(row.started_at),
    endedAt: row.ended_at === null ? undefined : new Date(row.ended_at),
    error: row.error ?? undefined,
    progress: row.progress === null ? undefined : JSON.parse(row.progress),
  }
}

export interface NewExecution {
  readonly ruleId: number
  readonly trigger: ReplicationTrigger
  /** Name of an actor. */
  readonly actor: string
  readonly state: 'waiting' | 'running'
  readonly now: Date
  readonly progress?: Progress
}

export async function insertExecution(tx: Transaction, execution: NewExecution): Promise<number> {
  const { ruleId, trigger, actor, state, now, progress } = execution
  const { id } = await tx.db
    .insertInto('replication_executions')
    .values({
      ...{ rule_id: ruleId, trigger, actor, state, created_at: now.getTime() },
      started_at: state === 'running' ? now.getTime() : null,
      ...{ ended_at: null, error: null, progress: progress === undefined ? null : JSON.stringify(progress) },
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function findExecution(executor: Executor, id: number): Promise<Execution | undefined> {
  const row = await executor.db
    .selectFrom('replication_executions')
    .select(COLUMNS)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toExecution(row)
}

/** Those that have not ended, oldest first. */
export async function openExecutions(executor: Executor): Promise<Execution[]> {
  const rows = await executor.db
    .selectFrom('replication_executions')
    .select(COLUMNS)
    .where('state', 'in', ['waiting', 'running'])
    .orderBy('id')
    .execute()
  return rows.map(toExecution)
}

/** Of a rule, newest first. `before`: only older ones. */
export async function listExecutions(
  executor: Executor,
  ruleId: number,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Promise<Execution[]> {
  const rows = await executor.db
    .selectFrom('replication_executions')
    .select(COLUMNS)
    .where('rule_id', '=', ruleId)
    .$if(before !== undefined, (query) => query.where('id', '<', before ?? 0))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toExecution)
}

export async function startExecution(tx: Transaction, id: number, now: Date): Promise<void> {
  await tx.db
    .updateTable('replication_executions')
    .set({ state: 'running', started_at: now.getTime() })
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .execute()
}

export async function saveProgress(tx: Transaction, id: number, progress: Progress, error?: string): Promise<void> {
  await tx.db
    .updateTable('replication_executions')
    .set({ progress: JSON.stringify(progress), error: error ?? null })
    .where('id', '=', id)
    .execute()
}

export async function addCounts(tx: Transaction, id: number, counts: Counts): Promise<void> {
  const names = ['copied', 'present', 'deleted', 'skipped', 'failed', 'conflicts', 'bytes'] as const
  const sums = names.map((name) => [name, sql<number>`${sql.ref(name)} + ${counts[name]}`] as const)
  await tx.db.updateTable('replication_executions').set(Object.fromEntries(sums)).where('id', '=', id).execute()
}

/** Of each rule; older ones are forgotten. */
const KEPT_EXECUTIONS = 100

/** However it ends: with it goes what ended long ago. */
export async function endExecution(
  tx: Transaction,
  { id, ruleId }: Pick<Execution, 'id' | 'ruleId'>,
  end: { readonly state: 'done' | 'failed' | 'stopped'; readonly error?: string | undefined; readonly now: Date },
): Promise<void> {
  await tx.db
    .updateTable('replication_executions')
    .set({ state: end.state, error: end.error ?? null, ended_at: end.now.getTime() })
    .where('id', '=', id)
    .where('state', 'in', ['waiting', 'running'])
    .execute()
  await pruneExecutions(tx, ruleId, KEPT_EXECUTIONS)
}

/** False: it has ended already. */
export async function askToStop(tx: Transaction, id: number): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable('replication_executions')
    .set({ stopping: 1 })
    .where('id', '=', id)
    .where('state', 'in', ['waiting', 'running'])
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Forgets what ended long ago: so many of each rule stay. */
async function pruneExecutions(tx: Transaction, ruleId: number, keep: number): Promise<void> {
  const last = await tx.db
    .selectFrom('replication_executions')
    .select('id')
    .where('rule_id', '=', ruleId)
    .orderBy('id', 'desc')
    .offset(keep)
    .limit(1)
    .executeTakeFirst()
  if (last === undefined) return
  const old = tx.db
    .selectFrom('replication_executions')
    .select('id')
    .where('rule_id', '=', ruleId)
    .where('id', '<=', last.id)
    .where('state', 'not in', ['waiting', 'running'])
  await tx.db.deleteFrom('replication_images').where('execution_id', 'in', old).execute()
  await tx.db.deleteFrom('replication_executions').where('id', 'in', old).execute()
}
