import type { Budget, RemoteHealth } from '../client/remote-registry.ts'

/** What a process saw of a remote. */
export interface SeenState {
  readonly health: RemoteHealth
  readonly at: Date
}

export const NOTHING_SEEN: RemoteHealth = {
  ...{ budget: undefined, requests: 0, failures: 0, lastProblem: undefined, pausedUntil: undefined },
  signedIn: undefined,
}

/** What all processes saw together: counts are added, and of the rest the newest is what counts. Undefined: nobody asked it. */
export function mergeStates(states: readonly SeenState[]): SeenState | undefined {
  const newestFirst = states.toSorted((a, b) => b.at.getTime() - a.at.getTime())
  const [newest] = newestFirst
  if (newest === undefined) return undefined
  const all = newestFirst.map(({ health }) => health)
  const health = {
    budget: newestBudget(all),
    requests: sum(all, 'requests'),
    failures: sum(all, 'failures'),
    lastProblem: newest.health.lastProblem,
    pausedUntil: newest.health.pausedUntil,
    signedIn: all.find(({ signedIn }) => signedIn !== undefined)?.signedIn,
  }
  return { health, at: newest.at }
}

function newestBudget(all: readonly RemoteHealth[]): Budget | undefined {
  return all.flatMap(({ budget }) => budget ?? []).toSorted((a, b) => b.seenAt.getTime() - a.seenAt.getTime())[0]
}

function sum(all: readonly RemoteHealth[], of: 'requests' | 'failures'): number {
  return all.reduce((total, health) => total + health[of], 0)
}

export function formatState(health: RemoteHealth): string {
  return JSON.stringify(health)
}

/** Dates are text there. */
export function parseState(text: string): RemoteHealth {
  const dates = ['at', 'seenAt', 'pausedUntil']
  const parsed = JSON.parse(text, (key, value: unknown) =>
    dates.includes(key) && typeof value === 'string' ? new Date(value) : value,
  ) as Partial<RemoteHealth>
  return { ...NOTHING_SEEN, ...parsed }
}
