import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api, bodyOf } from '../api/client.ts'
import { useIsInspector } from '../api/me.ts'
import { type ItemOf, read } from '../api/read.ts'
import { Card } from '../kit/card.tsx'
import { formatBytes } from '../kit/format.ts'
import { Shown } from '../kit/shown.tsx'
import { type Column, Table } from '../kit/table.tsx'
import { Ago } from '../kit/time.tsx'
import type { ProjectViewProps } from './project-tabs.tsx'

type Repository = ItemOf<'/repositories'>

/** Where room can be made: by rules, by the recycle bin, by repositories. */
export function WhatFrees({ project, may }: ProjectViewProps) {
  const usage = useQuery(read('/projects/{project}/usage', { params: { path: { project } } }))
  return (
    <Card title="What frees what">
      <ul className="mb-4 flex flex-col gap-2 text-sm">
        {may.includes('manage') && <ByRules project={project} />}
        {may.includes('delete') && usage.data !== undefined && (
          <li>
            <strong className="tabular-nums">{formatBytes(usage.data.recycleBin.bytes)}</strong> are held by the{' '}
            <Link to="/p/$" params={{ _splat: project }} search={{ tab: 'bin' }} className="underline">
              recycle bin
            </Link>
            , until its time is over or it is emptied.
          </li>
        )}
      </ul>
      <Largest project={project} />
    </Card>
  )
}

function ByRules({ project }: { readonly project: string }) {
  const preview = useQuery({
    queryKey: ['retention preview', project],
    queryFn: () =>
      bodyOf(api.POST('/projects/{project}/retention/preview', { params: { path: { project } }, body: { limit: 0 } })),
  })
  return (
    <li>
      <Shown query={preview}>
        {({ bytes, tags }) => (
          <>
            <strong className="tabular-nums">{formatBytes(bytes)}</strong>{' '}
            {tags === 0 ? 'would be freed' : `and ${tags.toLocaleString()} tags would go`} if the{' '}
            <Link to="/p/$" params={{ _splat: project }} search={{ tab: 'retention' }} className="underline">
              retention rules
            </Link>{' '}
            were applied now.
          </>
        )}
      </Shown>
    </li>
  )
}

const MOST = 1000
const SHOWN = 20

function Largest({ project }: { readonly project: string }) {
  const isInspector = useIsInspector()
  const repositories = useQuery(
    read('/repositories', { params: { query: { project, sort: '-updated', limit: MOST } } }),
  )
  const columns: readonly Column<Repository>[] = [
    {
      title: 'Repository',
      cell: ({ name }) => (
        <Link to="/r/$" params={{ _splat: name }} search={{ tab: 'usage' }} className="break-all">
          {name}
        </Link>
      ),
    },
    { title: 'Pushed', cell: ({ updatedAt }) => <Ago at={updatedAt} /> },
    { title: 'Holds', cell: ({ bytes }) => formatBytes(bytes), isNumber: true },
    ...(isInspector
      ? [{ title: 'Alone', cell: (row: Repository) => formatBytes(row.uniqueBytes ?? 0), isNumber: true }]
      : []),
  ]
  return (
    <>
      <Shown query={repositories}>
        {({ items }) => (
          <Table
            label="The largest repositories"
            columns={columns}
            rows={items.toSorted((one, other) => freed(other) - freed(one)).slice(0, SHOWN)}
            keyOf={({ name }) => name}
            empty="There are no repositories yet."
          />
        )}
      </Shown>
      <p className="mt-2 text-xs text-soft">
        {repositories.data?.next !== undefined && `Of the ${MOST.toLocaleString()} pushed last. `}
        What a repository holds alone is freed when it is deleted; what it shares with others is not.
      </p>
    </>
  )
}

function freed({ bytes, uniqueBytes = bytes }: Repository): number {
  return uniqueBytes
}
