import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { Badge } from '../kit/badge.tsx'
import { Button } from '../kit/button.tsx'
import { Confirm } from '../kit/confirm.tsx'
import { Failure } from '../kit/failure.tsx'
import { Modal } from '../kit/modal.tsx'
import { Ago } from '../kit/time.tsx'
import { Deliveries } from './deliveries.tsx'
import { shapeText } from './shapes.ts'
import { TestResult } from './test-result.tsx'
import type { Webhook, WebhookApi } from './webhook-api.ts'
import { WebhookForm } from './webhook-form.tsx'

interface WebhookRowProps {
  readonly api: WebhookApi
  readonly webhook: Webhook
}

/** Where it goes to, what it is told of, how it fares, and what can be done. */
export function WebhookRow({ api, webhook }: WebhookRowProps) {
  const { id, url, enabled, failingSince, nextAttemptAt } = webhook
  const [open, setOpen] = useState<'deliveries' | 'edit' | 'remove'>()
  const test = useChange({ work: () => api.test(id) })
  const toggle = useChange({
    work: () => api.change(id, { enabled: !enabled }),
    said: enabled ? 'The webhook is told nothing until it is enabled.' : 'The webhook is told what it missed.',
  })
  const close = () => setOpen(undefined)
  return (
    <li className="border-b border-line p-3 last:border-0">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <span className="min-w-0 font-medium break-all">{url}</span>
        <State webhook={webhook} />
      </div>
      <p className="mt-1 text-sm break-words text-soft">{aboutOf(webhook)}</p>
      {failingSince !== undefined && enabled && (
        <p className="mt-1 text-sm text-danger">
          It has taken nothing since <Ago at={failingSince} />
          {nextAttemptAt !== undefined && (
            <>
              ; tried again <Ago at={nextAttemptAt} />
            </>
          )}
          .
        </p>
      )}
      <div className="mt-2 flex flex-wrap gap-2">
        <Act of={url} onClick={() => setOpen('deliveries')}>
          Deliveries
        </Act>
        <Act of={url} disabled={test.isPending} onClick={() => test.mutate()}>
          Test
        </Act>
        <Act of={url} onClick={() => setOpen('edit')}>
          Edit
        </Act>
        <Act of={url} disabled={toggle.isPending} onClick={() => toggle.mutate()}>
          {enabled ? 'Disable' : 'Enable'}
        </Act>
        <Act of={url} tone="danger" onClick={() => setOpen('remove')}>
          Remove
        </Act>
      </div>
      <TestResult test={test} />
      {toggle.error !== null && <Failure error={toggle.error} />}
      {open === 'deliveries' && (
        <Modal title="Deliveries" onClose={close} wide>
          <Deliveries {...{ api, webhook }} />
        </Modal>
      )}
      {open === 'edit' && (
        <Modal title="Edit the webhook" onClose={close}>
          <WebhookForm
            action="Save"
            said="The webhook was changed."
            onClose={close}
            before={webhook}
            work={(body) => api.change(id, body)}
          />
        </Modal>
      )}
      {open === 'remove' && (
        <Confirm
          title="Remove this webhook?"
          action="Remove the webhook"
          said="The webhook was removed."
          work={() => api.remove(id)}
          onClose={close}
        >
          <p className="break-all">{url}</p>
          <p className="mt-2">It is told nothing any more. Its deliveries, and what was given up, are gone with it.</p>
        </Confirm>
      )}
    </li>
  )
}

function Act({
  of,
  children,
  ...rest
}: {
  readonly of: string
  readonly children: string
  readonly tone?: 'danger'
  readonly disabled?: boolean
  readonly onClick: () => void
}) {
  return (
    <Button aria-label={`${children}: ${of}`} {...rest}>
      {children}
    </Button>
  )
}

function State({ webhook: { enabled, failingSince, signed } }: Pick<WebhookRowProps, 'webhook'>): ReactNode {
  return (
    <>
      {!enabled && <Badge>disabled</Badge>}
      {enabled && (failingSince === undefined ? <Badge mood="good">working</Badge> : <Badge mood="bad">failing</Badge>)}
      <Badge mood={signed ? 'info' : 'plain'}>{signed ? 'signed' : 'not signed'}</Badge>
    </>
  )
}

function aboutOf({ types, repositories, tags, shape }: Webhook): string {
  return [
    types.length === 0 ? 'All events' : types.map((type) => (type.endsWith('.') ? `${type}*` : type)).join(', '),
    ...(repositories === '' ? [] : [`of ${repositories}`]),
    ...(tags === '' ? [] : [`with the tag ${tags}`]),
    `as ${shapeText(shape)}`,
  ].join(' · ')
}
