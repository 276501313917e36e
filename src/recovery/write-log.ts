import { randomId } from '../lib/ids.ts'
import { failpoint } from '../lib/failpoint.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import { recoveryEpochs } from '../registry/recovery-claim.ts'
import type { Registry } from '../registry/registry.ts'
import { describeAll, describeTouched } from './describe.ts'
import { listPieces, writePieces } from './piece.ts'
import type { LogRecord } from './records.ts'
import { type LogState, readLogState, writeLogState } from './state.ts'
import { auditBounds, changesAfter } from './store.ts'
import { touchedBy } from './touched.ts'

const BATCH = 500
/** A log smaller than this is not worth a checkpoint, unless it is in very many pieces. */
const CHECKPOINT_BYTES = 16 * 1024 * 1024
const CHECKPOINT_PIECES = 10_000
/** What is deleted and purged stays in what was written before, until all is written anew: this long at most. */
const FORGET_MS = 24 * 60 * 60 * 1000
/** Who waits for a stop waits for a checkpoint that takes no longer. */
const SHORT_MS = 2000

export interface LogParts {
  readonly registry: Registry
  readonly log: Log
  readonly metrics: Metrics
}

/**
 * Keeps a log of everything visible beside the blobs. It follows the audit, whose rows say what was touched, and writes
 * down how that is now; so writing something twice, or later than it happened, does no harm.
 */
export class LogWriter {
  readonly #parts: LogParts
  #saidForeign = false
  /** A checkpoint that would have taken longer, a moment ago: the process stops, or somebody wanted it to end. */
  #isBrokenOff = false

  constructor(parts: LogParts) {
    this.#parts = parts
  }

  /**
   * Brings the log up to date, and once in a while writes all of it anew: when it has grown, and a day after the last
   * time when content was removed since. A signal breaks the latter off; the next run does not begin again what was
   * long.
   */
  async run(signal?: AbortSignal): Promise<void> {
    const { registry } = this.#parts
    await registry.recorder.seal()
    let state = await readLogState(registry.database.reader)
    if (state.epoch === undefined) state = await this.#begin(state)
    const { removed } = await auditBounds(registry.database.reader)
    // Rows went before they were read, as while the log was switched off.
    if (removed > state.cursor) state = { ...state, checkpointBytes: undefined, cursor: removed }
    state = await this.#prune(await this.#follow(state))
    if (!isCheckpointDue(state, registry.clock.now())) return
    if (this.#isBrokenOff) this.#isBrokenOff = false
    else await this.#checkpoint(state, signal)
  }

  async #begin(state: LogState): Promise<LogState> {
    const { registry, log } = this.#parts
    const foreign = (await recoveryEpochs(registry.blobs)).filter((epoch) => !state.epochs.includes(epoch))
    if (foreign.length > 0 && !this.#saidForeign) {
      this.#saidForeign = true
      log.error(
        'there is the log of another database beside the blobs: if that one was lost, "berth rebuild --replace" brings back what it held',
        { epochs: foreign },
      )
    }
    const epoch = `${String(registry.clock.now().getTime()).padStart(14, '0')}-${randomId().slice(0, 8)}`
    const { newest } = await auditBounds(registry.database.reader)
    return this.#save({ epochs: [...state.epochs, epoch], epoch, cursor: newest, log: { pieces: 0, bytes: 0 } })
  }

  /** Writes down what changed since the cursor. */
  async #follow(start: LogState): Promise<LogState> {
    const { registry, metrics } = this.#parts
    const { reader } = registry.database
    for (let state = start; ;) {
      const rows = await changesAfter(reader, state.cursor, BATCH)
      const through = rows.at(-1)?.id
      if (through === undefined) return state
      await this.#requireOurs(state)
      const touched = touchedBy(rows.filter(({ outcome }) => outcome === 'done'))
      const name = { epoch: state.epoch ?? '', through, checkpoint: undefined }
      const written = await writePieces(registry.blobs, name, describeTouched(reader, touched))
      metrics.add('berth_recovery_objects_total', written.pieces)
      const { pieces, bytes } = state.log
      const log = { pieces: pieces + written.pieces, bytes: bytes + written.bytes }
      state = await this.#save({ ...state, cursor: through, log, removal: touched.removal ?? state.removal })
    }
  }

  /** Says everything once, so that the log before it, and those that it stands for, can go. */
  async #checkpoint(start: LogState, signal: AbortSignal | undefined): Promise<void> {
    const { registry, metrics } = this.#parts
    const { blobs, database } = registry
    await this.#requireOurs(start)
    const at = registry.clock.now().getTime()
    const replaces = start.epochs.filter((epoch) => epoch !== start.epoch)
    const name = { epoch: start.epoch ?? '', through: start.cursor, checkpoint: randomId().slice(0, 8) }
    let state: LogState = { ...start, log: { pieces: 0, bytes: 0 } }
    const records = untilAborted(describeAll(database.reader), replaces, signal)
    const written = await writePieces(blobs, name, records, async () => {
      // What is pushed meanwhile need not wait until all is said.
      state = await this.#follow(state)
    })
    metrics.add('berth_recovery_objects_total', written.pieces)
    if (signal?.aborted) {
      this.#isBrokenOff = registry.clock.now().getTime() - at > SHORT_MS
      return
    }
    const { through, checkpoint } = name
    await this.#save({
      ...{ ...state, checkpointBytes: written.bytes },
      ...{ checkpoint: { through, at }, prune: { through, checkpoint } },
    })
    failpoint('recovery.before-prune')
    await this.#prune(await readLogState(database.reader))
  }

  /** Removes what the newest checkpoint takes the place of: oldest first, so that a crash leaves the newest. */
  async #prune(state: LogState): Promise<LogState> {
    const { epoch = '', prune } = state
    if (prune === undefined) return state
    const { registry, log } = this.#parts
    const old = (await listPieces(registry.blobs)).filter(
      (piece) =>
        (piece.epoch !== epoch && state.epochs.includes(piece.epoch)) ||
        (piece.epoch === epoch && piece.checkpoint !== prune.checkpoint && piece.through <= prune.through),
    )
    for (const { key } of old) await registry.blobs.delete(key)
    log.debug('the recovery log was written anew', { removed: old.length })
    return this.#save({ ...state, epochs: [epoch], prune: undefined })
  }

  /** A registry that has moved may share its store with where it went. @throws RegistryMoved before anything is written */
  async #requireOurs(state: LogState): Promise<void> {
    await this.#save(state)
  }

  async #save(state: LogState): Promise<LogState> {
    const { database, clock } = this.#parts.registry
    await database.writeQuietly((tx) => writeLogState(tx, state, clock.now()))
    return state
  }
}

function isCheckpointDue(state: LogState, now: Date): boolean {
  const { checkpointBytes, log, removal, checkpoint } = state
  if (checkpointBytes === undefined) return true
  const isStale = removal !== undefined && removal > (checkpoint?.through ?? 0)
  if (isStale && now.getTime() - (checkpoint?.at ?? 0) >= FORGET_MS) return true
  return log.pieces > CHECKPOINT_PIECES || log.bytes > Math.max(CHECKPOINT_BYTES, 2 * checkpointBytes)
}

/** With the record that says that a checkpoint is whole, unless it was broken off. */
async function* untilAborted(
  records: AsyncIterable<LogRecord>,
  replaces: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<LogRecord> {
  for await (const record of records) {
    if (signal?.aborted) return
    yield record
  }
  yield { type: 'end', pieces: 0, replaces: [...replaces] }
}
