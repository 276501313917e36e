import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { type ItemOf, read } from '../api/read.ts'
import { Button } from '../kit/button.tsx'
import { Card } from '../kit/card.tsx'
import { Failure } from '../kit/failure.tsx'
import { formatBytes } from '../kit/format.ts'
import { pollWhile } from '../kit/poll.ts'
import { Shown } from '../kit/shown.tsx'
import { Table } from '../kit/table.tsx'
import { Ago } from '../kit/time.tsx'
import { ExecutionState, isGoingOn } from './execution-state.tsx'

type Execution = ItemOf<'/replication/rules/{rule}/executions'>

interface ExecutionsProps {
  readonly rule: string
  readonly canChange: boolean
}

const TRIGGERS: Readonly<Record<Execution['trigger'], string>> = {
  manual: 'by hand',
  schedule: 'by its schedule',
  event: 'after a change',
  retry: 'what had failed',
}

/** What a rule did, the latest first. */
export function Executions({ rule, canChange }: ExecutionsProps) {
  const executions = useQuery({
    ...read('/replication/rules/{rule}/executions', { params: { path: { rule } } }),
    ...pollWhile(({ items }: { readonly items: readonly Execution[] }) => items.some(isGoingOn)),
  })
  const navigate = useNavigate()
  const run = useChange({
    work: () => bodyOf(api.POST('/replication/rules/{rule}/executions', { params: { path: { rule } } })),
    onDone: ({ id }) => void navigate({ to: '/admin/$', params: { _splat: `replication/${rule}/${id}` } }),
  })
  return (
    <Card
      title="Executions"
      actions={
        canChange && (
          <Button tone="main" disabled={run.isPending} onClick={() => run.mutate()}>
            Run now
          </Button>
        )
      }
    >
      {run.error !== null && <Failure error={run.error} />}
      <Shown query={executions}>
        {({ items }) => (
          <Table
            label="What it did"
            rows={items}
            keyOf={({ id }) => id}
            empty="It did nothing yet. What is there already is brought when it is run."
            columns={[
              {
                title: 'Execution',
                cell: ({ id }) => (
                  <Link to="/admin/$" params={{ _splat: `replication/${rule}/${id}` }} className="font-medium">
                    {id}
                  </Link>
                ),
              },
              { title: 'Began', cell: ({ createdAt }) => <Ago at={createdAt} /> },
              {
                title: 'Why',
                cell: ({ trigger, actor }) => `${TRIGGERS[trigger]}${trigger === 'manual' ? `, ${actor}` : ''}`,
              },
              { title: 'State', cell: ({ state }) => <ExecutionState state={state} /> },
              { title: 'Copied', cell: ({ copied }) => copied.toLocaleString(), isNumber: true },
              { title: 'Failed', cell: ({ failed }) => failed.toLocaleString(), isNumber: true },
              { title: 'Bytes', cell: ({ bytes }) => formatBytes(bytes), isNumber: true },
            ]}
          />
        )}
      </Shown>
    </Card>
  )
}
