import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { type ItemOf, readPages } from '../api/read.ts'
import { Badge, type Mood } from '../kit/badge.tsx'
import { Card } from '../kit/card.tsx'
import { SelectField } from '../kit/form.tsx'
import { formatBytes } from '../kit/format.ts'
import { List } from '../kit/list.tsx'
import { Ago } from '../kit/time.tsx'

type Image = ItemOf<'/replication/executions/{execution}/images'>

const MOODS: Readonly<Record<Image['state'], Mood>> = {
  copied: 'good',
  present: 'plain',
  deleted: 'warn',
  skipped: 'plain',
  conflict: 'warn',
  failed: 'bad',
  waiting: 'info',
}
const STATES = [
  ['', 'all'],
  ['failed', 'failed'],
  ['waiting', 'waiting'],
  ['copied', 'copied'],
  ['present', 'there already'],
  ['skipped', 'skipped'],
  ['conflict', 'changed on both sides'],
  ['deleted', 'deleted'],
] as const

const READ_AGAIN_MS = 3000

/** The log: what became of each image, and why. */
export function ExecutionImages({ id, isGoingOn }: { readonly id: number; readonly isGoingOn: boolean }) {
  const [state, setState] = useState<Image['state'] | ''>('')
  const query = state === '' ? {} : { state }
  const pages = readPages('/replication/executions/{execution}/images', { params: { path: { execution: id }, query } })
  useReadAgain(pages.queryKey[0], isGoingOn)
  return (
    <Card title="Images">
      <SelectField
        label="State"
        options={STATES}
        value={state}
        onChange={({ target }) => setState(STATES.find(([each]) => each === target.value)?.[0] ?? '')}
      />
      <List
        label="Images"
        pages={pages}
        keyOf={({ repository, reference }) => `${repository} ${reference}`}
        empty={<p className="text-sm text-soft">{isGoingOn ? 'None yet.' : 'None.'}</p>}
        row={(image) => <ImageRow image={image} />}
      />
    </Card>
  )
}

/** While it goes on, and once more when it ended. */
function useReadAgain(key: unknown, isGoingOn: boolean): void {
  const client = useQueryClient()
  useEffect(() => {
    const readAgain = () => void client.invalidateQueries({ queryKey: [key] })
    readAgain()
    if (!isGoingOn) return
    const timer = setInterval(readAgain, READ_AGAIN_MS)
    return () => clearInterval(timer)
  }, [client, key, isGoingOn])
}

function ImageRow({
  image: { repository, reference, state, reason, attempts, bytes, at, nextAt },
}: {
  readonly image: Image
}) {
  return (
    <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1 text-sm">
      <Badge mood={MOODS[state]}>{state}</Badge>
      <span className="min-w-0 break-all">
        {repository}
        {reference.includes(':') ? '@' : ':'}
        {reference}
      </span>
      <span className="text-soft sm:ml-auto">
        {bytes > 0 && `${formatBytes(bytes)}, `}
        {attempts > 1 && `${attempts} attempts, `}
        <Ago at={at} />
      </span>
      {reason !== '' && <span className="w-full break-words text-soft">{reason}</span>}
      {nextAt !== undefined && (
        <span className="w-full text-soft">
          tried again <Ago at={nextAt} />
        </span>
      )}
    </div>
  )
}
