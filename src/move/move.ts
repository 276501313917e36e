import { OPERATOR } from '../lib/actor.ts'
import { failpoint } from '../lib/failpoint.ts'
import { randomId } from '../lib/ids.ts'
import { TableCopy } from '../metadata/copy-tables.ts'
import type { Executor } from '../metadata/db.ts'
import { writeJobState } from '../metadata/job-state.ts'
import {
  type Filling,
  type LastReading,
  type MoveSource,
  type MoveTarget,
  openMoveSource,
  openMoveTarget,
} from '../metadata/move-ends.ts'
import { type Home, homeOf, MOVE_PLAN, type MoveState, whyClosed } from '../metadata/move-state.ts'
import type { DatabasePlace } from '../metadata/open.ts'
import { forgetWhatRan } from '../metadata/snapshot.ts'
import type { Copied } from '../registry/copy-objects.ts'
import { type Hold, whileHeld } from '../registry/hold-objects.ts'
import { recoveryEpochs } from '../registry/recovery-claim.ts'
import { RECOVERY_STATE, type RecoveryState } from '../registry/recovery-keys.ts'
import type { Registry } from '../registry/registry.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { ObjectMove, requireEmptyStore } from './object-move.ts'
import type { MoveProgress } from './progress.ts'
import { auditLength, forgetMovePlan, readMovePlan, readMoveState } from './store.ts'

export interface MoveParts {
  /** The registry that moves. */
  readonly registry: Registry
  readonly from: DatabasePlace
  /** What of it stays is the same as in `from`. */
  readonly to: DatabasePlace
  /** Of the new home; the same as the registry's when objects stay. */
  readonly objects: BlobStore
  readonly progress: MoveProgress
  /** Moves although something is missing or damaged at its source, which it then is at its target too. */
  readonly despiteDamage: boolean
}

export interface MoveReport {
  readonly from: Home
  readonly to: Home
  readonly blobs: number
  readonly objects: number
  readonly bytes: number
  /** Objects that were copied by this run. */
  readonly copied: number
  readonly rows: number
  /** Rows that were copied while writers waited, and how long they did. */
  readonly rowsInSwitch: number
  readonly switchMs: number
  readonly problems: readonly string[]
}

/** What a run knows of its move. */
interface Move extends MoveParts {
  readonly id: string
  readonly homes: { readonly from: Home; readonly to: Home }
  readonly source: MoveSource
  /** Undefined: the database stays. */
  readonly target: MoveTarget | undefined
  readonly hold: Hold
  /** Undefined: objects stay. */
  readonly moved: ObjectMove | undefined
}

/**
 * Moves a registry to another database, another store or both, beside its servers. Objects and rows are copied while
 * pushes and pulls go on; then writers wait for a moment, in which the rest is copied, and from then on the old place
 * takes no changes. Whatever ends a run, the registry is in one of the two, whole, and the next run goes on.
 */
export async function moveHouse(parts: MoveParts): Promise<MoveReport> {
  const homes = { from: homeOf(parts.from), to: homeOf(parts.to) }
  const movesDatabase = homes.from.database !== homes.to.database
  const movesObjects = homes.from.storage !== homes.to.storage
  if (!movesDatabase && !movesObjects) throw new Error(`the registry is there already: ${describe(homes.to)}`)
  const [source, target] = [
    await openMoveSource(parts.from),
    movesDatabase ? await openMoveTarget(parts.to) : undefined,
  ]
  const ended = await readMoveState(parts.registry.database.reader)
  if (ended?.state === 'left' && isSame(ended.to, homes.to)) return finish(parts, homes, target, ended)
  const why = ended && whyClosed(JSON.stringify(ended), { storage: homes.from.storage })
  if (why !== undefined) throw why

  const id = await plan(parts, homes, target)
  return whileHeld(parts.registry, async (hold) => {
    await hold.startRenewing()
    const { registry, objects, progress } = parts
    const moved = movesObjects
      ? await ObjectMove.begin({ from: registry.blobs, to: objects, progress, check: () => hold.check() })
      : undefined
    const move: Move = { ...parts, id, homes, source, target, hold, moved }
    return target === undefined ? moveObjects(move) : moveAll(move, target)
  })
}

/** Looks whether the new home is free, or was begun by this move, and takes it. */
async function plan(
  { registry, objects }: MoveParts,
  homes: { readonly from: Home; readonly to: Home },
  target: MoveTarget | undefined,
): Promise<string> {
  const { database, clock } = registry
  const before = await readMovePlan(database.reader)
  const known = before !== undefined && isSame(before.to, homes.to) ? before.id : undefined
  const begun = await target?.begun()
  if (begun !== undefined && begun.id !== known)
    throw new Error(
      `another move to this database was begun and has not ended (from ${begun.from.database}, ${begun.at}); end that one, or give an empty database`,
    )
  if (homes.from.storage !== homes.to.storage) {
    await objects.probe()
    if (known === undefined) await requireEmptyStore(objects)
  }
  const id = known ?? randomId()
  await database.write((tx) => writeJobState(tx, MOVE_PLAN, { id, to: homes.to }, clock.now()))
  if (begun === undefined) await target?.claim(stateOf({ id, homes, registry }, 'arriving', 0))
  return id
}

async function moveAll(move: Move, target: MoveTarget): Promise<MoveReport> {
  const { registry, source, progress, moved } = move
  requireWhole(move, await moved?.catchUp(registry.database.reader))
  let report: MoveReport | undefined
  await target.fill(async (filling) => {
    const copy = new TableCopy(filling.tables, (done) => progress.rows(done))
    progress.step('copying the database')
    await source.withSnapshot(({ tables }) => copy.pass(tables))
    await filling.settle()
    progress.step('copying what came meanwhile')
    await moved?.catchUp(registry.database.reader)
    await source.withSnapshot(({ tables }) => copy.pass(tables))
    await copy.requireSameCounts()
    move.hold.check()
    failpoint('move.before-switch')
    progress.step('switching')
    report = await source.withLock((last) => switchTo(move, { last, filling, copy }))
  })
  failpoint('move.after-marker')
  const problems = await target.open({ ...stateOf(move, 'arrived', 0) })
  if (report === undefined) throw new Error('the move has no end')
  return { ...report, problems: [...report.problems, ...problems] }
}

interface LastStep {
  readonly last: LastReading
  readonly filling: Filling
  readonly copy: TableCopy
}

/** Writers wait. The target is whole before the source is closed, so one of them is the registry at every moment. */
async function switchTo(move: Move, { last, filling, copy }: LastStep): Promise<MoveReport> {
  const startedAt = performance.now()
  const done = await move.moved?.last(last.executor)
  requireWhole(move, done)
  const { rows, written } = await copy.pass(last.tables)
  await copy.requireSameCounts()
  await enter(move, filling.executor)
  const audit = await auditLength(filling.executor)
  await filling.commit(stateOf(move, 'arriving', audit))
  failpoint('move.after-rows')
  const before = await readMoveState(last.executor)
  await last.close({ ...stateOf(move, 'left', audit), before })
  return reportOf(move, done, { rows, rowsInSwitch: written, switchMs: performance.now() - startedAt })
}

/** The database stays: it only learns where its objects are. */
async function moveObjects(move: Move): Promise<MoveReport> {
  const { registry, source, moved, progress } = move
  requireWhole(move, await moved?.catchUp(registry.database.reader))
  progress.step('switching')
  return source.withLock(async (last) => {
    const startedAt = performance.now()
    const done = await moved?.last(last.executor)
    requireWhole(move, done)
    const before = await readMoveState(last.executor)
    await enter(move, last.executor)
    const audit = await auditLength(last.executor)
    await last.close({ ...stateOf(move, 'stored', audit), before })
    return reportOf(move, done, { rows: 0, rowsInSwitch: 0, switchMs: performance.now() - startedAt })
  })
}

/** What differs in the new home: nothing runs there, its recovery log is to be written, and the audit says whence. */
async function enter({ registry, objects, homes, id }: Move, tx: Executor): Promise<void> {
  const recovery: RecoveryState = { epochs: await recoveryEpochs(objects), cursor: 0 }
  await forgetWhatRan(tx)
  await forgetMovePlan(tx)
  await writeJobState(tx, RECOVERY_STATE, recovery, registry.clock.now())
  await registry.recorder.record(tx, {
    ...{ actor: OPERATOR, action: 'registry.moved', target: 'registry', outcome: 'done' },
    detail: { move: id, from: homes.from, to: homes.to },
  })
}

/** The source was closed, and whoever did it did not come to the end. */
async function finish(
  { registry }: MoveParts,
  homes: { readonly from: Home; readonly to: Home },
  target: MoveTarget | undefined,
  state: MoveState,
): Promise<MoveReport> {
  if (target === undefined || !(await target.isFilled(state)))
    throw new Error(
      `this registry moved to ${describe(state.to)} (${state.at}), but what it moved to is not there any more`,
    )
  const problems = await target.open({ ...stateOf({ id: state.id, homes, registry }, 'arrived', state.audit) })
  return { ...homes, ...{ blobs: 0, objects: 0, bytes: 0, copied: 0, rows: 0, rowsInSwitch: 0, switchMs: 0 }, problems }
}

/** @throws Error naming what is missing at the source */
function requireWhole({ despiteDamage }: MoveParts, copied: Copied | undefined): void {
  if (copied === undefined || copied.faults.length === 0 || despiteDamage) return
  const some = copied.faults.slice(0, 5).join('; ')
  throw new Error(
    `${copied.faults.length} blobs are missing or damaged here, and would be in the new place: ${some}. Nothing was moved. Look with "berth fsck"; --despite-damage moves all the same`,
  )
}

function stateOf(
  { id, homes, registry }: Pick<Move, 'id' | 'homes' | 'registry'>,
  state: MoveState['state'],
  audit: number,
): MoveState {
  return { id, state, ...homes, at: registry.clock.now().toISOString(), audit }
}

function reportOf(
  { homes, moved }: Move,
  done: Copied | undefined,
  rows: Pick<MoveReport, 'rows' | 'rowsInSwitch' | 'switchMs'>,
): MoveReport {
  return {
    ...homes,
    ...{ blobs: done?.blobs ?? 0, objects: done?.objects ?? 0, bytes: done?.bytes ?? 0, copied: moved?.copied ?? 0 },
    ...{ ...rows, switchMs: Math.round(rows.switchMs), problems: done?.faults ?? [] },
  }
}

function isSame(one: Home, other: Home): boolean {
  return one.database === other.database && one.storage === other.storage
}

export function describe({ database, storage }: Home): string {
  return `${database} with its objects in ${storage}`
}
