import type { ItemOf } from '../api/read.ts'
import { Badge, type Mood } from '../kit/badge.tsx'

type Job = ItemOf<'/jobs'>

const MOODS: Readonly<Record<NonNullable<Job['lastRun']>['outcome'], Mood>> = {
  done: 'good',
  failed: 'bad',
  cancelled: 'warn',
  lost: 'warn',
}

export function Outcome({ of }: { readonly of: NonNullable<Job['lastRun']>['outcome'] }) {
  return <Badge mood={MOODS[of]}>{of}</Badge>
}
