import { useParams } from '@tanstack/react-router'
import { Suspense } from 'react'
import { ApiError } from '../api/client.ts'
import { useMe } from '../api/me.ts'
import { Empty } from '../kit/empty.tsx'
import { Failure } from '../kit/failure.tsx'
import { Loading } from '../kit/shown.tsx'
import { AdminNavigation } from './admin-navigation.tsx'
import { PARTS } from './parts.ts'

/** About the whole registry, for administrators and auditors. */
export function AdminPage() {
  const { _splat: address = '' } = useParams({ from: '/admin/$' })
  const me = useMe()
  if (me === undefined) return <Loading />
  if (me === null) return <Failure error={new ApiError(401, '')} />
  if (me.systemRole === 'none') return <Empty title="These pages are for administrators and auditors." />
  const canChange = me.systemRole === 'administrator'
  const groups = PARTS.map(([heading, parts]) => ({
    heading,
    parts: parts.filter(({ isForAdministrators }) => canChange || !isForAdministrators),
  })).filter(({ parts }) => parts.length > 0)
  const all = groups.flatMap(({ parts }) => parts)
  const slash = address.indexOf('/')
  const name = slash < 0 ? address : address.slice(0, slash)
  const part = name === '' ? all[0] : all.find((each) => each.name === name)
  return (
    <div className="lg:grid lg:grid-cols-[11rem_minmax(0,1fr)] lg:gap-8">
      <AdminNavigation groups={groups} current={part?.name ?? ''} />
      <div className="min-w-0">
        {part === undefined ? (
          <Empty title="There is no such part of the administration for you." />
        ) : (
          <Suspense fallback={<Loading />}>
            <part.View key={part.name} rest={slash < 0 ? '' : address.slice(slash + 1)} canChange={canChange} />
          </Suspense>
        )}
      </div>
    </div>
  )
}
