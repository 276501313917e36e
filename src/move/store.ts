import type { Executor } from '../metadata/db.ts'
import { readJobState } from '../metadata/job-state.ts'
import { MOVE_PLAN, MOVE_STATE, type MovePlan, type MoveState } from '../metadata/move-state.ts'

export async function readMoveState(executor: Executor): Promise<MoveState | undefined> {
  return (await readJobState(executor, MOVE_STATE)) as MoveState | undefined
}

export async function readMovePlan(executor: Executor): Promise<MovePlan | undefined> {
  return (await readJobState(executor, MOVE_PLAN)) as MovePlan | undefined
}

export async function forgetMovePlan({ db }: Executor): Promise<void> {
  await db.deleteFrom('job_state').where('name', '=', MOVE_PLAN).execute()
}

/** How many rows the audit has ever had, with those that wait for their place in it. */
export async function auditLength({ db }: Executor): Promise<number> {
  const sealed = await db.selectFrom('audit').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst()
  const waiting = await db
    .selectFrom('audit_inbox')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirst()
  return (sealed?.id ?? 0) + (waiting?.count ?? 0)
}
