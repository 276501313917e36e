import { useQuery } from '@tanstack/react-query'
import { read } from '../api/read.ts'
import { Badge, type Mood } from '../kit/badge.tsx'
import { Card } from '../kit/card.tsx'
import { visibleName } from '../kit/format.ts'

const OUTCOMES = {
  pass: ['good', 'allowed'],
  warn: ['warn', 'allowed, with warnings'],
  unknown: ['warn', 'not known yet'],
  refuse: ['bad', 'refused'],
} as const satisfies Readonly<Record<string, readonly [Mood, string]>>

const MOODS = {
  ...{ pass: 'good', exempted: 'info', warn: 'warn', unknown: 'warn' },
  violated: 'bad',
} as const satisfies Readonly<Record<string, Mood>>

/** What the rules of its project say to pulling it; nothing where none is about it. */
export function Verdict({ repository, reference }: { readonly repository: string; readonly reference: string }) {
  const path = { repository, reference }
  const { data } = useQuery(read('/repositories/{repository}/images/{reference}/verdict', { params: { path } }))
  if (data === undefined || !data.judged || data.rules.length === 0) return null
  const [mood, text] = OUTCOMES[data.outcome]
  return (
    <Card title="May it be pulled?" actions={<Badge mood={mood}>{text}</Badge>}>
      <ul className="text-sm">
        {data.rules.map(({ policy, mode, outcome, text: said, exemption }) => (
          <li key={policy} className="border-t border-line py-2 first:border-0">
            <p className="flex flex-wrap items-baseline gap-x-2">
              <span className="font-medium break-all">{visibleName(policy)}</span>
              <Badge mood={MOODS[outcome]}>{outcome}</Badge>
              {mode === 'warn' && <span className="text-xs text-soft">warns only</span>}
            </p>
            <p className="break-words text-soft">
              {visibleName(said)}
              {exemption !== undefined && ` Exempted: ${visibleName(exemption)}`}
            </p>
          </li>
        ))}
      </ul>
    </Card>
  )
}
