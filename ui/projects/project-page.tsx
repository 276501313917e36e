import { useQuery } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import { Suspense } from 'react'
import { read } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Empty } from '../kit/empty.tsx'
import { Loading, Shown } from '../kit/shown.tsx'
import { Tabs } from '../kit/tabs.tsx'
import { Title } from '../kit/title.tsx'
import { PROJECT_TABS } from './project-tabs.tsx'
import { Repositories } from './repositories.tsx'

export function ProjectPage() {
  const { _splat: name = '' } = useParams({ from: '/p/$' })
  const { tab = '' } = useSearch({ from: '/p/$' })
  const project = useQuery(read('/projects/{project}', { params: { path: { project: name } } }))
  return (
    <Shown query={project}>
      {({ public: isPublic, may }) => {
        const tabs = PROJECT_TABS.filter(({ needs }) => needs === undefined || may.includes(needs))
        const View = tabs.find((each) => each.tab === tab)?.View
        return (
          <>
            <Title text={name}>
              <Badge mood={isPublic ? 'info' : 'plain'}>{isPublic ? 'public' : 'private'}</Badge>
            </Title>
            <Tabs
              label="Parts of the project"
              tabs={[{ tab: '', label: 'Repositories' }, ...tabs].map((each) => ({
                label: each.label,
                to: { to: '/p/$', params: { _splat: name }, search: { tab: each.tab } },
                isCurrent: each.tab === tab,
              }))}
            />
            {tab === '' && <Repositories key={name} project={name} first={`${name}/app`} />}
            {View !== undefined && (
              <Suspense fallback={<Loading />}>
                <View key={name} project={name} may={may} />
              </Suspense>
            )}
            {tab !== '' && View === undefined && <Empty title="There is no such part of this project for you." />}
          </>
        )
      }}
    </Shown>
  )
}
