import type { Clock } from '../lib/clock.ts'
import { RemoteError, type RemoteErrorKind } from '../registry/image-source.ts'
import { FutileRequest } from './guarded-connection.ts'
import type { Budget, RemoteHealth } from './remote-registry.ts'

/** Failures one after the other until the other side is left alone. */
const FAILURES_IN_A_ROW = 5
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 60_000
/** However long a `Retry-After` is. */
const LONGEST_OBEYED_MS = 3_600_000
/** How long everybody else waits for what becomes of the first request after a pause. */
const PROBE_MS = 10_000
const WINDOW_MS = 60_000

interface Pause {
  readonly untilMs: number
  readonly kind: RemoteErrorKind
}

/**
 * What another registry lets us do, and how it is: requests in any minute, pauses that it asked for or that failures
 * suggest, and the figures for people.
 */
export class RemotePace {
  readonly #clock: Clock
  readonly #label: string
  readonly #perMinute: number | undefined
  readonly #times: number[] = []
  #pause: Pause | undefined
  #inARow = 0
  #budget: Budget | undefined
  #requests = 0
  #failures = 0
  #lastProblem: { message: string; at: Date } | undefined

  constructor(label: string, clock: Clock, perMinute: number | undefined) {
    this.#label = label
    this.#clock = clock
    this.#perMinute = perMinute
  }

  /** @throws RemoteError at once when it is not the time to ask */
  begin(): void {
    const nowMs = this.#clock.now().getTime()
    if (this.#pause !== undefined) this.#requireOver(this.#pause, nowMs)
    if (this.#perMinute !== undefined) this.#take(this.#perMinute, nowMs)
    this.#requests++
  }

  /** The other side answered as it should. */
  succeeded(): void {
    this.#inARow = 0
    this.#pause = undefined
    this.#lastProblem = undefined
  }

  failed(error: Error): void {
    this.#failures++
    this.#lastProblem = { message: error.message, at: this.#clock.now() }
    if (!(error instanceof RemoteError) || error instanceof FutileRequest || !isOutage(error.kind)) return
    this.#inARow++
    if (error.retryAfterMs !== undefined) this.#pauseFor(Math.min(error.retryAfterMs, LONGEST_OBEYED_MS), error.kind)
    else if (this.#inARow >= FAILURES_IN_A_ROW) {
      const doublings = Math.min(10, this.#inARow - FAILURES_IN_A_ROW)
      this.#pauseFor(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** doublings), error.kind)
    }
  }

  /** `ratelimit-limit: 100;w=21600`, as Docker Hub says it. */
  noteBudget(header: (name: string) => string | undefined): void {
    const limit = /^\s*(\d{1,12})(?:[^;]*;\s*w=(\d{1,9}))?/.exec(header('ratelimit-limit') ?? '')
    const remaining = /^\s*(\d{1,12})(?:[^;]*;\s*w=(\d{1,9}))?/.exec(header('ratelimit-remaining') ?? '')
    if (limit === null && remaining === null) return
    const window = limit?.[2] ?? remaining?.[2]
    this.#budget = {
      limit: numberOf(limit?.[1]),
      remaining: numberOf(remaining?.[1]),
      windowSeconds: numberOf(window),
      seenAt: this.#clock.now(),
    }
  }

  health(): Omit<RemoteHealth, 'signedIn'> {
    const untilMs = this.#pause?.untilMs ?? 0
    return {
      budget: this.#budget,
      requests: this.#requests,
      failures: this.#failures,
      lastProblem: this.#lastProblem,
      pausedUntil: untilMs > this.#clock.now().getTime() ? new Date(untilMs) : undefined,
    }
  }

  #requireOver({ untilMs, kind }: Pause, nowMs: number): void {
    if (nowMs < untilMs) {
      const seconds = Math.ceil((untilMs - nowMs) / 1000)
      const why = kind === 'rate-limited' ? 'has had enough requests of ours' : 'failed'
      throw new RemoteError(kind, `${this.#label} ${why}, and is not asked for another ${seconds} s`, {
        retryAfterMs: untilMs - nowMs,
      })
    }
    // One finds out whether it is well again; the others go on failing at once until then.
    this.#pause = { untilMs: nowMs + PROBE_MS, kind }
  }

  #take(perMinute: number, nowMs: number): void {
    while (this.#times[0] !== undefined && this.#times[0] <= nowMs - WINDOW_MS) this.#times.shift()
    const [oldest] = this.#times
    if (oldest !== undefined && this.#times.length >= perMinute)
      throw new RemoteError('rate-limited', `${this.#label} may be asked ${perMinute} times a minute, and was`, {
        retryAfterMs: oldest + WINDOW_MS - nowMs,
      })
    this.#times.push(nowMs)
  }

  #pauseFor(ms: number, kind: RemoteErrorKind): void {
    const untilMs = this.#clock.now().getTime() + ms
    if (untilMs > (this.#pause?.untilMs ?? 0)) this.#pause = { untilMs, kind }
  }
}

/** It says something of the other side, not of one request. */
function isOutage(kind: RemoteErrorKind): boolean {
  return kind === 'unreachable' || kind === 'timeout' || kind === 'failed' || kind === 'rate-limited'
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}
