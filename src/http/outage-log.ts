import { causesOf } from '../lib/causes.ts'
import type { Log } from '../observability/log.ts'

export interface Failed {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly error: unknown
}

const QUIET_MS = 60_000

/**
 * Warns of requests that fail for a reason that lasts: once a minute for each code, since clients try again and again,
 * with how many failed since the last warning. `now` is in milliseconds and never goes back.
 */
export function outageLog(log: Log, message: string, now: () => number = () => performance.now()) {
  const notes = new Map<string, { quietUntil: number; untold: number }>()

  return (code: string, { id, method, path, error }: Failed): void => {
    const note = notes.get(code)
    if (note !== undefined && now() < note.quietUntil) {
      note.untold++
      return
    }
    notes.set(code, { quietUntil: now() + QUIET_MS, untold: 0 })
    log.warn(message, {
      ...{ id, method, path, code },
      reason: causesOf(error),
      ...(note !== undefined && note.untold > 0 ? { alsoSince: note.untold } : {}),
    })
  }
}
