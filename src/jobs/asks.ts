import type { Executor, Transaction } from '../metadata/db.ts'
import { listJobStates, readJobState, removeJobState, writeJobState } from '../metadata/job-state.ts'

/** Names of rows begin so: whoever runs the job looks for them every second. */
const ASKS = 'ask:'
const RUN = `${ASKS}run:`
const CANCEL = `${ASKS}cancel:`

export interface Asks {
  /** Jobs that somebody wants to run now, and since when. */
  readonly runs: ReadonlyMap<string, Date>
  /** Runs that somebody wants to end: by job when they began. */
  readonly cancels: ReadonlyMap<string, number>
}

/** Wants the job to run without waiting for its turn. */
export async function askToRun(tx: Transaction, job: string, now: Date): Promise<void> {
  await writeJobState(tx, `${RUN}${job}`, {}, now)
}

/** Of one run: what was asked too late does not end the next. */
export async function askToCancel(tx: Transaction, job: string, startedAt: number, now: Date): Promise<void> {
  await writeJobState(tx, `${CANCEL}${job}`, startedAt, now)
}

export async function isAskedToRun(executor: Executor, job: string): Promise<boolean> {
  return (await readJobState(executor, `${RUN}${job}`)) !== undefined
}

/** Returns whether it was still wanted: only one of several that saw it runs. */
export async function takeAsk(tx: Transaction, job: string): Promise<boolean> {
  return removeJobState(tx, `${RUN}${job}`)
}

export async function forgetCancel(tx: Transaction, job: string): Promise<void> {
  await removeJobState(tx, `${CANCEL}${job}`)
}

export async function listAsks(executor: Executor): Promise<Asks> {
  const runs = new Map<string, Date>()
  const cancels = new Map<string, number>()
  for (const { name, state, updatedAt } of await listJobStates(executor, ASKS)) {
    if (name.startsWith(RUN)) runs.set(name.slice(RUN.length), updatedAt)
    else if (typeof state === 'number') cancels.set(name.slice(CANCEL.length), state)
  }
  return { runs, cancels }
}
