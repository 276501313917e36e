import type { Database } from '../metadata/db.ts'
import { writeJobState } from '../metadata/job-state.ts'
import { openMoveTarget, reopenDatabase } from '../metadata/move-ends.ts'
import { MOVE_PLAN, type MovePlan, type MoveState } from '../metadata/move-state.ts'
import type { DatabasePlace } from '../metadata/open.ts'
import { auditLength, readMoveState } from './store.ts'

export interface UndoParts {
  /** The registry that moved away, opened as usual. */
  readonly database: Database
  readonly from: DatabasePlace
  /** The database that it moved to, if somebody gives it, and how to read it. */
  readonly to: DatabasePlace | undefined
  readonly withTarget: <T>(work: (database: Database) => Promise<T>) => Promise<T>
  /** Goes back although something was changed in the new home, which is then lost. */
  readonly loseChanges: boolean
  readonly now: Date
}

/** Goes back to the place that a registry has left. Returns what it was. @throws Error when the new one was used */
export async function undoMove(parts: UndoParts): Promise<MoveState> {
  const { database, from, to, withTarget, loseChanges, now } = parts
  const state = await readMoveState(database.reader)
  if (state?.state !== 'left' && state?.state !== 'stored') throw new Error('this registry has not moved away')
  const used = async ({ reader }: Database) => {
    const length = await auditLength(reader)
    if (length > state.audit && !loseChanges)
      throw new Error(
        `${length - state.audit} things were done in the new home since the move; going back loses them (--lose-changes)`,
      )
  }
  if (state.state === 'stored') await used(database)
  else if (to !== undefined) {
    await withTarget(used)
    // So that nobody uses it from now on, and the next move can fill it again.
    await (await openMoveTarget(to)).claim({ ...state, state: 'arriving', at: now.toISOString() })
  }
  await reopenDatabase(from, state.before)
  return state
}

/** The next move to the same place goes on with what lies there. */
export async function keepPlan(database: Database, { id, to }: MoveState, now: Date): Promise<void> {
  const plan: MovePlan = { id, to }
  await database.write((tx) => writeJobState(tx, MOVE_PLAN, plan, now))
}
