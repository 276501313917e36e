import type { Recorder } from '../events/recorder.ts'
import type { Job } from '../jobs/job.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import type { Log } from '../observability/log.ts'
import { advanceExported, readState, rowsAfter } from './store.ts'
import { syslogMessage } from './syslog-message.ts'
import { parseSyslogUrl, send, type SyslogTarget } from './syslog-target.ts'

export interface SyslogOptions {
  /** `udp://`, `tcp://` or `tls://`, host and port. */
  readonly url: string
  readonly database: Database
  readonly recorder: Recorder
  readonly clock: Clock
  readonly log: Log
  /** What this server calls itself in the messages. */
  readonly hostname: string
  /** Authorities instead of the system's, PEM. */
  readonly ca?: string | undefined
  readonly timeLimitMs?: number
}

const EVERY_MS = 2000
const BATCH = 200
/** Of one batch. The end of the process waits for a run, so both are short. */
const TIME_LIMIT_MS = 5000
const RUN_MS = 5000

/**
 * Sends the rows that were not sent yet, in order and at least once: what was sent is noted when the receiver has it,
 * and sent again when nobody knows.
 * @throws Error when the address is none
 */
export function syslogExport(options: SyslogOptions): Job {
  const target: SyslogTarget = { ...parseSyslogUrl(options.url), ca: options.ca }
  const exporter = new Exporter(options, target)
  return { name: 'audit-syslog', about: 'Sends the audit to syslog.', everyMs: EVERY_MS, run: () => exporter.run() }
}

class Exporter {
  readonly #options: SyslogOptions
  readonly #target: SyslogTarget
  #isDown = false

  constructor(options: SyslogOptions, target: SyslogTarget) {
    this.#options = options
    this.#target = target
  }

  async run(): Promise<void> {
    const { clock, recorder } = this.#options
    await recorder.seal()
    const end = clock.now().getTime() + RUN_MS
    while (await this.#sendBatch()) if (clock.now().getTime() > end) return
  }

  /** Returns whether there may be more. */
  async #sendBatch(): Promise<boolean> {
    const { database, hostname, timeLimitMs = TIME_LIMIT_MS } = this.#options
    const { anchor, exportedId } = await readState(database.reader)
    const rows = await rowsAfter(database.reader, exportedId, BATCH)
    const last = rows.at(-1)
    if (last === undefined) return false
    try {
      await send(
        this.#target,
        rows.map((row) => syslogMessage(row, hostname)),
        timeLimitMs,
      )
    } catch (error) {
      this.#down(error)
      return false
    }
    this.#up()
    if (exportedId > 0 && anchor.id > exportedId) this.#lost(exportedId + 1, anchor.id)
    await database.writeQuietly((tx) => advanceExported(tx, last.id))
    return rows.length === BATCH
  }

  #down(error: unknown): void {
    if (!this.#isDown)
      this.#options.log.error('the audit cannot be sent to syslog; it is kept and sent later', {
        target: this.#options.url,
        error,
      })
    this.#isDown = true
  }

  #up(): void {
    if (this.#isDown) this.#options.log.info('the audit is sent to syslog again', { target: this.#options.url })
    this.#isDown = false
  }

  #lost(from: number, through: number): void {
    this.#options.log.warn('rows of the audit grew too old before they could be sent to syslog', { from, through })
  }
}
