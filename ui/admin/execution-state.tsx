import type { ItemOf } from '../api/read.ts'
import { Badge, type Mood } from '../kit/badge.tsx'

type State = ItemOf<'/replication/rules/{rule}/executions'>['state']

const MOODS: Readonly<Record<State, Mood>> = {
  waiting: 'plain',
  running: 'info',
  done: 'good',
  failed: 'bad',
  stopped: 'warn',
}

export function ExecutionState({ state }: { readonly state: State }) {
  return <Badge mood={MOODS[state]}>{state}</Badge>
}

export function isGoingOn({ state }: { readonly state: State }): boolean {
  return state === 'waiting' || state === 'running'
}
