import { Badge, type Mood } from '../kit/badge.tsx'

export type Change = 'added' | 'removed' | 'changed' | 'common'

const MOODS: Readonly<Record<Change, Mood>> = { added: 'good', removed: 'bad', changed: 'warn', common: 'plain' }

export function ChangeBadge({ change }: { readonly change: Change }) {
  return <Badge mood={MOODS[change]}>{change === 'common' ? 'in both' : change}</Badge>
}
