import type { Transaction } from '../metadata/db.ts'
import type { Tag } from '../oci/name.ts'
import {
  addCounts,
  endExecution,
  type Execution,
  findExecution,
  type Progress,
  saveProgress,
  startExecution,
} from './execution-store.ts'
import { backOffMs, failureOf, whyFailed } from './failure.ts'
import { countLines, type ImageLine, putImages, waitingImages } from './image-store.ts'
import { BEGINNING, plan, type PlannedPage } from './plan.ts'
import { countsOf, dealWith, type Dealt, lineOf, type Wanted } from './run-images.ts'
import type { Parts } from './parts.ts'
import { sayEnd } from './say.ts'
import type { Work } from './work.ts'

/** What was there already is listed up to so many lines; from then on it is only counted. */
const MAX_DULL_LINES = 10_000
/** So often in a row nothing at all may be possible, over about half an hour, before an execution fails. */
const MAX_PAUSES = 12

/**
 * Goes on with an execution where it is, until it ends, has to wait, or the signal is aborted. What is noted after each
 * page is durable, so that after a crash nobody begins anew.
 */
export async function runExecution(parts: Parts, work: Work, execution: Execution): Promise<void> {
  const run = new ExecutionRun(parts, work, execution)
  try {
    await run.goOn()
  } catch (error) {
    if (work.signal.aborted) return run.stopIfAsked()
    await run.pauseOrFail(error)
  }
}

class ExecutionRun {
  readonly #parts: Parts
  readonly #work: Work
  readonly #execution: Execution
  #progress: Progress

  constructor(parts: Parts, work: Work, execution: Execution) {
    this.#parts = parts
    this.#work = work
    this.#execution = execution
    this.#progress = execution.progress ?? BEGINNING
  }

  async goOn(): Promise<void> {
    const { id } = this.#execution
    await this.#write((tx) => startExecution(tx, id, this.#now()))
    if (this.#progress.phase !== 'rest') {
      for await (const page of plan(this.#work, this.#progress)) if (!(await this.#dealWithPage(page))) return
      this.#progress = { phase: 'rest', repository: '', tag: '' }
      await this.#write((tx) => saveProgress(tx, id, this.#progress))
    }
    await this.#dealWithRest()
  }

  /** False: nothing could be done there at all, and it has to wait. */
  async #dealWithPage({ tags, progress }: PlannedPage): Promise<boolean> {
    this.#work.signal.throwIfAborted()
    const dealt = await dealWith(
      this.#work,
      this.#parts.turns,
      tags.map((tag) => ({ ...tag, attempts: 0 })),
    )
    const [first] = dealt
    if (first?.failure !== undefined && dealt.every(({ failure }) => failure?.kind === 'place')) {
      await this.#pause(first.failure.reason, first.failure.retryAfterMs)
      return false
    }
    await this.#note(dealt, progress)
    this.#progress = progress
    return true
  }

  async #note(dealt: readonly Dealt[], progress: Progress): Promise<void> {
    const { id } = this.#execution
    const now = this.#now()
    const lines = dealt.flatMap((each) => lineOf(each, { now, mayWait: true }) ?? [])
    const isFull = (await countLines(this.#parts.registry.database.reader, id)) >= MAX_DULL_LINES
    await this.#write(async (tx) => {
      await putImages(tx, id, isFull ? lines.filter((line) => !isDull(line)) : lines)
      await addCounts(tx, id, countsOf(lines))
      await saveProgress(tx, id, progress)
    })
    this.#parts.count(this.#work.rule.direction, lines)
  }

  /** What failed is tried again until it works, or was tried often enough. */
  async #dealWithRest(): Promise<void> {
    const { id } = this.#execution
    const { reader } = this.#parts.registry.database
    for (;;) {
      this.#work.signal.throwIfAborted()
      const due = await waitingImages(reader, id, this.#now(), 50)
      if (due.length === 0) break
      const dealt = await dealWith(this.#work, this.#parts.turns, due.map(toWanted))
      const gone = dealt.filter(({ outcome, failure }) => outcome === undefined && failure === undefined)
      await this.#note(dealt, this.#progress)
      await this.#write((tx) =>
        putImages(
          tx,
          id,
          gone.map((each) => this.#nothingLeft(each)),
        ),
      )
    }
    if ((await waitingImages(reader, id, undefined, 1)).length === 0) await this.#end()
  }

  #nothingLeft({ wanted }: Dealt): ImageLine {
    return {
      ...{ repository: wanted.repository as ImageLine['repository'], reference: wanted.tag, digest: undefined },
      ...{ state: 'skipped', reason: 'it is not there any more', attempts: wanted.attempts + 1, bytes: 0 },
      ...{ at: this.#now(), nextAt: undefined },
    }
  }

  async #end(): Promise<void> {
    const { id } = this.#execution
    const { reader } = this.#parts.registry.database
    const error = await whyFailed(reader, id)
    const state = error === undefined ? 'done' : 'failed'
    await this.#write((tx) => endExecution(tx, this.#execution, { state, error, now: this.#now() }))
    sayEnd(this.#parts.log, this.#work.rule, await findExecution(reader, id))
  }

  /** Aborted, because somebody wants it to end, or because the server stops: then another run goes on. */
  async stopIfAsked(): Promise<void> {
    const { id } = this.#execution
    const { reader } = this.#parts.registry.database
    if ((await findExecution(reader, id))?.stopping !== true) return
    await this.#write((tx) => endExecution(tx, this.#execution, { state: 'stopped', now: this.#now() }))
    sayEnd(this.#parts.log, this.#work.rule, await findExecution(reader, id))
  }

  async pauseOrFail(error: unknown): Promise<void> {
    const { reason, kind, retryAfterMs } = failureOf(error)
    if (kind === 'final') return this.#fail(reason)
    this.#parts.log.warn('a replication cannot go on for now', { rule: this.#work.rule.name, error })
    await this.#pause(reason, retryAfterMs)
  }

  async #pause(reason: string, retryAfterMs: number | undefined): Promise<void> {
    const pauses = (this.#progress.pauses ?? 0) + 1
    if (pauses > MAX_PAUSES) return this.#fail(reason)
    const pausedUntil = this.#now().getTime() + backOffMs(pauses, retryAfterMs)
    const progress = { ...this.#progress, pauses, pausedUntil }
    await this.#write((tx) => saveProgress(tx, this.#execution.id, progress, reason))
  }

  async #fail(error: string): Promise<void> {
    const { id } = this.#execution
    await this.#write((tx) => endExecution(tx, this.#execution, { state: 'failed', error, now: this.#now() }))
    sayEnd(this.#parts.log, this.#work.rule, await findExecution(this.#parts.registry.database.reader, id))
  }

  #now(): Date {
    return this.#parts.registry.clock.now()
  }

  #write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#parts.registry.database.writeQuietly(work)
  }
}

function isDull({ state }: ImageLine): boolean {
  return state === 'present' || state === 'skipped'
}

function toWanted({ repository, reference, attempts }: ImageLine): Wanted {
  return { repository, tag: reference as Tag, attempts }
}
