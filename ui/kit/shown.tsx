import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failure } from './failure.tsx'

/** What was asked for, once it is there; until then that it comes, or why it does not. */
export function Shown<Data>({
  query,
  children,
}: {
  readonly query: UseQueryResult<Data, Error>
  readonly children: (data: Data) => ReactNode
}) {
  if (query.data !== undefined) return children(query.data)
  if (query.error !== null) return <Failure error={query.error} />
  return <Loading />
}

export function Loading() {
  return (
    <p role="status" className="py-6 text-center text-sm text-soft">
      Loading…
    </p>
  )
}
