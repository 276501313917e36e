import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { read } from '../api/read.ts'
import { Button } from '../kit/button.tsx'
import { Card } from '../kit/card.tsx'
import { Facts } from '../kit/facts.tsx'
import { Failure } from '../kit/failure.tsx'
import { formatBytes, formatDate } from '../kit/format.ts'
import { Modal } from '../kit/modal.tsx'
import { Shown } from '../kit/shown.tsx'
import { useSay } from '../kit/toast.tsx'
import { useState } from 'react'
import { RemovalPreview } from '../projects/removal-preview.tsx'
import { LargestTags } from './largest-tags.tsx'
import type { RepositoryViewProps } from './repository-tabs.tsx'

/** What a repository holds, and what its end would free. */
export function RepositoryUsage({ repository, may }: RepositoryViewProps) {
  const shown = useQuery(read('/repositories/{repository}', { params: { path: { repository } } }))
  return (
    <>
      <Card title="What it holds">
        <Shown query={shown}>
          {({ bytes, uniqueBytes, tags, createdAt, updatedAt }) => (
            <Facts
              facts={[
                ['In all', formatBytes(bytes)],
                [
                  'Alone',
                  uniqueBytes === undefined
                    ? undefined
                    : `${formatBytes(uniqueBytes)}, which no other repository holds`,
                ],
                ['Tags', tags.toLocaleString()],
                ['Made', formatDate(createdAt)],
                ['Pushed', formatDate(updatedAt)],
              ]}
            />
          )}
        </Shown>
      </Card>
      <LargestTags repository={repository} />
      {may.includes('delete') && <DeleteRepository repository={repository} />}
    </>
  )
}

function DeleteRepository({ repository }: { readonly repository: string }) {
  const [asks, setAsks] = useState(false)
  return (
    <Card
      title="All of it"
      actions={
        <Button tone="danger" onClick={() => setAsks(true)}>
          Delete the repository
        </Button>
      }
    >
      <p className="mb-2 text-sm text-soft">Were the repository deleted now:</p>
      <WholePreview repository={repository} />
      {asks && (
        <Modal title={`Delete ${repository}?`} onClose={() => setAsks(false)}>
          <Question repository={repository} onClose={() => setAsks(false)} />
        </Modal>
      )}
    </Card>
  )
}

function WholePreview({ repository }: { readonly repository: string }) {
  const preview = useQuery({
    queryKey: ['preview delete', repository, 'all'],
    queryFn: () =>
      bodyOf(
        api.POST('/repositories/{repository}/preview-delete', {
          params: { path: { repository } },
          body: { all: true },
        }),
      ),
  })
  return <Shown query={preview}>{(removal) => <RemovalPreview removal={{ ...removal, truncated: false }} />}</Shown>
}

function Question({ repository, onClose }: { readonly repository: string; readonly onClose: () => void }) {
  const navigate = useNavigate()
  const say = useSay()
  const { mutate, error, isPending } = useChange({
    work: () => bodyOf(api.DELETE('/repositories/{repository}', { params: { path: { repository } } })),
    onDone: ({ restorableUntil }) => {
      say(`${repository} was deleted. It can be restored from the recycle bin until ${formatDate(restorableUntil)}.`)
      void navigate({ to: '/r/$', params: { _splat: '' } })
    },
  })
  return (
    <>
      <WholePreview repository={repository} />
      <p className="mt-2 text-sm text-soft">
        Nobody can pull from it any more. It waits in the recycle bin for a while, from where it can be restored whole.
      </p>
      {error !== null && <Failure error={error} />}
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button tone="danger" disabled={isPending} onClick={() => mutate()}>
          Delete it
        </Button>
      </div>
    </>
  )
}
