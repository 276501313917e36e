import type { Budget } from '../client/remote-registry.ts'
import type { SeenState } from '../remotes/state.ts'
import type { StoredRemote } from '../remotes/store.ts'

/** A remote as a table: what differs from the usual is said, and never its password. */
export function describeRemote(remote: StoredRemote): string[][] {
  const rows: [string, string | undefined][] = [
    ['name', remote.name],
    ['address', remote.url],
    ['user name', remote.username],
    ['password', passwordOf(remote)],
    ['trusted hosts', remote.trustedHosts.join(', ') || undefined],
    ['authorities', remote.ca === undefined ? undefined : 'its own'],
    ['private addresses', remote.allowPrivate ? 'allowed' : undefined],
    ['plain HTTP', remote.insecureHttp ? 'allowed' : undefined],
    ['requests', limitsOf(remote)],
  ]
  return rows.flatMap(([label, value]) => (value === undefined ? [] : [[label, value]]))
}

function passwordOf({ passwordFile, hasPassword }: StoredRemote): string {
  if (passwordFile !== undefined) return `in the file ${passwordFile}`
  return hasPassword ? 'stored, encrypted' : 'none'
}

function limitsOf({ maxConcurrent, requestsPerMinute }: StoredRemote): string {
  const rate = requestsPerMinute === undefined ? '' : `, ${requestsPerMinute} a minute`
  return `${maxConcurrent} at a time${rate}`
}

/** How it lately was, in sentences. */
export function describeHealth(state: SeenState | undefined, now: Date): string[] {
  if (state === undefined) return ['not asked lately']
  const { budget, requests, failures, lastProblem, pausedUntil, signedIn } = state.health
  const since = (at: Date) => formatAgo(now.getTime() - at.getTime())
  const isPaused = pausedUntil !== undefined && pausedUntil > now
  const parts = [
    `${requests} requests${failures === 0 ? '' : `, ${failures} failed`}`,
    budget && `budget ${describeBudget(budget)}, seen ${since(budget.seenAt)}`,
    signedIn === undefined ? undefined : signedIn ? 'password accepted' : 'password REFUSED',
    isPaused ? `paused until ${pausedUntil.toISOString()}` : undefined,
    lastProblem && `last problem, ${since(lastProblem.at)}: ${lastProblem.message}`,
  ]
  return parts.filter((part): part is string => part !== undefined)
}

/** `41 of 100 left, window 6 h`. */
function describeBudget({ limit, remaining, windowSeconds }: Budget): string {
  const left =
    remaining === undefined ? `${limit ?? '?'} in all` : `${remaining}${limit === undefined ? '' : ` of ${limit}`} left`
  return windowSeconds === undefined ? left : `${left}, window ${formatSpan(windowSeconds)}`
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const

/** Roughly: in the largest unit of which one has passed. */
function formatAgo(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [unit, size] = UNITS.find(([, each]) => seconds >= each) ?? ['s', 1]
  return `${Math.floor(seconds / size)} ${unit} ago`
}

/** Exactly. */
function formatSpan(seconds: number): string {
  for (const [unit, size] of UNITS) if (seconds >= size && seconds % size === 0) return `${seconds / size} ${unit}`
  return `${seconds} s`
}
