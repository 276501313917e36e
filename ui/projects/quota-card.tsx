import { useQuery } from '@tanstack/react-query'
import { ApiError, api, bodyOf } from '../api/client.ts'
import { useMe } from '../api/me.ts'
import { AskButton } from '../kit/ask-button.tsx'
import { Badge } from '../kit/badge.tsx'
import { Card } from '../kit/card.tsx'
import { formatBytes } from '../kit/format.ts'
import { ModalButton } from '../kit/modal-button.tsx'
import { Share } from '../kit/share.tsx'
import { Shown } from '../kit/shown.tsx'
import { type Quota, QuotaForm } from './quota-form.tsx'

/** How much of what it may hold a project holds. */
export function QuotaCard({ project }: { readonly project: string }) {
  const isAdministrator = useMe()?.systemRole === 'administrator'
  const quota = useQuery({ queryKey: ['quota', project], queryFn: () => findQuota(project) })
  return (
    <Card
      title="Quota"
      actions={isAdministrator && quota.data !== undefined && <Actions {...{ project }} quota={quota.data} />}
    >
      <Shown query={quota}>
        {(found) =>
          found === null ? (
            <p className="text-sm text-soft">
              There is no limit.{!isAdministrator && ' Administrators of the registry can set one.'}
            </p>
          ) : (
            <Shares quota={found} />
          )
        }
      </Shown>
    </Card>
  )
}

/** null: it has none. */
async function findQuota(project: string): Promise<Quota | null> {
  try {
    return await bodyOf(api.GET('/projects/{project}/quota', { params: { path: { project } } }))
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}

function Shares({ quota: { bytes, repositories, tags, warning } }: { readonly quota: Quota }) {
  return (
    <div className="flex flex-col gap-3">
      {warning && (
        <p>
          <Badge mood="warn">nearly full</Badge>
        </p>
      )}
      <Share label="Bytes" {...bytes} format={formatBytes} />
      <Share label="Repositories" {...repositories} />
      <Share label="Tags" {...tags} />
      {bytes.reserved > 0 && (
        <p className="text-xs text-soft">{formatBytes(bytes.reserved)} are set aside for uploads under way.</p>
      )}
    </div>
  )
}

function Actions({ project, quota }: { readonly project: string; readonly quota: Quota | null }) {
  return (
    <>
      <ModalButton text={quota === null ? 'Set the quota' : 'Change the quota'} title={`Quota of ${project}`}>
        {(close) => <QuotaForm {...{ project, quota }} onClose={close} />}
      </ModalButton>
      {quota !== null && (
        <AskButton
          text="Remove"
          label="Remove the quota"
          title={`Remove the quota of ${project}?`}
          action="Remove the quota"
          said="The project may grow without a limit."
          work={() => bodyOf(api.DELETE('/projects/{project}/quota', { params: { path: { project } } }))}
        >
          The project may then fill the whole disk or bucket.
        </AskButton>
      )}
    </>
  )
}
