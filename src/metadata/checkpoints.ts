import type { Database as SqliteConnection } from 'bun:sqlite'

/** Pages of the log after which its content is moved into the database file: 16 MiB. */
export const CHECKPOINT_PAGES = 4000
/** Of a log that is this many times too long, the thread is not waited for. */
const TOO_LONG = 4
/** How much of the log has to be new before the same is asked again, of the pages that made it due. */
const ASK_AGAIN = 0.25
/** Asking for the length of the log costs 2 µs; a commit is 40. */
const COMMITS_PER_LOOK = 8

/** In pages. `log` counts those that were copied, too, until it begins anew. */
export interface LogState {
  readonly log: number
  readonly checkpointed: number
}

export type CheckpointRequest = { readonly type: 'checkpoint'; readonly path: string } | { readonly type: 'end' }

export type CheckpointAnswer =
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'ended' }

const END: CheckpointRequest = { type: 'end' }

interface CheckpointsOptions {
  readonly path: string
  readonly writer: SqliteConnection
  /** Pages of the log after which a checkpoint is due. */
  readonly pages: number
  /** A sync failed: nobody knows what of the database file is on the disk. */
  readonly onSyncFailed: (cause: Error) => void
}

/**
 * Checkpoints of a process that serves: on a thread that is started for the first one, because they copy megabytes and
 * wait for the disk twice (docs/adr/0012).
 */
export class Checkpoints {
  readonly #options: CheckpointsOptions
  readonly #state
  #thread: Worker | undefined
  #isBusy = false
  #isLost = false
  #commits = 0
  /** Pages of the log when a checkpoint was last asked for. */
  #askedAt = 0
  #ended: (() => void) | undefined

  constructor(options: CheckpointsOptions) {
    this.#options = options
    options.writer.run('pragma wal_autocheckpoint = 0')
    this.#state = options.writer.query<LogState, []>('pragma wal_checkpoint(noop)')
  }

  /** After each commit, outside of a transaction. Never throws. */
  committed(): void {
    if (this.#isLost || ++this.#commits % COMMITS_PER_LOOK !== 0) return
    try {
      this.#look()
    } catch (error) {
      this.#failed(error as Error & { code?: unknown })
    }
  }

  /** Waits for the checkpoint under way. The connection of the thread must be closed before the last one is. */
  async close(): Promise<void> {
    const thread = this.#thread
    if (thread === undefined) return
    await new Promise<void>((resolve) => {
      this.#ended = resolve
      thread.postMessage(END)
    })
    this.#thread = undefined
    thread.terminate()
  }

  #look(): void {
    const { pages, writer } = this.#options
    const { log, checkpointed } = this.#state.get() ?? { log: 0, checkpointed: 0 }
    if (log < this.#askedAt) this.#askedAt = 0
    const isAsked = this.#askedAt > 0 && log < this.#askedAt + pages * ASK_AGAIN
    if (isAsked || log - checkpointed < pages) return
    if (log >= pages * TOO_LONG) {
      this.#askedAt = log
      writer.run('pragma wal_checkpoint(passive)')
    } else if (!this.#isBusy) {
      this.#askedAt = log
      this.#isBusy = true
      this.#thread ??= this.#start()
      this.#thread.postMessage({ type: 'checkpoint', path: this.#options.path } satisfies CheckpointRequest)
    }
  }

  #start(): Worker {
    const thread = new Worker(threadUrl(), { smol: true, ref: false })
    thread.onmessage = ({ data }: MessageEvent<CheckpointAnswer>) => this.#receive(data)
    thread.onerror = () => this.#lost()
    thread.addEventListener('close', () => this.#lost())
    return thread
  }

  #receive(answer: CheckpointAnswer): void {
    this.#isBusy = false
    if (answer.type === 'ended') this.#ended?.()
    if (answer.type === 'failed') this.#failed(Object.assign(new Error(answer.message), { code: answer.code }))
  }

  /** Without a thread everything works, and stands still now and then. */
  #lost(): void {
    if (this.#thread === undefined) return
    this.#thread = undefined
    this.#isLost = true
    this.#ended?.()
    this.#options.writer.run(`pragma wal_autocheckpoint = ${this.#options.pages}`)
  }

  /** A full disk or a lock passes: the log keeps everything until a later checkpoint. A failed sync does not. */
  #failed(error: Error & { code?: unknown }): void {
    if (error.code === 'SQLITE_IOERR_FSYNC') this.#options.onSyncFailed(error)
  }
}

/** In the single-file release, modules lie below a folder of the program itself (scripts/build.ts). */
function threadUrl(): string {
  if (Bun.main.startsWith('/$bunfs/')) return '/$bunfs/root/metadata/checkpoint-thread.js'
  return new URL('./checkpoint-thread.ts', import.meta.url).href
}
