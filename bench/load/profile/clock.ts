import type { Arrival, Session } from './plan.ts'
import { type Latencies, latenciesOf } from './recorder.ts'

type Run = (session: Session, dueAt: number) => Promise<void>

/** Timers are good to a millisecond: the rest is waited for by looking. */
const TIMER_MS = 2

export interface OpenLoop {
  readonly arrivals: readonly Arrival[]
  /** Milliseconds of `performance.now` from which arrivals count. */
  readonly from: number
  /** Who comes when so many are being served waits, and his time runs. */
  readonly clients: number
}

/**
 * Every session begins when its time has come, whatever became of those before. Returns how late this program was where
 * a client was free (milliseconds): what is not the server's doing.
 */
export function openLoop({ arrivals, from, clients }: OpenLoop, run: Run): Promise<Latencies> {
  const late: number[] = []
  let next = 0
  let busy = 0
  let wasFull = false
  return new Promise((resolve) => {
    const turn = (): void => {
      while (next < arrivals.length && busy < clients) {
        const arrival = arrivals[next]
        const lateMs = performance.now() - from - (arrival?.atMs ?? 0)
        if (arrival === undefined || lateMs < 0) break
        if (!wasFull) late.push(lateMs)
        next++
        begin(arrival)
      }
      wasFull = busy >= clients
      wait()
    }
    const wait = (): void => {
      const arrival = arrivals[next]
      if (arrival === undefined || wasFull) return
      const left = arrival.atMs - (performance.now() - from)
      if (left > TIMER_MS) setTimeout(turn, left - TIMER_MS)
      else setImmediate(turn)
    }
    const begin = ({ atMs, session }: Arrival): void => {
      busy++
      void run(session, from + atMs).then(() => {
        busy--
        if (wasFull) turn()
        if (next === arrivals.length && busy === 0) resolve(latenciesOf(late))
      })
    }
    turn()
  })
}

export interface ClosedLoop {
  readonly sessions: readonly Session[]
  /** Milliseconds of `performance.now`: sessions that end between these are counted. */
  readonly countedFrom: number
  readonly until: number
  readonly clients: number
}

/** So many clients, each with its next session as soon as the last is done. Returns how many sessions that came to. */
export async function closedLoop({ sessions, countedFrom, until, clients }: ClosedLoop, run: Run): Promise<number> {
  let done = 0
  const left = sessions.values()
  const client = async () => {
    for (const session of left) {
      await run(session, performance.now())
      const now = performance.now()
      if (now >= countedFrom && now < until) done++
      if (now >= until) return
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  if (performance.now() < until) throw new Error(`${sessions.length} sessions were not enough`)
  return done
}
