import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, bodyOf } from '../../api/client.ts'
import { useSettled } from '../../api/settled.ts'
import { Badge } from '../../kit/badge.tsx'
import { Failure } from '../../kit/failure.tsx'
import { Loading } from '../../kit/shown.tsx'
import { Table } from '../../kit/table.tsx'
import type { NewPolicy } from './policy-words.ts'

interface PolicyPreviewProps {
  readonly project: string
  /** Absent: nothing was said yet. */
  readonly policy: NewPolicy | undefined
}

const LIMIT = 50

/** What a policy would do to the images that are there now. */
export function PolicyPreview({ project, policy }: PolicyPreviewProps) {
  const settled = useSettled(policy === undefined ? '' : JSON.stringify({ ...policy, name: 'preview' }))
  const { data, error } = useQuery({
    queryKey: ['policy preview', project, settled],
    queryFn: ({ signal }) =>
      bodyOf(
        api.POST('/projects/{project}/policies/preview', {
          params: { path: { project } },
          body: { ...JSON.parse(settled), limit: LIMIT },
          signal,
        }),
      ),
    enabled: settled !== '',
    placeholderData: keepPreviousData,
    retry: false,
  })
  if (settled === '')
    return <p className="text-sm text-soft">Which images it would refuse stands here as you write it.</p>
  if (error !== null) return <Failure error={error} />
  if (data === undefined) return <Loading />
  return (
    <>
      <p role="status" className="mb-2 text-sm">
        Of {data.images.toLocaleString()} images it would refuse <strong>{data.refused.toLocaleString()}</strong> and
        warn of <strong>{data.warned.toLocaleString()}</strong>; of {data.unknown.toLocaleString()} nobody can say it
        now.
      </p>
      {data.items.length > 0 && (
        <div className="max-h-60 overflow-y-auto">
          <Table
            label="Images that it is about"
            rows={data.items}
            keyOf={({ repository, tag, digest }) => `${repository}:${tag}@${digest}`}
            columns={[
              {
                title: 'Image',
                cell: ({ repository, tag }) => <span className="break-all">{`${repository}:${tag}`}</span>,
              },
              {
                title: 'It is',
                cell: ({ outcome }) => <Badge mood={outcome === 'refuse' ? 'bad' : 'warn'}>{WORDS[outcome]}</Badge>,
              },
              { title: 'Why', cell: ({ text }) => <span className="[overflow-wrap:anywhere]">{text}</span> },
            ]}
          />
        </div>
      )}
      {data.truncated && <p className="mt-1 text-xs text-soft">Not all are listed.</p>}
    </>
  )
}

const WORDS = { refuse: 'refused', warn: 'warned of', unknown: 'not known' } as const
