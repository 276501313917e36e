import { type By, change, type Management, requireFound } from '../access/management.ts'
import { Problem } from '../lib/problem.ts'
import type { Transaction } from '../metadata/db.ts'
import {
  askToStop,
  type Execution,
  findExecution,
  insertExecution,
  openExecutions,
  type Progress,
} from './execution-store.ts'
import { type ImageLine, listImages, putImages } from './image-store.ts'
import { requireRule } from './manage-rules.ts'
import { BEGINNING } from './plan.ts'
import type { StoredRule } from './rule.ts'
import { findRuleById } from './rule-store.ts'

/** A whole run of a rule, which the server begins within a second or so. @throws Problem */
export async function startExecution(m: Management, by: By, name: string): Promise<Execution> {
  const rule = await requireRule(m, name)
  requireEnabled(rule)
  return begin(m, by, rule, async () => ({ trigger: 'manual', lines: [] }))
}

/** What could not be brought is tried again, and what was not come by is gone through, as an execution of its own. @throws Problem */
export async function retryExecution(m: Management, by: By, id: number): Promise<Execution> {
  const before = await requireExecution(m, id)
  if (before.endedAt === undefined) throw new Problem('conflict', `execution ${id} has not ended yet`)
  const rule = requireFound(await findRuleById(m.database.reader, before.ruleId), `rule of execution ${id}`)
  requireEnabled(rule)
  return begin(m, by, rule, async (tx) => {
    const lines = [...(await linesToRetry(tx, id, 'failed')), ...(await linesToRetry(tx, id, 'waiting'))]
    const progress = whereItWas(before)
    if (lines.length === 0 && progress.phase === 'rest')
      throw new Problem('conflict', `nothing is left to do of execution ${id}: nothing failed, and it came to its end`)
    return { trigger: 'retry', lines, progress }
  })
}

/** @throws Problem */
export async function stopExecution(m: Management, by: By, id: number): Promise<void> {
  const about = { action: 'replication.stopped', target: `execution:${id}` }
  await change(m, by, about, async (tx) => {
    requireFound(await findExecution(tx, id), `execution ${id}`)
    if (!(await askToStop(tx, id))) throw new Problem('conflict', `execution ${id} has ended already`)
  })
}

/** @throws Problem */
export async function requireExecution({ database }: Management, id: number): Promise<Execution> {
  return requireFound(await findExecution(database.reader, id), `execution ${id}`)
}

function requireEnabled({ name, enabled }: StoredRule): void {
  if (!enabled) throw new Problem('conflict', `the replication rule "${name}" is off; turn it on first`)
}

interface Beginning {
  readonly trigger: 'manual' | 'retry'
  readonly lines: readonly ImageLine[]
  readonly progress?: Progress
}

async function begin(
  m: Management,
  by: By,
  { id: ruleId, name }: StoredRule,
  prepare: (tx: Transaction) => Promise<Beginning>,
): Promise<Execution> {
  const about = { action: 'replication.started', target: `replication:${name}` }
  return change(m, by, about, async (tx) => {
    const open = (await openExecutions(tx)).find((each) => each.ruleId === ruleId && each.trigger !== 'event')
    if (open !== undefined) throw new Problem('conflict', `execution ${open.id} of "${name}" has not ended yet`)
    const { trigger, lines, progress } = await prepare(tx)
    const execution = { ruleId, trigger, actor: by.actor.name, state: 'waiting', now: m.clock.now() } as const
    const id = await insertExecution(tx, { ...execution, ...(progress === undefined ? {} : { progress }) })
    await putImages(tx, id, lines)
    return requireFound(await findExecution(tx, id), `execution ${id}`)
  })
}

/** Stopped, or failed as a whole, it did not come by everything. What is sent by event has nothing to come by. */
function whereItWas({ trigger, progress }: Execution): Progress {
  if (trigger === 'event') return REST
  const { phase, repository, tag } = progress ?? BEGINNING
  return { phase, repository, tag }
}

const REST: Progress = { phase: 'rest', repository: '', tag: '' }

/** More are left to the next whole run. */
const MAX_RETRIED = 10_000

async function linesToRetry(tx: Transaction, id: number, state: 'failed' | 'waiting'): Promise<ImageLine[]> {
  const after = { repository: '', reference: '' }
  const found = await listImages(tx, id, { after, limit: MAX_RETRIED, state })
  return found.map((line) => ({ ...line, state: 'waiting', attempts: 0, nextAt: line.at }))
}
