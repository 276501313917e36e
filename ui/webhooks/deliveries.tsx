import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useChange } from '../api/change.ts'
import { Badge, type Mood } from '../kit/badge.tsx'
import { Button } from '../kit/button.tsx'
import { Form, SelectField, TextField, textOf } from '../kit/form.tsx'
import { Shown } from '../kit/shown.tsx'
import { Table } from '../kit/table.tsx'
import { Ago } from '../kit/time.tsx'
import { TestResult } from './test-result.tsx'
import type { Delivery, Webhook, WebhookApi } from './webhook-api.ts'

interface DeliveriesProps {
  readonly api: WebhookApi
  readonly webhook: Webhook
}

const MOODS: Readonly<Record<Delivery['state'], Mood>> = {
  delivered: 'good',
  failed: 'warn',
  dead: 'bad',
  replayed: 'info',
}
const STATES = [
  ['', 'all'],
  ['delivered', 'delivered'],
  ['failed', 'failed, tried again'],
  ['dead', 'given up after a day'],
  ['replayed', 'given up, sent again'],
] as const

const LIMIT = 200

/** What was sent lately; what was given up can be sent again. */
export function Deliveries({ api, webhook }: DeliveriesProps) {
  const { id, url } = webhook
  const [state, setState] = useState<Delivery['state'] | ''>('')
  const deliveries = useQuery(api.deliveries(id, { limit: LIMIT, ...(state !== '' && { state }) }))
  const again = useChange({ work: (delivery: number) => api.replay(id, { delivery }) })
  return (
    <>
      <p className="mb-3 text-sm break-all text-soft">{url}</p>
      <SelectField
        label="State"
        options={STATES}
        value={state}
        onChange={({ target }) => setState(STATES.find(([each]) => each === target.value)?.[0] ?? '')}
      />
      <Shown query={deliveries}>
        {({ items }) => (
          <Table
            label="Deliveries"
            rows={items}
            keyOf={({ id: key }) => key}
            empty="Nothing was sent yet. The first event that it is told of stands here, or try Test."
            columns={[
              { title: 'When', cell: ({ at }) => <Ago at={at} /> },
              { title: 'Event', cell: ({ type, event }) => `${type} (${event})` },
              { title: 'State', cell: (each) => <Badge mood={MOODS[each.state]}>{each.state}</Badge> },
              { title: 'Answer', cell: (each) => <span className="break-words">{answerOf(each)}</span> },
              {
                title: '',
                cell: (each) =>
                  each.state === 'dead' && (
                    <Button
                      aria-label={`Send event ${each.event} again`}
                      disabled={again.isPending}
                      onClick={() => again.mutate(each.id)}
                    >
                      Send again
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Shown>
      <TestResult test={again} />
      <ReplayForm {...{ api, webhook }} />
    </>
  )
}

/** Everything after a place of the feed, for a receiver that lost what it had. */
function ReplayForm({ api, webhook: { id } }: DeliveriesProps) {
  const { mutate, error, isPending } = useChange({
    work: (since: string) => api.replay(id, { since }),
    said: 'The events after that place are sent again, in order.',
  })
  return (
    <details className="mt-4 text-sm">
      <summary className="text-soft">Send again everything after a place of the feed</summary>
      <div className="mt-3">
        <Form action="Send again" {...{ error, isPending }} onSubmit={(data) => mutate(textOf(data, 'since') ?? '')}>
          <TextField
            name="since"
            label="Cursor"
            required
            maxLength={40}
            hint="Of the last event that the receiver still has: the feed (/api/v1/events) says one with each event."
          />
        </Form>
      </div>
    </details>
  )
}

function answerOf({ status, problem }: Delivery): string {
  return [...(status === undefined ? [] : [`${status}`]), ...(problem === undefined ? [] : [problem])].join(' ')
}
