import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useMemo, useState } from 'react'
import { type ItemOf, read } from '../api/read.ts'
import { Card } from '../kit/card.tsx'
import { formatBytes } from '../kit/format.ts'
import { Loading, Shown } from '../kit/shown.tsx'

type Day = ItemOf<'/usage/history'>

const Chart = lazy(() => import('../kit/chart.tsx').then((module) => ({ default: module.Chart })))
const SPANS = [
  [30, '30 days'],
  [90, '90 days'],
  [365, 'a year'],
  [1096, 'three years'],
] as const

/** How much was stored, day by day. */
export function RegistryGrowth() {
  const [days, setDays] = useState(90)
  const history = useQuery({
    ...read('/usage/history', { params: { query: { days } } }),
    placeholderData: (before) => before,
  })
  return (
    <Card
      title="Growth"
      actions={
        <select
          aria-label="How far back"
          value={days}
          onChange={({ target }) => setDays(Number(target.value))}
          className="rounded-md border border-control bg-page px-2 py-1.5 text-sm"
        >
          {SPANS.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      }
    >
      <Shown query={history}>{({ items }) => <Line items={items} />}</Shown>
    </Card>
  )
}

function Line({ items }: { readonly items: readonly Day[] }) {
  const points = useMemo(() => items.map(({ day, storedBytes }) => ({ at: day, value: storedBytes })), [items])
  if (points.length === 0)
    return <p className="text-sm text-soft">What is stored is written down day by day. Nothing is, so far.</p>
  return (
    <Suspense fallback={<Loading />}>
      <Chart label="Bytes stored" points={points} format={formatBytes} />
    </Suspense>
  )
}
