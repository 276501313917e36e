import { hostname } from 'node:os'
import type { Clock } from '../lib/clock.ts'
import type { Database, Transaction } from '../metadata/db.ts'
import { removeJobState } from '../metadata/job-state.ts'
import { type Asks, forgetCancel, listAsks, takeAsk } from './asks.ts'
import { entryName, type JobEntry, type JobRun, listEntries, readEntry, writeEntry } from './entry.ts'
import type { Job, Progress, SayProgress } from './job.ts'

const LOOK_MS = 1000
/** What runs shorter than this is not shown while it does. */
const SHOWN_AFTER_MS = 1000
const PROGRESS_EVERY_MS = 2000
/** Runs that were as ever are written down this often, all in one transaction: many jobs run every second. */
const QUIET_MS = 60_000
/** Runs of jobs that have theirs so seldom are all worth a row. */
const SELDOM_MS = 10 * 60_000
const MAX_RUNS = 20
/** A stop waits no longer than this for a database that is away. */
const STOP_MS = 3000
const MAX_PROBLEM = 500
/** Another server that has the job would have written by now. */
const ABANDONED_MS = 24 * 3_600_000
/** All servers have seen by then that somebody wants a job that runs in each of them. */
const SEEN_BY_ALL_MS = 30_000

interface BoardParts {
  readonly database: Database
  readonly clock: Clock
  /** Names this server among all that ever were. */
  readonly server: string
  readonly isAlone: boolean
}

/** A run that goes on. */
export interface RunNote {
  readonly say: SayProgress
  readonly isCancelled: boolean
  /** With what it failed with, if it did. */
  end(error?: unknown): void
}

/** What this server knows of a job and has, perhaps, not written down yet. */
interface Known {
  readonly job: Job
  running?: { readonly startedAt: number; readonly asked: boolean; readonly cancel: () => void } | undefined
  progress?: Progress | undefined
  /** Of the run that goes on: what of it is written down. */
  shown?: { readonly at: number; readonly progress: Progress | undefined } | undefined
  last?: JobRun | undefined
  /** Ended, and worth to be remembered. */
  readonly unwritten: JobRun[]
  isChanged: boolean
  isUrgent: boolean
}

/**
 * Where the runs of jobs are written down, for whoever asks at whichever server, and where it is seen that somebody wants
 * one to run or to end.
 */
export class JobBoard {
  readonly #parts: BoardParts
  readonly #known = new Map<string, Known>()
  readonly #seenAsks = new Map<string, number>()
  readonly #stopping = new AbortController()
  readonly #host = hostname()
  #flushedAt: number
  #ticking: Promise<void> = Promise.resolve()

  constructor(parts: BoardParts) {
    this.#parts = parts
    this.#flushedAt = parts.clock.now().getTime()
  }

  /** From now on these can be seen and asked for. `wake`: one of them is wanted. */
  start(jobs: readonly Job[], wake: (job: Job) => void): void {
    for (const job of jobs) this.#learn(job)
    this.#ticking = this.#repeat(wake)
  }

  /** Writes down what is not yet, where the database takes it soon. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    const written = new AbortController()
    const flushed = this.#ticking
      .then(() => this.#flush())
      .catch(() => undefined)
      .finally(() => written.abort())
    await Promise.race([flushed, this.#parts.clock.sleep(STOP_MS, written.signal)])
  }

  begin(job: Job, { asked, cancel }: { readonly asked: boolean; readonly cancel: () => void }): RunNote {
    const known = this.#known.get(job.name) ?? this.#learn(job)
    const { clock } = this.#parts
    const startedAt = clock.now().getTime()
    let isCancelled = false
    known.running = {
      ...{ startedAt, asked },
      cancel: () => {
        isCancelled = true
        cancel()
      },
    }
    known.progress = undefined
    return {
      say: (progress) => {
        known.progress = progress
      },
      get isCancelled() {
        return isCancelled
      },
      end: (error) => {
        const endedAt = clock.now().getTime()
        const run = { startedAt, endedAt, asked, host: this.#host }
        if (isCancelled) this.#ended(known, { ...run, outcome: 'cancelled' })
        else if (error === undefined) this.#ended(known, { ...run, outcome: 'done' })
        else this.#ended(known, { ...run, outcome: 'failed', problem: problemOf(error) })
      },
    }
  }

  /** Whether somebody still wants it: then it is this server's, where there is one. */
  async takeAsk({ name, everywhere }: Job): Promise<boolean> {
    return everywhere === true || this.#parts.database.writeQuietly((tx) => takeAsk(tx, name))
  }

  #learn(job: Job): Known {
    const known = { job, unwritten: [], isChanged: true, isUrgent: true }
    this.#known.set(job.name, known)
    return known
  }

  #ended(known: Known, run: JobRun): void {
    const wasShown = known.shown !== undefined
    const isNews = run.outcome !== (known.last?.outcome ?? 'done') || run.problem !== known.last?.problem
    const isSeldom = known.job.everyMs >= SELDOM_MS
    if (isNews || isSeldom || wasShown || run.asked) known.unwritten.unshift(run)
    known.unwritten.splice(MAX_RUNS)
    known.isUrgent ||= known.unwritten.length > 0
    known.last = run
    known.running = undefined
    known.shown = undefined
    known.isChanged = true
  }

  async #repeat(wake: (job: Job) => void): Promise<void> {
    const { clock } = this.#parts
    await this.#removeUnknown().catch(() => undefined)
    while (!this.#stopping.signal.aborted) {
      // While the database is away the jobs themselves say so.
      await this.#look(wake).catch(() => undefined)
      await clock.sleep(LOOK_MS, this.#stopping.signal)
    }
  }

  async #look(wake: (job: Job) => void): Promise<void> {
    const asks = await listAsks(this.#parts.database.reader)
    for (const [name, at] of asks.runs) await this.#wanted(name, at.getTime(), wake)
    this.#cancel(asks)
    if (this.#isDue()) await this.#flush()
  }

  async #wanted(name: string, askedAt: number, wake: (job: Job) => void): Promise<void> {
    const job = this.#known.get(name)?.job
    if (job === undefined) return
    if (job.everywhere !== true) return wake(job)
    if (this.#seenAsks.get(name) !== askedAt) wake(job)
    this.#seenAsks.set(name, askedAt)
    const { database, clock } = this.#parts
    if (clock.now().getTime() - askedAt > SEEN_BY_ALL_MS) await database.writeQuietly((tx) => takeAsk(tx, name))
  }

  #cancel({ cancels }: Asks): void {
    for (const [name, startedAt] of cancels) {
      const running = this.#known.get(name)?.running
      if (running?.startedAt === startedAt) running.cancel()
    }
  }

  #isDue(): boolean {
    const now = this.#parts.clock.now().getTime()
    const known = [...this.#known.values()]
    if (known.some((each) => each.isUrgent || isWorthShowing(each, now))) return true
    return now - this.#flushedAt > QUIET_MS && known.some(({ isChanged }) => isChanged)
  }

  async #flush(): Promise<void> {
    const { database, clock } = this.#parts
    const now = clock.now()
    const changed = [...this.#known.values()].filter((each) => each.isChanged || isWorthShowing(each, now.getTime()))
    if (changed.length === 0) return
    // What happens meanwhile is for the next time.
    const before = changed.map((known) => ({ known, ...known, unwritten: [...known.unwritten] }))
    for (const known of changed) {
      known.isChanged = false
      known.isUrgent = false
      if (known.running) known.shown = { at: now.getTime(), progress: known.progress }
    }
    try {
      await database.writeQuietly(async (tx) => {
        for (const each of before) await this.#write(tx, each, now)
      })
    } catch (error) {
      for (const { known } of before) known.isChanged = true
      throw error
    }
    for (const { known, unwritten } of before)
      known.unwritten.splice(0, Number.POSITIVE_INFINITY, ...known.unwritten.filter((run) => !unwritten.includes(run)))
    this.#flushedAt = now.getTime()
  }

  async #write(tx: Transaction, known: Known, now: Date): Promise<void> {
    const { name, about, everyMs, everywhere = false } = known.job
    const before = await readEntry(tx, name)
    const lost = this.#lostRun(before, known, now)
    const entry: JobEntry = {
      ...{ about, everyMs, everywhere },
      nextAt: this.#nextAt(before, known, now),
      running: this.#runningIn(before, known),
      last: newest(lost, newest(before?.last, known.last)),
      runs: [...known.unwritten, ...(lost === undefined ? [] : [lost]), ...(before?.runs ?? [])].slice(0, MAX_RUNS),
    }
    await writeEntry(tx, name, entry, now)
    if (before?.running !== undefined && entry.running === undefined) await forgetCancel(tx, name)
  }

  /** Another server may run it before this one would. */
  #nextAt(before: JobEntry | undefined, { job, last }: Known, now: Date): number {
    if (last !== undefined && last.startedAt >= (before?.last?.startedAt ?? 0)) return last.endedAt + job.everyMs
    const here = now.getTime() + (job.atEdges === true ? 0 : (job.firstMs ?? job.everyMs))
    const there = this.#parts.isAlone || before === undefined || before.nextAt < now.getTime() ? here : before.nextAt
    return Math.min(here, there)
  }

  #runningIn(before: JobEntry | undefined, { running, progress }: Known): JobEntry['running'] {
    const { server, isAlone } = this.#parts
    if (running !== undefined) {
      const { startedAt, asked } = running
      return { startedAt, asked, server, host: this.#host, ...(progress && { progress }) }
    }
    return before?.running?.server === server || isAlone ? undefined : before?.running
  }

  /** A run that nobody will end: its server is gone, or the job would not run here. */
  #lostRun(before: JobEntry | undefined, known: Known, now: Date): JobRun | undefined {
    const { server, isAlone } = this.#parts
    const running = before?.running
    if (running === undefined || running.server === server || known.job.everywhere === true) return undefined
    if (!isAlone && known.running === undefined && (known.last?.startedAt ?? 0) < running.startedAt) return undefined
    const { startedAt, asked, host } = running
    return {
      startedAt,
      asked,
      host,
      endedAt: now.getTime(),
      outcome: 'lost',
      problem: 'its server ended in the middle',
    }
  }

  /** Jobs of an earlier configuration or version. */
  async #removeUnknown(): Promise<void> {
    const { database, clock, isAlone } = this.#parts
    const now = clock.now().getTime()
    const gone = (await listEntries(database.reader)).filter(
      ({ job, writtenAt }) => !this.#known.has(job) && (isAlone || now - writtenAt.getTime() > ABANDONED_MS),
    )
    if (gone.length === 0) return
    await database.writeQuietly(async (tx) => {
      for (const { job } of gone) {
        await removeJobState(tx, entryName(job))
        await takeAsk(tx, job)
      }
    })
  }
}

function isWorthShowing({ running, shown, progress }: Known, now: number): boolean {
  if (running === undefined || now - running.startedAt < SHOWN_AFTER_MS) return false
  if (shown === undefined) return true
  return shown.progress !== progress && now - shown.at >= PROGRESS_EVERY_MS
}

function newest(one: JobRun | undefined, other: JobRun | undefined): JobRun | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return one.startedAt > other.startedAt ? one : other
}

function problemOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MAX_PROBLEM)
}
