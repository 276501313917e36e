import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from '../kit/button.tsx'
import { Empty } from '../kit/empty.tsx'
import { Modal } from '../kit/modal.tsx'
import { Shown } from '../kit/shown.tsx'
import { webhookApi } from './webhook-api.ts'
import { WebhookForm } from './webhook-form.tsx'
import { WebhookRow } from './webhook-row.tsx'

/** Who is told of events: of a project or, without one, of the whole registry. */
export function Webhooks({ project }: { readonly project?: string }) {
  const api = webhookApi(project)
  const webhooks = useQuery(api.list)
  const [isAdding, setAdding] = useState(false)
  const close = () => setAdding(false)
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <p className="mr-auto max-w-prose text-sm text-soft">
          Programs that are told of pushes, deletions and everything else, in order and at least once.
        </p>
        <Button onClick={() => setAdding(true)}>Add a webhook</Button>
      </div>
      <Shown query={webhooks}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nobody is told of what happens here.">
              Give the address of a program that builds, deploys or reports. It gets each event as it happens.
            </Empty>
          ) : (
            <ul aria-label="Webhooks" className="rounded-lg border border-line bg-card">
              {items.map((webhook) => (
                <WebhookRow key={webhook.id} {...{ api, webhook }} />
              ))}
            </ul>
          )
        }
      </Shown>
      {isAdding && (
        <Modal title="Add a webhook" onClose={close}>
          <WebhookForm action="Add the webhook" said="The webhook was added." onClose={close} work={api.add} />
        </Modal>
      )}
    </>
  )
}
