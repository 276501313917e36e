import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useMemo, useState } from 'react'
import { read } from '../api/read.ts'
import { Card } from '../kit/card.tsx'
import { formatBytes } from '../kit/format.ts'
import { Loading, Shown } from '../kit/shown.tsx'
import type { ItemOf } from '../api/read.ts'

type Day = ItemOf<'/projects/{project}/usage/history'>

const Chart = lazy(() => import('../kit/chart.tsx').then((module) => ({ default: module.Chart })))
const SPANS = [
  [30, '30 days'],
  [90, '90 days'],
  [365, 'a year'],
  [1096, 'three years'],
] as const

/** How a project grew. */
export function UsageHistory({ project }: { readonly project: string }) {
  const [days, setDays] = useState(90)
  const params = { path: { project }, query: { days } }
  const history = useQuery({
    ...read('/projects/{project}/usage/history', { params }),
    placeholderData: (before) => before,
  })
  const span = (
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
  )
  return (
    <Card title="Growth" actions={span}>
      <Shown query={history}>{({ items }) => <Growth items={items} />}</Shown>
    </Card>
  )
}

function Growth({ items }: { readonly items: readonly Day[] }) {
  const points = useMemo(() => items.map(({ day, bytes }) => ({ at: day, value: bytes })), [items])
  if (points.length === 0)
    return <p className="text-sm text-soft">What it holds is written down several times a day. Nothing is, so far.</p>
  return (
    <Suspense fallback={<Loading />}>
      <Chart label="Bytes held" points={points} format={formatBytes} />
    </Suspense>
  )
}
