import { type Finding, reporter } from './finding.ts'

const { ok, warn, fail } = reporter('clock')
const DATABASE = { warnMs: 2000, failMs: 60_000 }
/** Tokens and signatures of most registries are refused between the two. */
const REMOTE = { warnMs: 60_000, failMs: 300_000 }

/** By how much the database's clock is ahead. Leases and the order of events go by it. */
export function judgeDatabaseClock(aheadMs: number): Finding {
  const apart = Math.abs(aheadMs)
  if (apart < DATABASE.warnMs) return ok('it agrees with the clock of the database')
  const message = `it is ${apart / 1000} s ${aheadMs > 0 ? 'behind' : 'before'} the clock of the database`
  const advice = 'Let a time service (chrony, systemd-timesyncd) set the clocks of both machines.'
  return apart < DATABASE.failMs ? warn(message, advice) : fail(message, advice)
}

/** Nothing to say while they agree: whose clock is right nobody knows. */
export function judgeRemoteClock(name: string, aheadMs: number): readonly Finding[] {
  const apart = Math.abs(aheadMs)
  if (apart < REMOTE.warnMs) return []
  const message = `it is ${Math.round(apart / 1000)} s ${aheadMs > 0 ? 'behind' : 'before'} the clock of "${name}"`
  const advice =
    'Let a time service (chrony, systemd-timesyncd) set the clock of this machine; if it is right, the other one is not: tell who runs it.'
  return [apart < REMOTE.failMs ? warn(message, advice) : fail(message, advice)]
}
