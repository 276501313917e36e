import { usePrefetchInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useParams, useSearch } from '@tanstack/react-router'
import { Suspense } from 'react'
import { read } from '../api/read.ts'
import { Empty } from '../kit/empty.tsx'
import { formatBytes } from '../kit/format.ts'
import { listQuery } from '../kit/list.tsx'
import { Loading, Shown } from '../kit/shown.tsx'
import { Tabs } from '../kit/tabs.tsx'
import { Title } from '../kit/title.tsx'
import { Repositories } from '../projects/repositories.tsx'
import { REPOSITORY_TABS } from './repository-tabs.tsx'
import { tagPages, Tags } from './tags.tsx'

export function RepositoryPage() {
  const { _splat: name = '' } = useParams({ from: '/r/$' })
  return name === '' ? <AllRepositories /> : <RepositoryView key={name} name={name} />
}

/** Those of all projects, and those of none. */
function AllRepositories() {
  return (
    <>
      <Title text="Repositories" />
      <Repositories first="team/app" />
    </>
  )
}

function RepositoryView({ name }: { readonly name: string }) {
  const { tab = '' } = useSearch({ from: '/r/$' })
  // Beside the repository itself, and not after it.
  usePrefetchInfiniteQuery(listQuery(tagPages(name)))
  const repository = useQuery(read('/repositories/{repository}', { params: { path: { repository: name } } }))
  return (
    <Shown query={repository}>
      {({ project, tags, bytes, may }) => {
        const tabs = REPOSITORY_TABS.filter(({ needs }) => needs === undefined || may.includes(needs))
        const View = tabs.find((each) => each.tab === tab)?.View
        return (
          <>
            <Title text={name} trail={project !== undefined && <ProjectLink name={project} />}>
              <span className="text-sm text-soft">{formatBytes(bytes)}</span>
            </Title>
            <Tabs
              label="Parts of the repository"
              tabs={[{ tab: '', label: 'Tags', count: tags }, ...tabs].map((each) => ({
                label: each.label,
                ...('count' in each && { count: each.count }),
                to: { to: '/r/$', params: { _splat: name }, search: { tab: each.tab } },
                isCurrent: each.tab === tab,
              }))}
            />
            {tab === '' && <Tags repository={name} may={may} />}
            {View !== undefined && (
              <Suspense fallback={<Loading />}>
                <View repository={name} may={may} />
              </Suspense>
            )}
            {tab !== '' && View === undefined && <Empty title="There is no such part of this repository for you." />}
          </>
        )
      }}
    </Shown>
  )
}

function ProjectLink({ name }: { readonly name: string }) {
  return (
    <>
      Project{' '}
      <Link to="/p/$" params={{ _splat: name }} className="underline">
        {name}
      </Link>
    </>
  )
}
